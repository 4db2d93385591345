"""The queue of items that people work from: five views, sorted by what is due first, read page by page.

An item's place is (rank, at, id): rank 0 are items with a due time (a wait that is due, or a failure that counts as due
a target's time after it happened), rank 1 all others by how long they have been as they are. Each source is read
through its own index and only as far as a page needs, so a page costs the same at any number of items.
"""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from enum import StrEnum, auto
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, text, true, tuple_

from app.domain import clock
from app.domain.errors import Malformed
from app.domain.models import Order, OrderItem, Service, StepRow, Wait
from app.domain.permissions import TEAM_OF, Team
from app.domain.states import Status, WaitKind
from app.extensions import db
from app.services.actor import Actor

PAGE = 50
CAP = 10_000
"""Beyond this a count says “10,000+”."""

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
class Filters:
    """What the list is narrowed to; empty = everything. `member` is an account's id, `site` a location's code."""

    service: str = ""
    action: str = ""
    step: str = ""
    site: str = ""
    member: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Those in force."""
        return {one.name: value for one in fields(self) if (value := getattr(self, one.name))}


@dataclass(frozen=True, order=True)
class Place:
    """Where an item stands in the order of the queue."""

    rank: int
    at: datetime
    id: uuid.UUID

    def cursor(self, direction: str) -> str:
        """“a…” = what comes after this place, “b…” = what comes before it."""
        return f"{direction}{self.rank}.{int(self.at.timestamp() * 1_000_000)}.{self.id.hex}"


def place_of_cursor(cursor: str) -> tuple[str, Place]:
    """The direction and the place behind a cursor; `Malformed` for what is none."""
    try:
        rank, moment, hexadecimal = cursor[1:].split(".")
        whole, micro = divmod(int(moment), 1_000_000)
        at = datetime.fromtimestamp(whole, UTC) + timedelta(microseconds=micro)
        if cursor[0] not in "ab" or rank not in ("0", "1"):
            raise ValueError(cursor)
        return cursor[0], Place(int(rank), at, uuid.UUID(hexadecimal))
    except (ValueError, IndexError, OverflowError, OSError):
        raise Malformed("This address of a page of the list cannot be read. Start from its first page.") from None


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


def _held_by(actor: Actor) -> ColumnElement[bool]:
    return and_(Wait.claimed_by_id == actor.user_id, Wait.claim_until > clock.now())


def _free() -> ColumnElement[bool]:
    return or_(Wait.claimed_by_id.is_(None), Wait.claim_until <= clock.now())


_ASKED_BY_VIEW: dict[View, Callable[[Actor], ColumnElement[bool]]] = {
    View.MINE: _held_by,
    View.UNCLAIMED: lambda actor: and_(ours(actor), _free(), OrderItem.held == false()),
    View.WAITING: lambda actor: ~ours(actor),
    View.ALL: lambda actor: true(),
}


@dataclass(frozen=True)
class Source:
    """One kind of row: a statement of (at, since, id) without order, and the columns to sort and page by."""

    rank: int
    statement: Select[Any]
    at: Any
    id: Any
    shift: timedelta = timedelta(0)  # `at` as people see it = the column + shift


@dataclass(frozen=True)
class Queue:
    """One view of the items with its filters, as one person sees it. `target`: a failure is due so long after it."""

    view: View
    filters: Filters
    actor: Actor
    target: timedelta

    def page(self, cursor: str = "", size: int = PAGE) -> Page:
        """The page at a cursor, or the first. `Malformed` if the cursor is nonsense."""
        direction, place = place_of_cursor(cursor) if cursor else ("a", None)
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
            [one.id for one in places],
            places[0].cursor("b") if has_before else None,
            places[-1].cursor("a") if has_after else None,
        )

    def neighbours(self, item_id: uuid.UUID) -> tuple[uuid.UUID | None, uuid.UUID | None]:
        """The items before and after this one, whether or not it is (still) in the view itself."""
        place = self.place_of(item_id)
        if place is None:
            return None, None
        before, after = (self._read(place, backwards, 1) for backwards in (True, False))
        return (before[0].id if before else None), (after[0].id if after else None)

    def place_of(self, item_id: uuid.UUID) -> Place | None:
        """Where an item stands, or would stand if it were in the view."""
        row = db.session.execute(
            select(OrderItem.status, OrderItem.status_since, Wait.due_at)
            .outerjoin(Wait, and_(Wait.item_id == OrderItem.id, OPEN))
            .where(OrderItem.id == item_id)
        ).first()
        if row is None:
            return None
        if row.due_at is not None:
            return Place(0, row.due_at, item_id)
        failed = row.status is Status.ERROR
        return Place(0 if failed else 1, row.status_since + (self.target if failed else timedelta(0)), item_id)

    def count(self) -> int:
        """How many there are, counted up to one more than `CAP`."""
        parts = [capped(source.statement) for source in self.sources()]
        total: int = db.session.execute(select(sum(parts[1:], parts[0]))).scalar_one()
        return total

    def sources(self) -> Iterator[Source]:
        """The kinds of rows that make up this view."""
        if self.view in _ASKED_BY_VIEW:
            yield self._asked()
        if self.view in (View.FAILED, View.ALL):
            yield self._failed()
        if self.view in (View.WAITING, View.ALL):
            yield self._others()

    def _read(self, place: Place | None, backwards: bool, limit: int) -> list[Place]:
        found: list[Place] = []
        for source in self.sources():
            if place is None or source.rank == place.rank:
                found += _rows(source, place, backwards, limit)
            elif (source.rank < place.rank) == backwards:
                found += _rows(source, None, backwards, limit)
        return sorted(found, reverse=backwards)[:limit]

    def _asked(self) -> Source:
        statement = select(Wait.due_at.label("at"), Wait.opened_at.label("since"), Wait.item_id.label("id")).where(
            OPEN, Wait.due_at.is_not(None), _ASKED_BY_VIEW[self.view](self.actor)
        )
        if self.view is View.UNCLAIMED or self.filters.as_dict():  # else the wait says it all
            statement = statement.join(OrderItem, OrderItem.id == Wait.item_id)
        return Source(0, self._narrowed(statement), Wait.due_at, Wait.item_id)

    def _failed(self) -> Source:
        statement = select(
            OrderItem.status_since.label("at"), OrderItem.status_since.label("since"), OrderItem.id.label("id")
        ).where(FAILED)
        return Source(0, self._narrowed(statement), OrderItem.status_since, OrderItem.id, self.target)

    def _others(self) -> Source:
        """Items that no due time drives: the machine works on them, or waits for a far system or another item."""
        statement = (
            select(OrderItem.status_since.label("at"), OrderItem.status_since.label("since"), OrderItem.id.label("id"))
            .outerjoin(Wait, and_(Wait.item_id == OrderItem.id, OPEN))
            .where(UNENDED, OrderItem.status != Status.ERROR, Wait.due_at.is_(None))
        )
        if self.view is View.WAITING:
            statement = statement.where(Wait.id.is_not(None), ~ours(self.actor))
        return Source(1, self._narrowed(statement), OrderItem.status_since, OrderItem.id)

    def _narrowed(self, statement: Any) -> Select[Any]:
        wanted = self.filters
        if wanted.service:
            statement = statement.where(OrderItem.service_type == wanted.service)
        if wanted.action:
            statement = statement.where(OrderItem.action == wanted.action)
        if wanted.step:
            here = and_(StepRow.item_id == OrderItem.id, StepRow.position == OrderItem.cursor)
            statement = statement.join(StepRow, here).where(StepRow.key == wanted.step)
        if wanted.site:
            statement = statement.join(Service, Service.id == OrderItem.service_id)
            statement = statement.where(Service.location_code == wanted.site)
        if wanted.member:
            statement = statement.join(Order, Order.id == OrderItem.order_id)
            statement = statement.where(or_(Order.account_id == wanted.member, Order.sub_account_id == wanted.member))
        narrowed: Select[Any] = statement
        return narrowed


def _rows(source: Source, place: Place | None, backwards: bool, limit: int) -> list[Place]:
    key = tuple_(source.at, source.id)
    statement = source.statement
    if place is not None:
        edge = (place.at - source.shift, place.id)
        statement = statement.where(key < edge if backwards else key > edge)
    order = (source.at.desc(), source.id.desc()) if backwards else (source.at, source.id)
    rows = db.session.execute(statement.order_by(*order).limit(limit))
    return [Place(source.rank, row.at + source.shift, row.id) for row in rows]


def capped(statement: Select[Any]) -> Any:
    """The number of rows as a scalar subquery that stops counting beyond `CAP`."""
    some = statement.limit(CAP + 1).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def counts(actor: Actor) -> dict[View, int]:
    """How many items each view has, in one query."""
    columns = []
    for view in View:
        parts = [capped(source.statement) for source in Queue(view, Filters(), actor, timedelta(0)).sources()]
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
    for source in queue.sources():
        some = source.statement.order_by(source.at).limit(CAP + 1).subquery()
        over = some.c.at < clock.now() - source.shift if source.rank == 0 else false()
        row = db.session.execute(
            select(func.count().label("n"), func.min(some.c.since).label("since"),
                   func.count().filter(over).label("late"))
            .select_from(some)
        ).one()  # fmt: skip
        count, late = count + row.n, late + row.late
        oldest += [row.since] if row.since else []
    return Tile(queue.view, count, min(oldest, default=None), late)
