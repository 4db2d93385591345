"""The orders of a file as they were read, and the rows that keep them: one for each line, also where several lines are
one order. What is wrong with such an order is told at the line that it is about."""

import hashlib
import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.domain import clock
from app.domain.errors import Finding
from app.domain.models import ImportLine, OrderImport
from app.domain.models.base import table_of
from app.extensions import db
from app.services.order_input import OrderInput
from app.services.order_record import packed

imports, lines = table_of(OrderImport), table_of(ImportLine)

UNREADABLE = "The line cannot be read."
MADE_BEFORE = "The import that this file corrects made this order already."
Told = tuple[list[dict[str, str]], str]
"""Findings, and a sentence beside them."""


@dataclass(frozen=True)
class FileLine:
    """Where it stands, what stands there, and what is wrong with this very line."""

    number: int
    raw: Any
    findings: Sequence[Finding] = ()


@dataclass(frozen=True)
class Record:
    """One order of the file: its lines (each is one of its items where there are several), and the order, or what is
    wrong with it."""

    lines: Sequence[FileLine]
    wanted: OrderInput | None
    findings: Sequence[Finding] = ()

    @property
    def broken(self) -> bool:
        return self.wanted is None or bool(self.findings) or any(line.findings for line in self.lines)


def one(number: int, raw: Any, wanted: OrderInput | None, findings: Sequence[Finding] = ()) -> Record:
    """An order that stands on one line."""
    return Record([FileLine(number, raw)], wanted, findings)


def rows(import_id: uuid.UUID, record: Record, done: dict[str, list[uuid.UUID | None]]) -> Iterator[dict[str, Any]]:
    """The rows of an order's lines. `done`: what need not be made again, of which this order's is taken away."""
    first = record.lines[0].number
    key = _key([line.raw for line in record.lines])
    made = done.get(key)
    common = {
        "import_id": import_id, "begins": first, "key": key, "state": "pending", "findings": [], "wanted": None,
        "sentence": None, "order_id": None, "at": None,
    }  # fmt: skip
    if made:
        common |= {"state": "skipped", "order_id": made.pop(), "at": clock.now(), "sentence": MADE_BEFORE}
    told = _broken(record) if record.broken and not made else []
    for at, line in enumerate(record.lines):
        row: dict[str, Any] = {**common, "number": line.number, "raw": line.raw}
        if told:
            findings, sentence = told[at]
            row |= {"state": "failed", "findings": findings, "sentence": sentence, "at": clock.now()}
        elif not made and line.number == first and record.wanted is not None:
            row["wanted"] = packed(record.wanted)
        yield row


def _key(raws: list[Any]) -> str:
    said = json.dumps(raws, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _broken(record: Record) -> list[Told]:
    numbers = [line.number for line in record.lines]
    own = [list(line.findings) for line in record.lines]
    return _shared_out(numbers, own, record.findings, UNREADABLE)


def told_of(numbers: Sequence[int], findings: Sequence[Finding], sentence: str) -> list[Told]:
    """What each line of an order that was refused says."""
    return _shared_out(numbers, [[] for _ in numbers], findings, sentence)


def _shared_out(
    numbers: Sequence[int], own: list[list[Finding]], findings: Sequence[Finding], sentence: str
) -> list[Told]:
    """A finding about an item goes to the item's line, one about the order to the first."""
    for finding in findings:
        own[_item_of(finding.pointer, len(numbers))].append(finding)
    bad = next((at for at, found in enumerate(own) if found), 0)
    elsewhere = f"Nothing is wrong here, but with line {numbers[bad]} of the same order."
    return [
        ([finding.as_dict() for finding in found], sentence if found or at == bad else elsewhere)
        for at, found in enumerate(own)
    ]  # fmt: skip


def _item_of(pointer: str, items: int) -> int:
    parts = pointer.split("/")
    index = int(parts[2]) if len(parts) > 2 and parts[1] == "items" and parts[2].isdigit() else 0
    return index if index < items else 0


def done_before(corrected: OrderImport | None) -> dict[str, list[uuid.UUID | None]]:
    """What the corrected import, and those that corrected it before, have made: key of the order → such orders."""
    done: dict[str, list[uuid.UUID | None]] = {}
    if corrected is not None:
        found = db.session.execute(
            select(lines.c.key, lines.c.order_id)
            .join(imports, imports.c.id == lines.c.import_id)
            .where(imports.c.alias == corrected.alias, lines.c.state == "done", lines.c.number == lines.c.begins)
        )
        for row in found:
            done.setdefault(row.key, []).append(row.order_id)
    return done


def results(import_id: uuid.UUID, made: Sequence[dict[str, Any]], several: bool) -> list[dict[str, Any]]:
    """What became of each order (`at_line`: its first), as what becomes of each of its lines. `several`: some of the
    orders may have more lines than one."""
    numbers = {result["at_line"]: [result["at_line"]] for result in made}
    if several:
        further = db.session.execute(
            select(lines.c.number, lines.c.begins)
            .where(lines.c.import_id == import_id, lines.c.begins.in_(numbers), lines.c.number != lines.c.begins)
            .order_by(lines.c.number)
        )
        for row in further:
            numbers[row.begins].append(row.number)
    return [line for result in made for line in _of_lines(result, numbers[result["at_line"]])]


def _of_lines(result: dict[str, Any], numbers: Sequence[int]) -> Iterator[dict[str, Any]]:
    if result["new_state"] != "failed":
        yield from ({**result, "at_line": number} for number in numbers)
        return
    told = told_of(numbers, result["new_findings"], result["new_sentence"])
    for number, (findings, sentence) in zip(numbers, told, strict=True):
        yield {**result, "at_line": number, "new_findings": findings, "new_sentence": sentence}
