"""A member makes a private VLAN (portal name: CUG, closed user group)."""

from workers.handlers.pvlan.steps import pvlan_parameters
from workers.handlers.shared.network import network_change
from workers.handlers.shared.register import activate_service, all_checks_done, create_service, register_active
from workers.pipeline.handler import Handler


class PvlanNew(Handler):
    service_type, action = "pvlan", "new"

    inventory = (create_service,)
    quality_assurance = (all_checks_done,)
    provisioning = (
        *network_change(
            "create_pvlan", "Make the private VLAN", pvlan_parameters,
            undo="remove_pvlan", says="Service {service_number} is connected now.", activates=True,
        ),
        register_active,
        activate_service,
    )  # fmt: skip
