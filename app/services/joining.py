"""Joining another account's private VLAN: which one is meant, and what its owner is asked.

What the order says decides where that is clear; else the owner chooses together with the answer. The joining member
learns neither how many private VLANs the owner has nor what they are called.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, select

from app.catalogue import CheckedItem
from app.domain import asks
from app.domain.consent import JOINED, joined_name
from app.domain.models import Fabric, Service
from app.extensions import db

TITLE = "The private VLAN's owner agrees"


@dataclass(frozen=True)
class Vlan:
    """A private VLAN that could be joined. `place`: what its fabric is called."""

    number: int
    name: str
    fabric: str | None
    place: str

    @property
    def words(self) -> str:
        return f"{self.name} ({self.number})" if self.name else str(self.number)


@dataclass(frozen=True)
class Question:
    """What the owner is asked for one item: a confirmation as the item keeps it; `facts`: what is clear already."""

    confirmation: list[Any]
    facts: dict[str, Any] = field(default_factory=dict)


def questions(items: Sequence[CheckedItem], joiner: str) -> dict[int, Question]:
    """For each item of an order that joins, as all of them wait for the owner. `joiner`: the member's name."""
    joins = [one for one in items if one.is_join]
    owner = joins[0].details["pvlan_service_account_id"]
    vlans = owned(owner)
    meant = {one.number: _meant(vlans, one.details) for one in joins}
    tell = _tell(joiner, joins, meant)
    made = {}
    for one in items:
        vlan, choices = meant.get(one.number, (None, []))
        ask = {joined_name(one.number, alone=len(joins) == 1): _which(choices)} if one.is_join and not vlan else {}
        confirmation = [f"account:{owner}", TITLE, tell, *([asks.frozen(ask)] if ask else [])]
        made[one.number] = Question(confirmation, {JOINED: str(vlan.number)} if vlan else {})
    return made


def owned(account_id: str) -> list[Vlan]:
    """The active private VLANs of an account."""
    return _vlans(Service.account_id == account_id, Service.state == "active")


def numbered(numbers: Collection[int]) -> dict[int, Vlan]:
    """These private VLANs by number, whatever has become of them."""
    return {one.number: one for one in _vlans(Service.number.in_(numbers))} if numbers else {}


def _vlans(*which: ColumnElement[bool]) -> list[Vlan]:
    rows = db.session.execute(
        select(Service.number, Service.name, Service.fabric_code, Fabric.name.label("place"))
        .outerjoin(Fabric, Fabric.code == Service.fabric_code)
        .where(Service.service_type == "pvlan", *which)
        .order_by(Service.number)
    )
    return [Vlan(row.number, row.name, row.fabric_code, row.place or "") for row in rows]


def _meant(vlans: Sequence[Vlan], details: Mapping[str, Any]) -> tuple[Vlan | None, list[Vlan]]:
    """The one that is meant, or those among which its owner chooses: of the name that is said, else all there."""
    fabric, name = details.get("fabric"), details.get("service_name")
    there = [one for one in vlans if fabric in (None, one.fabric)]
    named = [one for one in there if name in (None, one.name)]
    return (named[0], []) if len(named) == 1 else (None, named or there)


def _which(choices: Sequence[Vlan]) -> asks.Ask:
    labels = tuple(f"{one.words}, {one.place}" if one.place else one.words for one in choices)
    return asks.choice("Which private VLAN may they join?", *(str(one.number) for one in choices), labels=labels)


def _tell(joiner: str, joins: Sequence[CheckedItem], meant: Mapping[int, tuple[Vlan | None, list[Vlan]]]) -> str:
    clear = [vlan.words for vlan, _ in meant.values() if vlan]
    names = [f"your private VLAN {words}" for words in clear]
    open_ones = len(meant) - len(clear)
    if open_ones:
        names.append("a private VLAN of yours" if open_ones == 1 else f"{open_ones} private VLANs of yours")
    told = f"{joiner} asks to join {' and '.join(names)}."
    said = [one.details.get("service_name") for one in joins if not meant[one.number][0]]
    called = [f"“{name}”" for name in said if name]
    return told + (f" They call it {' and '.join(called)}." if called else "")
