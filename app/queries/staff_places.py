"""Where an item stands in the queue, and how the address of a page names that place."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum, auto

from app.domain.errors import Malformed


class Sort(StrEnum):
    """What comes first: what is due first, what has stood longest, the newest order."""

    DUE = auto()
    AGE = auto()
    ORDER = auto()


@dataclass(frozen=True, order=True)
class Place:
    """Where an item stands; smaller comes first.

    Sorted by due: rank 0 = has a due time, 1 = has none; `at` = microseconds since 1970 of the due time, else of the
    time since when it has been as it is; `tie` = the item's id. By age: rank 0, that time, the id. By order: rank 0,
    `at` = minus the order's number, `tie` = the item's number.
    """

    rank: int
    at: int
    tie: int
    item_id: uuid.UUID

    def cursor(self, direction: str) -> str:
        """“a…” = what comes after this place, “b…” = what comes before it."""
        return f"{direction}{self.rank}.{self.at}.{self.tie:x}"

    @property
    def moment(self) -> datetime:
        return moment_of(self.at)

    @property
    def tie_id(self) -> uuid.UUID:
        return uuid.UUID(int=self.tie)


def micros(moment: datetime) -> int:
    """Microseconds since 1970, without the rounding of floating point."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def moment_of(number: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=number)


def read(cursor: str, sort: Sort) -> tuple[str, Place]:
    """The direction and the place behind a cursor; `Malformed` for what is none of this sorting."""
    try:
        rank, at, tie = cursor[1:].split(".")
        if cursor[0] not in "ab" or rank not in ("0", "1") or len(tie) > 32:
            raise ValueError(cursor)
        place = Place(int(rank), int(at), int(tie, 16), uuid.UUID(int=0))
        _check(place, sort)
    except (ValueError, IndexError, OverflowError):
        raise Malformed("This address of a page of the list cannot be read. Start from its first page.") from None
    return cursor[0], place


def _check(place: Place, sort: Sort) -> None:
    if sort is Sort.ORDER:
        if not (-(2**31) < place.at <= 0 and 0 <= place.tie < 2**31):
            raise ValueError(place)
    elif not 1970 <= place.moment.year < 9000 or place.tie < 0:  # a shifted time must not fall out of the calendar
        raise ValueError(place)
