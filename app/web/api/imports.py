"""Orders by the file: send it, follow it, read what became of each line."""

import uuid
from typing import Annotated

from flask import Response, g, request, url_for
from pydantic import Field
from typing_extensions import TypedDict

from app.domain.errors import WrongMediaType
from app.domain.models import ImportLine, OrderImport
from app.queries import imports as queries
from app.services import imports
from app.services.imports import Upload
from app.web import guard, import_files
from app.web.api import answering, inputs, reading
from app.web.api.answers import FindingAnswer, Next, Time, Uuid, closed
from app.web.api.described import described
from app.web.api.filters import ImportOptions, LineFilters, NoFilters, Paged
from app.web.api.showing import Shower

TAG = "Imports"
MEDIA = ("text/csv", "application/json", "application/x-ndjson")


@closed
class ImportAnswer(TypedDict):
    """A file of orders and how far it is."""

    id: Uuid
    alias: Annotated[str, Field(description="All its orders carry it as `batch_alias`.", examples=["B261120_00001"])]
    name: str
    format: Annotated[str, Field(json_schema_extra={"enum": ["csv", "json"]})]
    mode: Annotated[str, Field(json_schema_extra={"enum": list(imports.MODES)})]
    status: Annotated[str, Field(json_schema_extra={"enum": ["working", "finished"]})]
    orders: Annotated[int, Field(description="Orders in the file.")]
    total: Annotated[int, Field(description="Its lines, of which several can be one order; the states count lines.")]
    pending: int
    done: int
    failed: int
    skipped: Annotated[int, Field(description="Made before by the import that this one corrects.")]
    stopped: Annotated[int, Field(description="Left out, as somebody stopped the import.")]
    corrects: Uuid | None
    created_at: Time
    finished_at: Time | None


@closed
class ImportList(TypedDict):
    items: list[ImportAnswer]
    next: Next


@closed
class ImportLineAnswer(TypedDict):
    """What became of a line."""

    line: Annotated[int, Field(description="Where it stands in the file; in a JSON array its position from 1.")]
    begins: Annotated[int, Field(description="The line where its order begins: its own unless several are one order.")]
    status: Annotated[str, Field(json_schema_extra={"enum": list(imports.STATES)})]
    order_id: Uuid | None
    sentence: str | None
    errors: Annotated[list[FindingAnswer], Field(description="Pointers into the order; see the guide for columns.")]


@closed
class ImportLineList(TypedDict):
    items: list[ImportLineAnswer]
    next: Next


@described("Import orders", TAG, ImportAnswer, status=201, filters=ImportOptions, keyed=True, files=MEDIA)
def create_import() -> Response:
    """A file of orders: CSV with the columns of the guide, a JSON array of orders, or one order a line (NDJSON), each
    as `POST /oms/orders` takes it. The file is stored, then its orders are made one by one; a line that is refused
    stops no other. The same file is imported twice only with `again`."""
    asked = reading.query(ImportOptions)
    key = answering.given_key()
    kind = import_files.kind_of("", request.mimetype)
    if kind is None:
        raise WrongMediaType("Send the file as " + ", ".join(MEDIA) + ".")
    token = g.token
    owner = token.user.account_id or ""
    file = import_files.arrived(request.stream, kind, asked.mode == "drafts")
    upload = Upload(
        asked.name, kind, asked.mode, inputs.CHANNEL, file.digest, file.size, file.columns(), asked.corrects
    )
    import_id = imports.start(
        guard.actor(), upload, file.records(), token_id=token.id, owner=owner,
        key=f"{token.id}:{key}" if key else None, again=asked.again,
    )  # fmt: skip
    return answering.answer(_shown(import_id), 201, location=url_for("api.show_import", import_id=import_id))


@described("List imports", TAG, ImportList, filters=Paged)
def list_imports() -> Response:
    """Newest first."""
    asked = reading.query(Paged)
    found = queries.mine(guard.actor(), asked.limit, answering.position(queries.NEWEST, asked.cursor))
    counts = queries.counts([row.id for row in found.rows])
    shower = answering.shower()
    return answering.page(found, queries.NEWEST, [_answer(row, counts[row.id], shower) for row in found.rows])


@described("Read an import", TAG, ImportAnswer)
def show_import(import_id: uuid.UUID) -> Response:
    """How far it is."""
    reading.query(NoFilters)
    return answering.answer(_shown(import_id))


@described("Read an import's lines", TAG, ImportLineList, filters=LineFilters)
def list_import_lines(import_id: uuid.UUID) -> Response:
    """In the order of the file. A line that failed names each field and rule."""
    asked = reading.query(LineFilters)
    imports.find(import_id, guard.actor())
    position = answering.position(queries.LINES, asked.cursor)
    found = queries.lines(import_id, asked.status, asked.limit, position)
    return answering.page(found, queries.LINES, [_line(row) for row in found.rows])


@described("Stop an import", TAG, ImportAnswer, conflicts=True)
def stop_import(import_id: uuid.UUID) -> Response:
    """Lines whose turn has not come are left out (`stopped`); orders that were made stay as they are. 409 if it has
    finished already."""
    reading.query(NoFilters)
    imports.stop(import_id, guard.actor())
    return answering.answer(_shown(import_id))


def _shown(import_id: uuid.UUID) -> ImportAnswer:
    found = imports.find(import_id, guard.actor())
    return _answer(found, queries.counts([import_id])[import_id], answering.shower())


def _answer(row: OrderImport, counts: dict[str, int], shower: Shower) -> ImportAnswer:
    return ImportAnswer(
        id=str(row.id), alias=row.alias, name=row.name, format=row.format, mode=row.mode,
        status="finished" if row.finished_at else "working", orders=row.orders,
        total=row.total, pending=counts["pending"], done=counts["done"], failed=counts["failed"],
        skipped=counts["skipped"], stopped=counts["stopped"],
        corrects=str(row.corrects_id) if row.corrects_id else None, created_at=shower.at(row.created_at),
        finished_at=shower.maybe(row.finished_at),
    )  # fmt: skip


def _line(row: ImportLine) -> ImportLineAnswer:
    return ImportLineAnswer(
        line=row.number, begins=row.begins, status=row.state, order_id=str(row.order_id) if row.order_id else None,
        sentence=row.sentence,
        errors=[FindingAnswer(pointer=one["pointer"], rule=one["rule"], detail=one["detail"]) for one in row.findings],
    )  # fmt: skip
