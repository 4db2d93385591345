"""A private VLAN ends."""

from workers.handlers.pvlan.steps import no_units_left, pvlan_parameters
from workers.handlers.shared.details import begin_change
from workers.handlers.shared.network import network_change
from workers.handlers.shared.register import all_checks_done, cease_service, register_ceased
from workers.pipeline.handler import Handler


class PvlanCease(Handler):
    service_type, action = "pvlan", "cease"

    inventory = (begin_change,)
    quality_assurance = (no_units_left, all_checks_done)
    provisioning = (
        *network_change(
            "remove_pvlan", "Remove the private VLAN", pvlan_parameters, undo="create_pvlan", activates=True
        ),
        register_ceased,
        cease_service,
    )  # fmt: skip
