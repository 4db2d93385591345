"""What can be done for a private VLAN: made, joined by another account, removed."""

from typing import Any

from app.domain.errors import PermanentFailure
from workers.pipeline.handler import Facts, Task, automated, local


def pvlan_parameters(task: Task) -> dict[str, Any]:
    """What the network automation needs to know of a private VLAN."""
    known = {**(task.item.before or {}), **task.item.details}
    return {
        "service_number": task.item.service_number,
        "account": task.item.account_id,
        "fabric": known.get("fabric"),
        "pvlan_type": known.get("pvlan_type"),
        "service_name": known.get("service_name"),
        "bandwidth_mbps": known.get("bandwidth"),
        "mac_acl_protected": known.get("mac_acl_protected"),
    }


@local("Check that no unit is left in the private VLAN")
def no_units_left(task: Task) -> Facts:
    left = [str(one.number) for one in task.stock.units_of(task.stock.service(task.item))]
    if left:
        raise PermanentFailure(f"The private VLAN still has units {', '.join(left)}; cease them first.")
    return {}


@local("Find the private VLAN that is joined")
def find_owners_pvlan(task: Task) -> Facts:
    """The owner has agreed by now; from here on the item is about the owner's private VLAN."""
    pvlan = task.stock.only_pvlan_of(task.item.details["pvlan_service_account_id"])
    task.stock.link_service(task.item, pvlan)
    task.say(
        user=f"The owner of private VLAN {pvlan.number} agreed that you join it.",
        debug=f"Joins private VLAN {pvlan.number} of account {pvlan.account_id}.",
    )
    return {"pvlan_service_number": pvlan.number, "owner": pvlan.account_id}


def _leave(task: Task) -> Facts:
    number = task.facts["pvlan_service_number"]
    task.systems.inventory.update(task.key, number, {f"member {task.item.account_id}": None})
    return {}


@automated("Add the member to the private VLAN", uses=("inventory",), undo=_leave)
def add_member(task: Task) -> Facts:
    """The joining account may attach units from now on; the inventory notes which order gave it the right."""
    number = task.facts["pvlan_service_number"]
    joined = {f"member {task.item.account_id}": {"order_number": task.item.order_number}}
    task.systems.inventory.update(task.key, number, joined)
    task.say(user=f"You have joined private VLAN {number}.")
    return {}
