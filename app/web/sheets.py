"""Tables as CSV, sent row by row as they are read."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from flask import Response, stream_with_context


def sheet(name: str, headings: Iterable[str], rows: Iterable[Iterable[Any]]) -> Response:
    """An answer that saves as `name`.csv. Times are UTC; it begins with the mark by which spreadsheets know UTF-8."""
    made = Response(stream_with_context(_lines(headings, rows)), mimetype="text/csv")
    made.headers["Content-Disposition"] = f"attachment; filename={name}.csv"
    return made


def _lines(headings: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    yield "\ufeff" + line(headings)
    for row in rows:
        yield line(row)


def line(cells: Iterable[Any]) -> str:
    """One row, ended."""
    out = io.StringIO()
    csv.writer(out).writerow([_harmless(cell) for cell in cells])
    return out.getvalue()


def _harmless(cell: Any) -> Any:
    """A cell that a spreadsheet would take for a formula is made plain text."""
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
