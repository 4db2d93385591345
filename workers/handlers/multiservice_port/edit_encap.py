"""A port is tagged differently."""

from workers.handlers.multiservice_port.steps import encapsulation_fits, find_ports, port_parameters
from workers.handlers.shared.details import begin_change
from workers.handlers.shared.network import network_change
from workers.handlers.shared.register import all_checks_done, change_service, register_change
from workers.pipeline.handler import Handler


class MultiservicePortEditEncap(Handler):
    service_type, action = "multiservice_port", "edit_encap"

    inventory = (begin_change, find_ports)
    quality_assurance = (encapsulation_fits, all_checks_done)
    provisioning = (
        *network_change(
            "edit_encapsulation", "Change the encapsulation", port_parameters,
            undo="edit_encapsulation", activates=True,
        ),
        register_change,
        change_service,
    )  # fmt: skip
