"""What can be done for a private VLAN: made, joined by another account, removed."""

from typing import Any

from app.domain import asks
from app.domain.consent import CONSENT, GIVEN, JOINED, ON_BEHALF, joined_number
from app.domain.errors import PermanentFailure
from app.domain.states import WaitKind
from workers.handlers.shared.details import owner
from workers.pipeline.handler import Await, Facts, Task, automated, local, until


def pvlan_parameters(task: Task, known: Facts) -> dict[str, Any]:
    """What the network automation needs to know of a private VLAN."""
    return {
        "service_number": task.item.service_number,
        "account": owner(task),
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


@until("Find the private VLAN that is joined")
def find_owners_pvlan(task: Task) -> Facts | Await:
    """The owner has agreed by now, to the one that the order meant or that it chose. Where it was not asked because
    somebody passed over the question, and there are several, somebody says which."""
    details = task.item.details
    owner_id = details["pvlan_service_account_id"]
    meant = joined_number(task.facts)
    if meant is not None:
        return _still_there(task, meant, owner_id)
    found = task.stock.pvlans_of(owner_id, fabric=details.get("fabric"), name=details.get("service_name"))
    if not found:
        raise PermanentFailure(f"Account {owner_id} owns no active private VLAN that fits the order.")
    if len(found) == 1:
        return {JOINED: str(found[0].number)}
    listed = "\n".join(f"{one.number}: {one.name or 'unnamed'} on {one.fabric_code}" for one in found)
    return Await(
        WaitKind.MANUAL,
        "team:engineering",
        "Say which private VLAN is joined",
        tell=f"Account {owner_id} owns several that the order may mean; ask its owner which one.\n{listed}",
        ask={JOINED: asks.choice("Private VLAN", *(str(one.number) for one in found))},
    )


def _still_there(task: Task, number: int, owner_id: str) -> Facts:
    if number not in {one.number for one in task.stock.pvlans_of(owner_id)}:
        raise PermanentFailure(f"Private VLAN {number}, which its owner agreed to, is not active any more.")
    return {JOINED: str(number)}


@local("Enter the owner's private VLAN")
def enter_owners_pvlan(task: Task) -> Facts:
    """From here on the item is about the owner's private VLAN."""
    pvlan = task.stock.numbered(int(task.facts[JOINED]))
    task.stock.link_service(task.item, pvlan)
    task.say(
        user=_agreed(task, pvlan.number),
        debug=f"Joins private VLAN {pvlan.number} of account {pvlan.account_id}.",
    )
    return {"pvlan_service_number": pvlan.number}


def _agreed(task: Task, number: int) -> str:
    """Who agreed, as it was."""
    consent = task.facts.get(CONSENT)
    if consent == GIVEN:
        return f"The owner of private VLAN {number} agreed that you join it."
    if consent == ON_BEHALF:
        return f"We agreed on behalf of the owner of private VLAN {number} that you join it."
    return f"You may join private VLAN {number}."  # the question was passed over


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
