"""What may be wished when: no completion before its start, whichever of order and item says each; nothing past."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from app.domain import clock
from app.domain.errors import Finding
from app.domain.models import Order, OrderItem
from app.domain.states import ENDED_STATUSES
from app.services.order_input import OrderInput, WishedDates

START, COMPLETION = "requested_start_date", "requested_completion_date"
TOLERATED = timedelta(days=1)
"""A wish that has passed by less than this means “at once”: a day alone is its first moment, and clocks differ."""
WORDS = "The completion lies before the start."


def backwards(wanted: OrderInput) -> Iterator[Finding]:
    """Completions before their starts, as they are in effect; at the item's field where the two stand apart."""
    if wanted.dates.backwards:
        yield Finding(f"/{COMPLETION}", "order", WORDS)
    for index, own in enumerate(wanted.item_dates):
        if own.moment and own.within(wanted.dates).backwards:
            yield _at_item(f"/items/{index}", own)


def _at_item(pointer: str, own: WishedDates) -> Finding:
    if own.backwards:
        return Finding(f"{pointer}/{COMPLETION}", "order", WORDS)
    if own.completion:
        return Finding(f"{pointer}/{COMPLETION}", "order", "The completion lies before the order's start.")
    return Finding(f"{pointer}/{START}", "order", "The start lies after the order's completion.")


def past(wanted: OrderInput) -> Iterator[Finding]:
    """Dates that have passed; asked when an order is placed, as a draft's dates pass by themselves."""
    yield from has_passed({START: wanted.dates.start, COMPLETION: wanted.dates.completion})
    for index, own in enumerate(wanted.item_dates):
        yield from has_passed({START: own.start, COMPLETION: own.completion}, f"/items/{index}")


def has_passed(dates: Mapping[str, datetime | None], pointer: str = "") -> Iterator[Finding]:
    """Those of `dates`, by their names, that have passed."""
    for name, moment in dates.items():
        if moment is not None and moment < clock.now() - TOLERATED:
            what = "start" if name == START else "completion"
            yield Finding(f"{pointer}/{name}", "past", f"This {what} has passed; without one we begin at once.")


def of(row: Order | OrderItem, changes: Mapping[str, Any] | None = None) -> WishedDates:
    """What the row says, or will say after `changes`."""
    said = {name: getattr(row, name) for name in (START, COMPLETION)} | dict(changes or {})
    return WishedDates(said[START], said[COMPLETION])


def against_items(dates: WishedDates, items: Iterable[OrderItem], changed: Mapping[str, Any]) -> Iterator[Finding]:
    """Where the dates that an order is about to have do not go with one that a living item says itself."""
    for item in items:
        own = of(item)
        if item.status in ENDED_STATUSES or not own.moment or own.backwards or not own.within(dates).backwards:
            continue
        name = START if own.completion else COMPLETION  # the other one is the item's own
        if name in changed:
            words = "its completion lies before this." if name == START else "its start lies after this."
            yield Finding(f"/{name}", "order", f"Item {item.item_number} says otherwise: {words}")


def of_changed_item(item: OrderItem, changes: Mapping[str, Any]) -> list[Finding]:
    """What is wrong with an item's dates after `changes` of them."""
    own, said = of(item, changes), {name: value for name, value in changes.items() if name in (START, COMPLETION)}
    found = list(has_passed({name: value for name, value in said.items() if value != getattr(item, name)}))
    if said and own.within(of(item.order)).backwards:
        found.append(_at_item("", own))
    return found
