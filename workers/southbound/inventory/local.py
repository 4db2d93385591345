"""The inventory in our own `service` table: an order's submission made the row, registering it fills it in."""

from typing import Any, ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain import clock
from app.domain.errors import PermanentFailure
from app.domain.models import Service
from workers.southbound.database import transaction
from workers.southbound.protocols import Json

KEPT_KEYS = 50
"""So many of the latest update keys are remembered for each service: far more than one order can have open."""


class LocalInventory:
    """`service.registered` holds the reference, the registered facts and the keys of the latest updates."""

    system: ClassVar[str] = "inventory"

    def create(self, key: str, service: Json) -> str:
        facts = {name: value for name, value in service.items() if name != "service_number"}
        with transaction() as session:
            row = _locked(session, int(service["service_number"]))
            held = row.registered
            if held is None:
                held = _register(row, facts, key)
            elif key not in held["keys"] and not _agree(held["facts"], facts):
                raise PermanentFailure(
                    f"inventory: service {row.number} is already registered as {held['reference']}, with other facts."
                )
            return str(held["reference"])

    def update(self, key: str, number: int, changes: Json) -> None:
        with transaction() as session:
            row = _locked(session, number)
            held = row.registered
            if held is None:
                _register(row, _merged({}, changes), key)
            elif key not in held["keys"]:
                _write(row, {**held, "facts": _merged(held["facts"], changes), "keys": [*held["keys"], key]})

    def get(self, number: int) -> Json | None:
        with transaction() as session:
            held = session.scalar(select(Service.registered).where(Service.number == number))
        if held is None:
            return None
        return {**held["facts"], "service_number": number, "reference": held["reference"]}


def _locked(session: Session, number: int) -> Service:
    row = session.scalar(select(Service).where(Service.number == number).with_for_update())
    if row is None:
        raise PermanentFailure(f"inventory: there is no service {number}.")
    return row


def _register(row: Service, facts: Json, key: str) -> Json:
    return _write(row, {"reference": f"SVC-{row.number}", "facts": facts, "keys": [key]})


def _write(row: Service, held: Json) -> Json:
    row.registered = {**held, "keys": held["keys"][-KEPT_KEYS:]}
    row.modified_at = clock.now()
    return row.registered


def _merged(facts: Json, changes: Json) -> Json:
    return {name: value for name, value in {**facts, **changes}.items() if value is not None}


def _agree(held: dict[str, Any], given: dict[str, Any]) -> bool:
    return all(held.get(name) == value for name, value in given.items())
