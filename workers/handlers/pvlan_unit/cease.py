"""A port leaves a private VLAN."""

from workers.handlers.pvlan_unit.steps import locate_pvlan
from workers.handlers.shared.carrier import locate_port, unit_parameters
from workers.handlers.shared.details import begin_change
from workers.handlers.shared.network import network_change
from workers.handlers.shared.register import all_checks_done, cease_service, register_ceased
from workers.pipeline.handler import Handler


class PvlanUnitCease(Handler):
    service_type, action = "pvlan_unit", "cease"

    inventory = (begin_change, locate_port, locate_pvlan)
    quality_assurance = (all_checks_done,)
    provisioning = (
        *network_change(
            "detach_pvlan_unit", "Take the port out of the private VLAN", unit_parameters,
            undo="attach_pvlan_unit", activates=True,
        ),
        register_ceased,
        cease_service,
    )  # fmt: skip
