"""An order as a face hands it in, placed at once or kept as a draft first."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.catalogue import ItemInput


@dataclass(frozen=True)
class WishedDates:
    """When the orderer would like it; aware UTC times."""

    start: datetime | None = None
    completion: datetime | None = None

    @property
    def backwards(self) -> bool:
        """Whether the completion lies before the start."""
        return bool(self.start and self.completion and self.completion < self.start)

    @property
    def moment(self) -> datetime | None:
        """When it is wished to take effect: with a start it is begun then, with a completion alone switched then."""
        return self.start or self.completion

    def within(self, of_order: "WishedDates") -> "WishedDates":
        """An item's dates in effect: its own wins over the order's."""
        return WishedDates(self.start or of_order.start, self.completion or of_order.completion)


@dataclass(frozen=True)
class OrderInput:
    """An order as a face hands it in. The item inputs are unchecked; all else has the right types.

    `requestor` and `sub_customer` carry the keys of the OMS API. `account_id` decides who orders. `product_code` is a
    package's code. `options`: code → {value, enabled}. `item_dates`: one for each item, or none at all; so too
    `item_contacts`: role → whom to call about the service that the item makes, None where nothing is said of it.
    An item's `depends_on` may hold, beside item numbers, `{"service": number}` and `{"order_item": id}`.
    """

    account_id: str
    requestor: dict[str, Any]
    items: Sequence[ItemInput]
    channel: str
    type: str = "normal"
    sub_customer: dict[str, Any] | None = None
    po_number: str | None = None
    additional_cc: list[str] = field(default_factory=list)
    notes: str | None = None
    description: str | None = None
    dates: WishedDates = WishedDates()
    item_dates: Sequence[WishedDates] = ()
    item_contacts: Sequence[dict[str, Any] | None] = ()
    parent_order_id: uuid.UUID | None = None
    operator_order_ref: str | None = None
    operator_order_name: str | None = None
    product_code: str | None = None
    options: dict[str, Any] | None = None
    contacts: dict[str, Any] | None = None
    owner: dict[str, Any] | None = None
    comment: str | None = None
    batch_alias: str | None = None
    enni: dict[str, Any] | None = None

    def wishes(self) -> list[WishedDates]:
        """The dates of each item."""
        return list(self.item_dates) or [WishedDates()] * len(self.items)
