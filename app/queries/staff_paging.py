"""Lists that are sorted by one unique number, newest first, page by page."""

from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Select

from app.domain.errors import Malformed
from app.extensions import db

Row = TypeVar("Row")


class Numbered(NamedTuple, Generic[Row]):
    """One page, and the cursors of the pages before and after, if there are any."""

    rows: list[Row]
    newer: str | None
    older: str | None


def page(statement: Select[Any], column: Any, cursor: str, size: int = 50) -> Numbered[Any]:
    """`cursor`: “<100200” = what is older than that number, “>100200” = newer. `Malformed` if it is nonsense."""
    newer_than, number = read(cursor)
    if newer_than:
        found = db.session.scalars(statement.where(column > number).order_by(column).limit(size + 1)).all()
        rows, has_newer, has_older = list(found[:size])[::-1], len(found) > size, True
    else:
        if number is not None:
            statement = statement.where(column < number)
        found = db.session.scalars(statement.order_by(column.desc()).limit(size + 1)).all()
        rows, has_newer, has_older = list(found[:size]), number is not None, len(found) > size
    if not rows:
        return Numbered([], None, None)
    first, last = (getattr(row, column.key) for row in (rows[0], rows[-1]))
    return Numbered(rows, f">{first}" if has_newer else None, f"<{last}" if has_older else None)


def read(cursor: str) -> tuple[bool, int | None]:
    """Whether newer rows are wanted, and from which number on."""
    if not cursor:
        return False, None
    digits = cursor[1:]
    if cursor[0] not in "<>" or not (digits.isascii() and digits.isdecimal()) or len(digits) > 9:
        raise Malformed("This address of a page of the list cannot be read. Start from its first page.")
    return cursor[0] == ">", int(digits)
