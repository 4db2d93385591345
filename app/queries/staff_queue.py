"""The queue of items that people work from: five views, sorted and narrowed, read page by page.

An item's place depends on the sorting (`staff_places`). Sorted by due, those with a due time come first (a wait that is
due, or a failure that counts as due a target's time after it happened), then all others by how long they have been as
they are. Each source is read through its own index and only as far as a page needs, so a page costs the same at any
number of items.
"""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, auto
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, text, true

from app.domain import clock
from app.domain.models import Order, OrderItem, Wait
from app.domain.permissions import TEAM_OF, Team
from app.domain.states import Status, WaitKind
from app.extensions import db
from app.queries import staff_places
from app.queries.staff_narrow import Filters, Kind, Narrowing, free, held_by, not_held
from app.queries.staff_places import Place, Sort, micros
from app.queries.staff_sources import CAP, Source, capped, rows
from app.services.actor import Actor

__all__ = ["CAP", "Filters", "Page", "Queue", "Sort", "Tile", "View", "counts", "ours", "tiles"]

PAGE = 50

# Literal, in the words of the partial indexes.
OPEN = text("wait.open")
FAILED = text("order_item.status = 'error'")
UNENDED = text("order_item.state not in ('idle', 'done', 'cancelled', 'rejected')")


class View(StrEnum):
    MINE = auto()
    UNCLAIMED = auto()
    FAILED = auto()
    WAITING = auto()
    ALL = auto()


@dataclass(frozen=True)
class Page:
    """Item ids in the queue's order, and cursors of the pages before and after."""

    ids: list[uuid.UUID]
    before: str | None
    after: str | None


def ours(actor: Actor) -> ColumnElement[bool]:
    """Open waits that are this actor's team's to deal with. Orders are confirmed by Sales, not by engineers."""
    teams = {f"team:{team.value}" for team in TEAM_OF.get(actor.role, frozenset(Team))} if actor.role else set()
    mine = Wait.audience.in_(teams)
    if f"team:{Team.ENGINEERING.value}" in teams and actor.role in TEAM_OF:
        return and_(mine, or_(Wait.audience != f"team:{Team.SALES.value}", Wait.kind != WaitKind.CONFIRM))
    return mine


_ASKED_BY_VIEW: dict[View, Callable[[Actor], ColumnElement[bool]]] = {
    View.MINE: lambda actor: held_by(actor.user_id),
    View.UNCLAIMED: lambda actor: and_(ours(actor), free(), not_held()),
    View.WAITING: lambda actor: ~ours(actor),
    View.ALL: lambda actor: true(),
}


