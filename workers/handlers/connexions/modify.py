"""A ConneXions service gets another bandwidth, VLAN, MAC address or ASN."""

from workers.handlers.connexions.steps import bandwidth_fits_port_group, port_parameters
from workers.handlers.shared.details import begin_change
from workers.handlers.shared.network import network_change
from workers.handlers.shared.register import all_checks_done, change_service, register_change
from workers.handlers.shared.reserve import reserve_mac, reserve_vlan
from workers.pipeline.handler import Handler


class ConnexionsModify(Handler):
    service_type, action = "connexions", "modify"

    inventory = (begin_change, reserve_vlan, reserve_mac)
    quality_assurance = (bandwidth_fits_port_group, all_checks_done)
    provisioning = (
        *network_change(
            "modify_service", "Change the service on the network", port_parameters,
            undo="modify_service", says="Service {service_number} is connected now.", activates=True,
        ),
        register_change,
        change_service,
    )  # fmt: skip
