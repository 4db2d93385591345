"""A member gets a new port (or a bundle of ports) on a fabric."""

from workers.handlers.multiservice_port.steps import (
    assign_ports,
    is_bundle,
    light_is_good,
    patch_cross_connect,
    port_parameters,
)
from workers.handlers.shared.network import measurement, network_change
from workers.handlers.shared.register import activate_service, all_checks_done, create_service, register_active
from workers.pipeline.handler import Handler


class MultiservicePortNew(Handler):
    service_type, action = "multiservice_port", "new"

    inventory = (assign_ports, create_service)
    quality_assurance = (all_checks_done,)
    provisioning = (
        patch_cross_connect,
        light_is_good,
        *network_change(
            "enable_port", "Configure and enable the port", port_parameters,
            undo="disable_port", says="Service {service_number} is connected now.", activates=True,
        ),
        measurement("port_up", "Check that the port is up", port_parameters),
        measurement("lacp", "Check that all links of the bundle are used", port_parameters).when(is_bundle),
        register_active,
        activate_service,
    )  # fmt: skip
