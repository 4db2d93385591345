"""Orders from a CSV file with headings: comma, semicolon or tab. Lines that follow each other with the same `order` are
one order of several items."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby, islice, zip_longest
from typing import IO

from app.domain.errors import Finding, Invalid
from app.services import imports
from app.services.import_lines import FileLine, Record
from app.web import import_columns
from app.web.api import bodies, inputs, reading
from app.web.api.bodies import MAX_ITEMS
from app.web.import_text import Unreadable
from app.web.import_text import lines as text_lines


class _Rows:
    """The rows of a CSV file, each with the line on which it begins."""

    def __init__(self, stream: IO[bytes]) -> None:
        first = next(text_lines(stream), "")
        delimiter = max(",;\t", key=first.count)
        self._reader = csv.reader(text_lines(stream), delimiter=delimiter, strict=True)

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        try:
            before = self._reader.line_num
            for row in self._reader:
                yield before + 1, row
                before = self._reader.line_num
        except csv.Error as why:
            words = "a quoted cell does not end, or a quote stands where none can."
            if "field limit" in str(why):
                words = f"a cell is longer than {csv.field_size_limit():,} characters, or a quoted one does not end."
            raise Unreadable(words, self._reader.line_num) from None


def headings(stream: IO[bytes]) -> list[str]:
    """The names of the columns, in lower case; `Unreadable` if there are none."""
    return _rows(stream)[1]


def _rows(stream: IO[bytes]) -> tuple[_Rows, list[str]]:
    rows = _Rows(stream)
    _, names = next(iter(rows), (0, []))
    names = [name.strip().lower() for name in names]
    if not any(names):
        raise Unreadable("the first line must hold the names of the columns.")
    return rows, names


@dataclass
class _Row:
    """A line that says something. `said`: column → what stands there."""

    number: int
    said: dict[str, str]
    raw: list[str]
    findings: list[Finding] = field(default_factory=list)

    @property
    def group(self) -> str:
        return self.said.get(import_columns.GROUP, "")


def records(stream: IO[bytes], draft: bool) -> Iterator[Record]:
    """The file's orders. `draft`: they may be incomplete."""
    apart = _apart(stream)
    for group, rows in _groups(stream):
        several = list(islice(rows, MAX_ITEMS + 1))
        if len(several) <= MAX_ITEMS:
            yield _order(several, apart.get(group, []), draft)
            continue
        while several:
            yield Record([FileLine(row.number, row.raw) for row in several], None, [_TOO_LONG])
            several = list(islice(rows, MAX_ITEMS))


_TOO_LONG = Finding("/items", "range", f"An order can have at most {MAX_ITEMS} items.")


def _groups(stream: IO[bytes]) -> Iterator[tuple[str, Iterator[_Row]]]:
    """What stands under `order`, and the lines that follow each other with it; without it each line by itself."""
    for (group, _), rows in groupby(_said_rows(stream), lambda row: (row.group, 0 if row.group else row.number)):
        yield group, rows


def _said_rows(stream: IO[bytes]) -> Iterator[_Row]:
    rows, names = _rows(stream)
    said = blank = 0
    for number, cells in rows:
        speaks = any(cell.strip() for cell in cells)
        said, blank = said + speaks, blank + (not speaks)
        imports.check_length(max(said, blank))
        if speaks:
            yield _row(number, names, cells)


def _row(number: int, names: list[str], cells: list[str]) -> _Row:
    said = {name: import_columns.plain(cell) for name, cell in zip_longest(names, cells[: len(names)], fillvalue="")}
    if len(cells) > len(names):
        words = f"The line has {len(cells)} cells, but there are {len(names)} columns."
        return _Row(number, said, cells, [Finding("", "columns", words)])
    return _Row(number, said, [said[name] for name in names if name not in import_columns.ADDED])


def _apart(stream: IO[bytes]) -> dict[str, list[int]]:
    """Where the lines of one order do not stand together: its `order` → the lines at which they begin anew."""
    if import_columns.GROUP not in headings(stream):
        return {}
    begins: dict[str, list[int]] = {}
    for group, rows in _groups(stream):
        if group:
            begins.setdefault(group, []).append(next(rows).number)
    return {group: numbers for group, numbers in begins.items() if len(numbers) > 1}


def _order(rows: list[_Row], apart: list[int], draft: bool) -> Record:
    if any(row.findings for row in rows):  # what stands in which column is not known
        return Record(_lines(rows), None)
    said = [row.said for row in rows]
    for row, found in zip(rows, import_columns.at_odds(said, rows[0].number), strict=True):
        row.findings += found
    if apart:
        rows[0].findings.append(Finding(f"/{import_columns.GROUP}", "together", _apart_words(apart)))
    try:
        wanted = reading.parse(bodies.Draft if draft else bodies.Order, import_columns.body(said))
    except Invalid as why:
        return Record(_lines(rows), None, why.errors)
    return Record(_lines(rows), inputs.as_said(wanted))


def _apart_words(begins: list[int]) -> str:
    where = ", ".join(f"{number:,}" for number in begins[:5])
    return f"The lines of one order stand together; this one begins on each of the lines {where}. Move them together."


def _lines(rows: list[_Row]) -> list[FileLine]:
    return [FileLine(row.number, row.raw, row.findings) for row in rows]
