"""A port leaves a private VLAN."""

from workers.handlers.shared.carrier import locate_port, unit_parameters
from workers.handlers.shared.network import network_change
from workers.handlers.shared.register import all_checks_done, cease_service, register_ceased
from workers.pipeline.handler import Handler


class PvlanUnitCease(Handler):
    service_type, action = "pvlan_unit", "cease"

    inventory = (locate_port,)
    quality_assurance = (all_checks_done,)
    provisioning = (
        *network_change("detach_pvlan_unit", "Take the port out of the private VLAN", unit_parameters, activates=True),
        register_ceased,
        cease_service,
    )
