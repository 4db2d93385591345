"""An order as a face hands it in, kept as JSON until a worker gets to it."""

import uuid
from dataclasses import fields
from datetime import datetime
from typing import Any

from app.catalogue import ItemInput
from app.services.order_input import OrderInput, WishedDates

PLAIN = tuple(
    one.name for one in fields(OrderInput) if one.name not in ("items", "dates", "item_dates", "parent_order_id")
)
ITEM = tuple(one.name for one in fields(ItemInput))


def packed(wanted: OrderInput) -> dict[str, Any]:
    """JSON from which `unpacked` makes the same order; what is not said is left out."""
    plain = {name: value for name in PLAIN if (value := getattr(wanted, name)) not in (None, [], ())}
    return plain | {
        "items": [{name: getattr(one, name) for name in ITEM} for one in wanted.items],
        "dates": _dates(wanted.dates),
        "item_dates": [_dates(one) for one in wanted.item_dates],
        "parent_order_id": str(wanted.parent_order_id) if wanted.parent_order_id else None,
    }


def unpacked(record: dict[str, Any]) -> OrderInput:
    parent = record["parent_order_id"]
    return OrderInput(**record | {
        "items": [ItemInput(**one) for one in record["items"]],
        "dates": _wished(record["dates"]),
        "item_dates": [_wished(one) for one in record["item_dates"]],
        "parent_order_id": uuid.UUID(parent) if parent else None,
    })  # fmt: skip


def _dates(wished: WishedDates) -> list[str | None]:
    return [moment.isoformat() if moment else None for moment in (wished.start, wished.completion)]


def _wished(record: list[str | None]) -> WishedDates:
    start, completion = (datetime.fromisoformat(one) if one else None for one in record)
    return WishedDates(start, completion)