@dataclass(frozen=True)
class Queue:
    """One view of the items with its filters, as one person sees it. `target`: a failure is due so long after it."""

    view: View
    filters: Filters
    actor: Actor
    target: timedelta
    sort: Sort = Sort.DUE

    def page(self, cursor: str = "", size: int = PAGE) -> Page:
        """The page at a cursor, or the first. `Malformed` if the cursor is nonsense."""
        direction, place = staff_places.read(cursor, self.sort) if cursor else ("a", None)
        backwards = direction == "b"
        places = self._read(place, backwards, size + 1)
        more, places = len(places) > size, places[:size]
        if backwards:
            places.reverse()
        if not places:
            return Page([], None, None)
        has_before = more if backwards else place is not None
        has_after = True if backwards else more
        return Page(
            [one.item_id for one in places],
            places[0].cursor("b") if has_before else None,
            places[-1].cursor("a") if has_after else None,
        )

    def neighbours(self, item_id: uuid.UUID) -> tuple[uuid.UUID | None, uuid.UUID | None]:
        """The items before and after this one, whether or not it is (still) in the view itself."""
        place = self.place_of(item_id)
        if place is None:
            return None, None
        before, after = (self._read(place, backwards, 1) for backwards in (True, False))
        return (before[0].item_id if before else None), (after[0].item_id if after else None)

    def place_of(self, item_id: uuid.UUID) -> Place | None:
        """Where an item stands, or would stand if it were in the view."""
        row = db.session.execute(
            select(OrderItem.status, OrderItem.status_since, Wait.due_at, Order.number, OrderItem.item_number)
            .join(Order, Order.id == OrderItem.order_id)
            .outerjoin(Wait, and_(Wait.item_id == OrderItem.id, OPEN))
            .where(OrderItem.id == item_id)
        ).first()
        if row is None:
            return None
        if self.sort is Sort.ORDER:
            return Place(0, -row.number, row.item_number, item_id)
        if self.sort is Sort.DUE and row.due_at is not None:
            return Place(0, micros(row.due_at), item_id.int, item_id)
        if self.sort is Sort.AGE or row.status is not Status.ERROR:
            return Place(0 if self.sort is Sort.AGE else 1, micros(row.status_since), item_id.int, item_id)
        return Place(0, micros(row.status_since + self.target), item_id.int, item_id)

    def count(self) -> int:
        """How many there are, counted up to one more than `CAP`."""
        parts = [capped(source.statement) for source in self._by_due().counted()]
        total: int = db.session.execute(select(sum(parts[1:], parts[0]))).scalar_one()
        return total

    def ids(self, limit: int = CAP, until: datetime | None = None) -> list[uuid.UUID]:
        """The items of the whole list, `limit` at most, in its order. `until`: only what stood there already then."""
        found: list[Place] = []
        for source in self.sources():
            found += rows(source, self.sort, None, False, limit, until)
        return list(dict.fromkeys(place.item_id for place in sorted(found)[:limit]))

    def counted(self) -> Iterator[Source]:
        """Sources that hold each row once, in no particular order."""
        if self._whole:
            yield self._everything()
        else:
            yield from self.sources()

    def sources(self) -> Iterator[Source]:
        """The kinds of rows that make up this view, by their ranks."""
        if self._whole and self.sort is not Sort.DUE:
            yield self._everything()
            return
        if self.view in _ASKED_BY_VIEW:
            yield self._asked()
        if self.view in (View.FAILED, View.ALL):
            yield self._failed()
        if self.view in (View.WAITING, View.ALL):
            yield self._others()

    @property
    def _whole(self) -> bool:
        """Whether what an item waits for has no say."""
        return self.view is View.ALL and not (self.filters.owner or self.filters.due)

    def _everything(self) -> Source:
        return self._source(select(OrderItem.id.label("id")).where(UNENDED), OrderItem.status_since, Kind(False))

    def _by_due(self) -> "Queue":
        return self if self.sort is Sort.DUE else Queue(self.view, self.filters, self.actor, self.target)

    def _read(self, place: Place | None, backwards: bool, limit: int) -> list[Place]:
        found: list[Place] = []
        sources = list(self.sources())
        for rank in (1, 0) if backwards else (0, 1):
            if place is not None and (rank > place.rank if backwards else rank < place.rank):
                continue
            edge = place if place is not None and place.rank == rank else None
            for source in sources:
                if source.rank == rank:
                    found += rows(source, self.sort, edge, backwards, limit)
            if len(found) >= limit:
                break
        return sorted(found, reverse=backwards)[:limit]

    def _asked(self) -> Source:
        kind = Kind(True, Wait.due_at, Wait.opened_at)
        asked: list[Any] = [Wait.due_at.is_not(None), _ASKED_BY_VIEW[self.view](self.actor)]
        if self.sort is not Sort.DUE:
            statement = select(OrderItem.id.label("id")).join(Wait, and_(Wait.item_id == OrderItem.id, OPEN))
            return self._source(statement.where(UNENDED, *asked), Wait.opened_at, kind)
        statement = select(Wait.item_id.label("id")).where(OPEN, *asked)
        if self.filters.by_item:  # else the wait says it all
            statement = statement.join(OrderItem, OrderItem.id == Wait.item_id)
        return self._source(statement, Wait.opened_at, kind, Wait.due_at, Wait.item_id)

    def _failed(self) -> Source:
        kind = Kind(False, OrderItem.status_since, OrderItem.status_since, self.target)
        return self._source(select(OrderItem.id.label("id")).where(FAILED), OrderItem.status_since, kind)

    def _others(self) -> Source:
        """Items that no due time drives: the machine works on them, or waits for a far system or another item."""
        statement = select(OrderItem.id.label("id"))
        if self.view is View.WAITING:
            statement = statement.join(Wait, and_(Wait.item_id == OrderItem.id, OPEN, Wait.due_at.is_(None)))
            return self._source(statement.where(~ours(self.actor)), OrderItem.status_since, Kind(True), rank=1)
        if self.filters.owner:
            statement = statement.outerjoin(Wait, and_(Wait.item_id == OrderItem.id, OPEN))
        # Asked of each item in turn, so that the database walks the index only as far as a page needs.
        asked = select(Wait.due_at).where(Wait.item_id == OrderItem.id, OPEN).correlate(OrderItem).limit(1)
        rest = statement.where(UNENDED, OrderItem.status != Status.ERROR, asked.scalar_subquery().is_(None))
        return self._source(rest, OrderItem.status_since, Kind(bool(self.filters.owner)), rank=1)

    def _source(
        self, statement: Select[Any], since: Any, kind: Kind, at: Any = OrderItem.status_since, tie: Any = OrderItem.id,
        rank: int = 0,
    ) -> Source:  # fmt: skip
        """`at`, `tie` and `rank` are those of sorting by due; the other sortings have their own."""
        shift = kind.shift
        if self.sort is not Sort.DUE:
            rank, shift, at, tie = 0, timedelta(0), OrderItem.status_since, OrderItem.id
        if self.sort is Sort.ORDER:
            at, tie = Order.number, OrderItem.item_number
        columns = at.label("at"), since.label("since"), tie.label("tie")
        narrowed = Narrowing(statement.add_columns(*columns), self.filters, kind)
        return Source(rank, narrowed.done(with_order=self.sort is Sort.ORDER), at, tie, since, shift)


def counts(actor: Actor) -> dict[View, int]:
    """How many items each view has, in one query."""
    columns = []
    for view in View:
        parts = [capped(source.statement) for source in Queue(view, Filters(), actor, timedelta(0)).counted()]
        columns.append(sum(parts[1:], parts[0]).label(view.value))
    row = db.session.execute(select(*columns)).one()
    return {view: getattr(row, view.value) for view in View}


@dataclass(frozen=True)
class Tile:
    """A view in figures: how many, since when the oldest, how many past their target."""

    view: View
    count: int
    oldest: datetime | None
    late: int


def tiles(actor: Actor, target: timedelta) -> list[Tile]:
    """The figures of every view, in one query for each of its sources."""
    return [_tile(Queue(view, Filters(), actor, target)) for view in View]


def _tile(queue: Queue) -> Tile:
    count, late = 0, 0
    oldest: list[datetime] = []
    for source in queue.counted():
        some = source.statement.order_by(source.at).limit(CAP + 1).subquery()
        row = db.session.execute(select(func.count().label("n"), func.min(some.c.since).label("since"))).one()
        count += row.n
        oldest += [row.since] if row.since else []
    for source in queue.sources():
        if source.rank == 0:
            over = source.statement.where(source.at < clock.now() - source.shift)
            late += db.session.execute(select(capped(over))).scalar_one()
    return Tile(queue.view, count, min(oldest, default=None), late)
