"""Pages of a list by key: where the page before ended, the next begins, however many rows lie before it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, String, and_, or_, select, union_all

from app.domain.models.base import UtcDateTime
from app.extensions import db

Row = TypeVar("Row")


@dataclass(frozen=True)
class Key:
    """One column that a list is sorted by. `read` = its value of a row."""

    column: Any
    read: Callable[[Any], Any]
    descending: bool = True


@dataclass(frozen=True)
class Sort:
    """How a list is sorted. The last key is unique among rows that share the others."""

    name: str
    keys: tuple[Key, ...]

    def clauses(self) -> list[Any]:
        return [key.column.desc() if key.descending else key.column.asc() for key in self.keys]

    def after(self, values: Sequence[Any]) -> ColumnElement[bool]:
        """The rows behind the one with these values. The first key bounds the index alone, then ties are told apart."""
        first = self.keys[0]
        if len(self.keys) == 1:
            return _behind(first, values[0])
        second = self.keys[1]
        bound = first.column <= values[0] if first.descending else first.column >= values[0]
        return and_(bound, or_(_behind(first, values[0]), _behind(second, values[1])))

    def of(self, row: Any) -> list[Any]:
        return [key.read(row) for key in self.keys]


def _behind(key: Key, value: Any) -> ColumnElement[bool]:
    behind: ColumnElement[bool] = key.column < value if key.descending else key.column > value
    return behind


@dataclass
class Page(Generic[Row]):
    """Some rows of a list; `next` holds the sort values of the last one if there are more."""

    rows: list[Row]
    next: list[Any] | None = None


@dataclass(frozen=True)
class Listing:
    """A list before it is cut to a page: how its rows are read, which ids are on it, and their order."""

    rows: Any
    ids: Any
    key: Any
    sort: Sort


def page(listing: Listing, parts: Sequence[ColumnElement[bool]], limit: int, after: Sequence[Any] | None) -> Page[Any]:
    """One page of what lies in any of these parts. First the ids, each part on its own: that way each is the beginning
    of an index, where all parts in one condition would make the database read either all of them or everything."""
    ids = listing.ids if after is None else listing.ids.where(listing.sort.after(after))
    firsts = [ids.where(part).order_by(*listing.sort.clauses()).limit(limit + 1).subquery() for part in parts]
    found = union_all(*(select(first.c[0]) for first in firsts))
    query = listing.rows.where(listing.key.in_(found)).order_by(*listing.sort.clauses()).limit(limit + 1)
    rows = list(db.session.scalars(query))
    return Page(rows[:limit], listing.sort.of(rows[limit - 1]) if len(rows) > limit else None)


def plain(values: Sequence[Any]) -> list[Any]:
    """Sort values as JSON can hold them."""
    return [value.isoformat() if isinstance(value, datetime) else value for value in values]


def typed(sort: Sort, values: Any) -> list[Any] | None:
    """Sort values as they were; None if these are no values of this sort."""
    if not isinstance(values, list) or len(values) != len(sort.keys):
        return None
    try:
        return [_typed(key, value) for key, value in zip(sort.keys, values, strict=True)]
    except (TypeError, ValueError):
        return None


def _typed(key: Key, value: Any) -> Any:
    if isinstance(key.column.type, UtcDateTime):
        return datetime.fromisoformat(value)
    if type(value) is not (str if isinstance(key.column.type, String) else int):
        raise TypeError(value)
    return value
