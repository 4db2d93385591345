"""What can be done for a private VLAN unit: a port in a private VLAN."""

from app.domain.errors import PermanentFailure
from workers.pipeline.handler import Facts, Task, local

P2P_ENDS = 2


@local("Find the private VLAN")
def locate_pvlan(task: Task) -> Facts:
    pvlan = task.stock.pvlan_for(task.item)
    if pvlan is None or pvlan.state != "active":
        raise PermanentFailure("The private VLAN is not active (yet).")
    return {
        "pvlan_service_number": pvlan.number,
        "fabric": pvlan.fabric_code,
        "pvlan_type": pvlan.details.get("pvlan_type"),
    }


@local("Check that the private VLAN takes another unit")
def pvlan_has_room(task: Task) -> Facts:
    """A point-to-point private VLAN has two ends."""
    pvlan = task.stock.pvlan_for(task.item)
    earlier = [unit for unit in task.stock.units_of(pvlan) if unit.number < task.service_number]
    if pvlan.details.get("pvlan_type") == "p2p" and len(earlier) >= P2P_ENDS:
        raise PermanentFailure(f"Private VLAN {pvlan.number} is point to point and already has {P2P_ENDS} units.")
    return {}
