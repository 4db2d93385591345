"""A member's port enters a private VLAN (portal name: CUG Unit)."""

from workers.handlers.pvlan_unit.steps import locate_pvlan, pvlan_has_room
from workers.handlers.shared.carrier import locate_port, unit_parameters
from workers.handlers.shared.network import measurement, network_change
from workers.handlers.shared.register import activate_service, all_checks_done, create_service, register_active
from workers.handlers.shared.reserve import reserve_vlan
from workers.pipeline.handler import Handler


class PvlanUnitNew(Handler):
    service_type, action = "pvlan_unit", "new"

    inventory = (locate_port, locate_pvlan, reserve_vlan, create_service)
    quality_assurance = (
        pvlan_has_room,
        measurement("port_up", "Check that the port is up", unit_parameters),
        all_checks_done,
    )
    provisioning = (
        *network_change(
            "attach_pvlan_unit", "Put the port into the private VLAN", unit_parameters,
            undo="detach_pvlan_unit", says="Service {service_number} is connected now.", activates=True,
        ),
        register_active,
        activate_service,
    )  # fmt: skip
