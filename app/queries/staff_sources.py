"""The kinds of rows that a list is put together from, each read through its own index and only as far as needed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_

from app.extensions import db
from app.queries.staff_places import Place, Sort, micros

CAP = 10_000
"""Beyond this a count says “10,000+”."""


@dataclass(frozen=True)
class Source:
    """One kind of row: a statement of (at, since, tie, id) without order, and the columns to sort and page by."""

    rank: int
    statement: Select[Any]
    at: Any
    tie: Any
    since: Any
    shift: timedelta = timedelta(0)  # `at` as people see it = the column + shift


def rows(
    source: Source, sort: Sort, place: Place | None, backwards: bool, limit: int, until: datetime | None = None
) -> list[Place]:
    """Some of its rows behind a place (or before it), the nearest first. `until`: only those as old as that."""
    statement = source.statement
    if place is not None:
        statement = statement.where(_behind(source, sort, place, backwards))
    if until is not None:
        statement = statement.where(source.since <= until)
    first_at = source.at.desc() if backwards is not (sort is Sort.ORDER) else source.at
    first_tie = source.tie.desc() if backwards else source.tie
    found = db.session.execute(statement.order_by(first_at, first_tie).limit(limit))
    if sort is Sort.ORDER:
        return [Place(0, -row.at, row.tie, row.id) for row in found]
    return [Place(source.rank, micros(row.at + source.shift), row.tie.int, row.id) for row in found]


def _behind(source: Source, sort: Sort, place: Place, backwards: bool) -> ColumnElement[bool]:
    """The rows after a place, or before it."""
    if sort is Sort.ORDER:  # newest orders first, the items of each as they are numbered
        number, item = -place.at, place.tie
        if backwards:
            return and_(source.at >= number, or_(source.at > number, source.tie < item))
        return and_(source.at <= number, or_(source.at < number, source.tie > item))
    key, edge = tuple_(source.at, source.tie), (place.moment - source.shift, place.tie_id)
    return key < edge if backwards else key > edge


def capped(statement: Select[Any]) -> Any:
    """The number of rows as a scalar subquery that stops counting beyond `CAP`."""
    some = statement.limit(CAP + 1).subquery()
    return select(func.count()).select_from(some).scalar_subquery()
