"""What the demo's past is told with: services and items in memory, and the rows that they become."""

import random
import uuid
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, update

from app.catalogue import Names
from app.domain.models import (
    Audit,
    ItemDependency,
    Order,
    OrderItem,
    OrderLog,
    OutboundCall,
    Port,
    Service,
    StepRow,
    Ticket,
    TicketMessage,
    Wait,
)  # fmt: skip
from app.domain.models.base import Model
from app.domain.states import Status
from app.extensions import db
from app.services.demo_exchange import Organisation
from app.services.demo_runbooks import BY_HAND

Row = dict[str, Any]
SALES_PERSON = "Sam Quote"
TABLES: tuple[type[Model], ...] = (
    Service, Order, OrderItem, ItemDependency, StepRow, Wait, OrderLog, OutboundCall, Ticket, TicketMessage, Audit,
)  # fmt: skip
"""In this order, so that what rows refer to is there."""


@dataclass(eq=False)
class Kept:
    """A service, as far as later orders must know it. `since`: usable from then on; None: from the beginning."""

    id: uuid.UUID
    number: int
    kind: str
    owner: Organisation
    fabric: str | None
    location: str | None
    details: Row
    on: "Kept | None" = None
    ports: list[str] = field(default_factory=list)
    alive: bool = True
    since: datetime | None = None
    row: Row = field(default_factory=dict)


@dataclass
class Line:
    """A message of the past."""

    at: datetime
    user: str | None
    debug: str | None
    by: str = "system"


@dataclass
class PastItem:
    """One item to tell of. `needs`: it waited for the item before it. `stops_at`: the step where it was cancelled."""

    kind: str
    action: str
    details: Row
    service: Kept
    before: Row | None = None
    needs: bool = False
    by_hand: bool = False
    ends: Status = Status.COMPLETED
    stops_at: str | None = None
    timeline: list[tuple[datetime, Status]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    row: Row = field(default_factory=dict)

    @property
    def handler(self) -> str:
        return BY_HAND if self.by_hand else f"{self.kind}:{self.action}"

    @property
    def ended(self) -> datetime:
        return self.timeline[-1][0]

    def status_at(self, moment: datetime) -> Status:
        """Its public word at that moment."""
        place = bisect_right(self.timeline, moment, key=lambda entry: entry[0])
        return self.timeline[max(0, place - 1)][1]


@dataclass
class Past:
    """What has been told so far. `numbers`: those of orders and tickets that may be used, in order."""

    dice: random.Random
    exchange: str
    order_numbers: list[int]
    ticket_numbers: list[int]
    fabrics: dict[str, str]
    locations: dict[str, str]
    port_groups: dict[str, str]
    service_names: dict[int, str] = field(default_factory=dict)
    rows: dict[type[Model], list[Row]] = field(default_factory=lambda: defaultdict(list))
    held_ports: dict[str, uuid.UUID] = field(default_factory=dict)  # label → service

    @property
    def names(self) -> Names:
        """For the words of tickets."""
        return Names(self.fabrics, self.locations, self.service_names, port_groups=self.port_groups)

    def add(self, table: type[Model], **values: Any) -> Row:
        """A row to insert; the answer may still be changed."""
        self.rows[table].append(values)
        return values

    def write(self) -> None:
        """Insert everything, in the caller's transaction."""
        for table in TABLES:
            if self.rows[table]:
                db.session.execute(insert(table), self.rows[table])
        for label, service_id in self.held_ports.items():
            switch, name = label.split(" ")
            db.session.execute(
                update(Port).where(Port.switch_name == switch, Port.name == name).values(service_id=service_id)
            )
