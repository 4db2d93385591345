"""What a service is like: as it stands now, and as this item will leave it."""

from app.domain.errors import PermanentFailure
from workers.pipeline.gates import wait_for_item
from workers.pipeline.handler import Await, Facts, Task, until


def standing(task: Task) -> Facts:
    """The details as they are until this item has changed them; for a new service those that are ordered."""
    return dict(task.facts.get("current") or task.item.details)


def ordered(task: Task) -> Facts:
    """The details as they will be; a change carries what stays as well."""
    return {**standing(task), **task.item.details}


def owner(task: Task) -> str:
    """The account that the service belongs to."""
    return str(task.facts.get("owner") or task.item.account_id)


def policed(mbps: int) -> str:
    return f"A service of {mbps} Mbit/s" if mbps else "A service that is not policed"


@until("Wait for other changes of the service")
def begin_change(task: Task) -> Facts | Await:
    """One item changes a service at a time: two that each send the whole of it would undo each other's change."""
    service = task.stock.locked_service(task.item)
    other = task.stock.changing(service, task.item)
    if other is not None:
        return wait_for_item(other.id, f"{other.order_number}/{other.item_number}")
    if service.state != "active":
        raise PermanentFailure(f"Service {service.number} is {service.state.replace('_', ' ')}, not active.")
    return {"current": service.details, "owner": service.account_id}
