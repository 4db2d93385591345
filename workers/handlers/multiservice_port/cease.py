"""A port is given up."""

from workers.handlers.multiservice_port.steps import find_ports, nothing_on_port, port_parameters
from workers.handlers.shared.details import begin_change
from workers.handlers.shared.network import network_change
from workers.handlers.shared.register import all_checks_done, cease_service, register_ceased
from workers.pipeline.handler import Handler


class MultiservicePortCease(Handler):
    service_type, action = "multiservice_port", "cease"

    inventory = (begin_change, find_ports)
    quality_assurance = (nothing_on_port, all_checks_done)
    provisioning = (
        *network_change(
            "disable_port", "Take the port down", port_parameters, undo="enable_port", activates=True
        ),
        register_ceased,
        cease_service,
    )  # fmt: skip
