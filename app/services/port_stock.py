"""Physical ports: taken from stock for a port service, and given back."""

from collections.abc import Sequence

from sqlalchemy import func, select, update

from app.domain.errors import PermanentFailure
from app.domain.models import Port, Service, Switch
from app.extensions import db

_BY_NAME = (Port.switch_name, func.length(Port.name), Port.name)
"""xe-0/0/9 before xe-0/0/10."""


def take(service: Service, quantity: int, capacity: int) -> list[str]:
    """Take free ports of this capacity (Mbit/s) at the service's place, lowest names first; answer their labels.

    A bundle is of one switch. What the service holds already it keeps, so that a step done again takes no more.
    """
    held = labels(service)
    if held:
        return held
    most = 0
    for switch in _switches_at(service):
        free = _free(switch, capacity, quantity)
        most = max(most, len(free))
        if len(free) == quantity:
            for port in free:
                port.service_id = service.id
            db.session.flush()
            return [port.label for port in free]
    raise PermanentFailure(
        f"{most} of {quantity} ports of {capacity} Mbit/s are free on {service.fabric_code} "
        f"in {service.location_code}{' on one switch' if quantity > 1 else ''}."
    )


def _switches_at(service: Service) -> Sequence[str]:
    here = (Switch.fabric_code == service.fabric_code, Switch.location_code == service.location_code)
    return db.session.scalars(select(Switch.name).where(*here).order_by(Switch.name)).all()


def _free(switch: str, capacity: int, most: int) -> Sequence[Port]:
    """Free ports, locked; those that somebody else is just taking are left out."""
    return db.session.scalars(
        select(Port)
        .where(Port.switch_name == switch, Port.capacity == capacity, Port.service_id.is_(None))
        .order_by(*_BY_NAME)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()


def release(service: Service) -> None:
    db.session.execute(update(Port).where(Port.service_id == service.id).values(service_id=None, patch_position=None))


def labels(service: Service) -> list[str]:
    """“switch name” of each port that the service holds, in order."""
    rows = db.session.scalars(select(Port).where(Port.service_id == service.id).order_by(*_BY_NAME)).all()
    return [port.label for port in rows]


def record_patch(service: Service, position: str) -> None:
    db.session.execute(update(Port).where(Port.service_id == service.id).values(patch_position=position))
