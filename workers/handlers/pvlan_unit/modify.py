"""A private VLAN unit moves to another VLAN on its port."""

from workers.handlers.pvlan_unit.steps import locate_pvlan
from workers.handlers.shared.carrier import locate_port, unit_parameters
from workers.handlers.shared.details import begin_change
from workers.handlers.shared.network import network_change
from workers.handlers.shared.register import all_checks_done, change_service, register_change
from workers.handlers.shared.reserve import reserve_vlan
from workers.pipeline.handler import Handler


class PvlanUnitModify(Handler):
    service_type, action = "pvlan_unit", "modify"

    inventory = (begin_change, locate_port, locate_pvlan, reserve_vlan)
    quality_assurance = (all_checks_done,)
    provisioning = (
        *network_change(
            "modify_service", "Change the VLAN on the network", unit_parameters,
            undo="modify_service", says="Service {service_number} is connected now.", activates=True,
        ),
        register_change,
        change_service,
    )  # fmt: skip
