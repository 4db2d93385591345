"""Imports as pages and the API show them: how far, and what became of each line."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select, true
from sqlalchemy.orm import joinedload

from app.domain.errors import Malformed
from app.domain.models import Account, Fabric, ImportLine, Location, Order, OrderImport
from app.extensions import db
from app.queries import keyset
from app.queries.keyset import Key, Page, Sort
from app.services.actor import Actor
from app.services.imports import STATES

PAGE, RECENT = 50, 50
AT_ONCE = 500
LINES = Sort("line", (Key(ImportLine.number, lambda row: row.number, False),))
NEWEST = Sort("created", (
    Key(OrderImport.created_at, lambda row: row.created_at), Key(OrderImport.alias, lambda row: row.alias),
))  # fmt: skip


@dataclass(frozen=True)
class Result:
    """What became of a line, with its order's number while there is one."""

    line: ImportLine
    order_number: int | None


@dataclass(frozen=True)
class ResultsPage:
    """Some results, and the lines behind and before which the next and the previous ones stand."""

    results: list[Result]
    before: int | None
    after: int | None


def counts(import_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, int]]:
    """How many lines of each import are in each state."""
    found = {one: dict.fromkeys(STATES, 0) for one in import_ids}
    rows = db.session.execute(
        select(ImportLine.import_id, ImportLine.state, func.count())
        .where(ImportLine.import_id.in_(import_ids))
        .group_by(ImportLine.import_id, ImportLine.state)
    )
    for import_id, state, number in rows:
        found[import_id][state] = number
    return found


def example() -> tuple[str, str, str]:
    """An account, a fabric and a location of it for which something could be ordered; as words where there is none."""
    account = db.session.scalars(
        select(Account.id).where(Account.reseller_id.is_(None)).order_by(Account.organisation).limit(1)
    ).first()
    place = db.session.execute(
        select(Location.fabric_code, Location.code)
        .join(Fabric, Fabric.code == Location.fabric_code)
        .order_by(Fabric.automated.desc(), Fabric.code, Location.code)
        .limit(1)
    ).first()
    return account or "account", *(place or ("fabric", "location"))


def recent(limit: int = RECENT) -> list[OrderImport]:
    """The newest imports of everybody."""
    newest = select(OrderImport).options(joinedload(OrderImport.by)).order_by(OrderImport.created_at.desc())
    return list(db.session.scalars(newest.limit(limit)))


def mine(actor: Actor, limit: int, after: Sequence[Any] | None) -> Page[OrderImport]:
    """This actor's, newest first; a trusted program sees all."""
    own: ColumnElement[bool] = true() if actor.trusted else OrderImport.owner.in_(actor.account_ids)
    listing = keyset.Listing(select(OrderImport), select(OrderImport.id), OrderImport.id, NEWEST)
    return keyset.page(listing, [own], limit, after)


def lines(import_id: uuid.UUID, state: str | None, limit: int, after: Sequence[Any] | None) -> Page[ImportLine]:
    """Its lines in the order of the file."""
    of_it = ImportLine.import_id == import_id
    listing = keyset.Listing(select(ImportLine).where(of_it), select(ImportLine.number), ImportLine.number, LINES)
    return keyset.page(listing, [of_it & (ImportLine.state == state) if state else of_it], limit, after)


def numbers(order_ids: Sequence[uuid.UUID | None]) -> dict[uuid.UUID, int]:
    """The orders' numbers."""
    found = db.session.execute(select(Order.id, Order.number).where(Order.id.in_([one for one in order_ids if one])))
    return {row.id: row.number for row in found}


def results(import_id: uuid.UUID, state: str, cursor: str) -> ResultsPage:
    """A page of the desk. `state`: only those, or “” for all. `cursor`: “>49” = behind that line, “<50” = before it."""
    if state and state not in STATES:
        raise Malformed(f"There is no state “{state[:40]}” of an import's lines.")
    statement = _with_orders(import_id, state)
    backwards = cursor.startswith("<")
    if cursor:
        edge = _position(cursor)
        statement = statement.where(ImportLine.number < edge if backwards else ImportLine.number > edge)
    ordered = statement.order_by(ImportLine.number.desc() if backwards else ImportLine.number).limit(PAGE + 1)
    rows = list(db.session.execute(ordered))
    more, rows = len(rows) > PAGE, rows[:PAGE]
    if backwards:
        rows.reverse()
    has_before = bool(rows) and (more if backwards else bool(cursor))
    has_after = bool(rows) and (backwards or more)
    return ResultsPage(
        [Result(*row) for row in rows],
        rows[0][0].number if has_before else None, rows[-1][0].number if has_after else None,
    )  # fmt: skip


def _with_orders(import_id: uuid.UUID, state: str) -> Select[ImportLine, int]:
    found = select(ImportLine, Order.number).outerjoin(Order, Order.id == ImportLine.order_id)
    found = found.where(ImportLine.import_id == import_id)
    return found.where(ImportLine.state == state) if state else found


def _position(cursor: str) -> int:
    digits = cursor[1:]
    if cursor[0] not in "<>" or not (digits.isascii() and digits.isdecimal()) or len(digits) > 9:
        raise Malformed("This address of a page of the list cannot be read. Start from its first page.")
    return int(digits)


def failed(import_id: uuid.UUID) -> Iterator[Row[int, Any, list[dict[str, str]], str | None]]:
    """Number, raw line, findings and sentence of every line that failed, read some at a time."""
    after = -1
    while True:
        rows = db.session.execute(
            select(ImportLine.number, ImportLine.raw, ImportLine.findings, ImportLine.sentence)
            .where(ImportLine.import_id == import_id, ImportLine.state == "failed", ImportLine.number > after)
            .order_by(ImportLine.number)
            .limit(AT_ONCE)
        ).all()
        yield from rows
        if len(rows) < AT_ONCE:
            return
        after = rows[-1].number
