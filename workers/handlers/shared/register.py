"""Steps that keep the service inventory and the service's record, shared by all handlers."""

from typing import Any

from workers.handlers.shared.details import ordered, standing
from workers.pipeline.handler import Facts, Task, automated, local


def _registered(task: Task) -> dict[str, Any]:
    return {
        "service_number": task.service_number,
        "service_type": task.item.service_type,
        "account_id": task.item.account_id,
        "sub_account_id": task.item.sub_account_id,
        "order_number": task.item.order_number,
        "details": {**task.item.details, **_references(task)},
        "state": "pre_active",
    }


def _references(task: Task) -> dict[str, Any]:
    """The services it rests on by their numbers, where the order names another of its items."""
    found = {"port": task.facts.get("port_service_number"), "pvlan": task.facts.get("pvlan_service_number")}
    return {name: found[name] for name in found if found[name] is not None and name in task.item.details}


def _undo_create(task: Task) -> Facts:
    task.systems.inventory.update(task.key, task.service_number, {"state": "cancelled"})
    return {}


@automated("Create the service in the inventory", uses=("inventory",), undo=_undo_create)
def create_service(task: Task) -> Facts:
    """Register the service; the inventory answers its own reference."""
    reference = task.systems.inventory.create(task.key, _registered(task))
    number = task.service_number
    task.say(
        user=f"New service created for order item {task.item.item_number}. Service number {number}.",
        debug=f"Service {number} registered in the service inventory as {reference}.",
    )
    return {"inventory_reference": reference}


@automated("Mark the service active in the inventory", uses=("inventory",), undo=_undo_create)
def register_active(task: Task) -> Facts:
    """With the details as they have become: the bandwidth may have changed since the service was created there."""
    ports = task.facts.get("ports")
    known = {"state": "active", "details": _registered(task)["details"]}
    task.systems.inventory.update(task.key, task.service_number, {**known, **({"ports": ports} if ports else {})})
    return {}


@local("Activate the service")
def activate_service(task: Task) -> Facts:
    """The last step of a new service: its record is active, billing starts."""
    task.stock.activate(task.item)
    task.say(user=f"Service {task.service_number} is active.")
    return {}


def _undo_register_change(task: Task) -> Facts:
    task.systems.inventory.update(task.key, task.service_number, {"details": standing(task)})
    return {}


@automated("Write the change into the inventory", uses=("inventory",), undo=_undo_register_change)
def register_change(task: Task) -> Facts:
    task.systems.inventory.update(task.key, task.service_number, {"details": ordered(task)})
    return {}


@local("Change the service's record")
def change_service(task: Task) -> Facts:
    task.stock.change(task.item)
    task.say(user=f"Service {task.service_number} has been changed.")
    return {}


def _undo_register_ceased(task: Task) -> Facts:
    task.systems.inventory.update(task.key, task.service_number, {"state": "active"})
    return {}


@automated("Mark the service ceased in the inventory", uses=("inventory",), undo=_undo_register_ceased)
def register_ceased(task: Task) -> Facts:
    task.systems.inventory.update(task.key, task.service_number, {"state": "ceased"})
    return {}


@local("Cease the service")
def cease_service(task: Task) -> Facts:
    """The last step of a cease: what the service held is free again, billing ends."""
    task.stock.cease(task.item)
    task.say(user=f"Service {task.service_number} has been ceased.")
    return {}


def checks_done(task: Task) -> Facts:
    """What the last step of quality assurance tells."""
    task.say(user=f"All service checks completed for service {task.service_number}.")
    return {}


all_checks_done = local("Conclude the service checks")(checks_done)
