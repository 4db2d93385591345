"""Orders by the file: /imports takes one, an import's page shows how far it is and what became of each line."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

from flask import Response, flash, redirect, request, stream_with_context, url_for

from app.domain.errors import Conflict, Finding, HandoffError, Invalid
from app.extensions import db
from app.queries import imports as queries
from app.services import imports
from app.services.imports import ImportedBefore, Upload
from app.web import import_columns, import_files
from app.web import import_example as import_example_rows
from app.web.guard import actor
from app.web.sheets import sheet
from app.web.staff import frame

CHANNEL = "desk"
MODES = {"drafts": "As drafts", "submit": "Submit at once"}
RESULTS = {
    "failed": ("failed", "Failed"), "pending": ("queued", "Not yet"), "done": ("done", "Done"),
    "skipped": ("cancelled", "Made before"), "stopped": ("cancelled", "Stopped"),
}  # fmt: skip
TABS = (("", "All"), *((state, words) for state, (_, words) in RESULTS.items()))


def import_list() -> Response:
    """GET /imports: send a file; the newest ones. With `corrects` the file is to correct that import."""
    return _list()


def send_import() -> Any:
    """POST /imports: take the file and lead to its page."""
    try:
        import_id = _started()
    except (Invalid, Conflict) as why:
        db.session.rollback()
        return _list(why)
    return redirect(url_for("staff.import_page", import_id=import_id), 303)


def _started() -> uuid.UUID:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Invalid("There is no file.", [Finding("/file", "required", "Choose a file.")])
    kind = import_files.kind_of(sent.filename)
    if kind is None:
        words = "The file's name must end in .csv, .json or .jsonl."
        raise Invalid("It is not known what kind of file this is.", [Finding("/file", "choice", words)])
    mode = request.form.get("mode", "")
    file = import_files.arrived(sent.stream, kind, mode == "drafts")
    upload = Upload(
        sent.filename, kind, mode, CHANNEL, file.digest, file.size, file.columns(), _corrected(request.form)
    )
    key = request.form.get("form_key", "")[:64] or None
    return imports.start(actor(), upload, file.records(), key=key, again=bool(request.form.get("again")))


def _corrected(said: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(said.get("corrects", "")) if said.get("corrects") else None
    except ValueError:
        raise Invalid("The file was not taken.", [Finding("", "reference", "There is no such import.")]) from None


def _list(why: HandoffError | None = None) -> Response:
    said = request.form if request.method == "POST" else request.args
    corrected = _corrected(said) if why is None or "corrects" in request.form else None
    found = queries.recent()
    counts = queries.counts([one.id for one in found])
    return frame.answer(
        "staff/imports.html", "staff/imports.html", why.status if why else 200, current=url_for("staff.import_list"),
        modes=MODES, mode=said.get("mode") if said.get("mode") in MODES else "drafts",
        corrected=imports.find(corrected, actor()) if corrected else None,
        findings=(why.errors or [Finding("", "refused", why.detail)]) if why else [],
        earlier=why.earlier if isinstance(why, ImportedBefore) else None,
        found=[(one, badge(one, counts[one.id]), counts[one.id]) for one in found],
        columns=[(name, words_of(name)) for name in import_columns.COLUMNS],
        most_mb=frame.config().max_import_bytes / 1e6, most=imports.MOST,
    )  # fmt: skip


def words_of(column: str) -> str:
    """What a column is for."""
    if column in import_columns.HELP:
        return import_columns.HELP[column]
    field = import_columns.DETAILS[column]
    return f"{field.label}. {field.help}".strip()


def import_template() -> Response:
    """GET /imports/columns.csv: a file with the columns and nothing else."""
    return sheet("handoff-orders", import_columns.COLUMNS, ())


def import_example() -> Response:
    """GET /imports/example.csv: a few orders, one of them of several items, that can be imported as they are."""
    return sheet("handoff-orders-example", import_example_rows.HEADINGS, import_example_rows.rows(*queries.example()))


def import_page(import_id: uuid.UUID) -> Response:
    """GET /imports/<id>: how far it is and what became of each line."""
    return _page(import_id)


def retry_import(import_id: uuid.UUID) -> Any:
    """POST /imports/<id>/retry: the lines that failed once more, as they are."""
    return _done(import_id, lambda: imports.again(import_id, actor()), "The failed lines are tried again.")


def stop_import(import_id: uuid.UUID) -> Any:
    """POST /imports/<id>/stop: leave out the lines whose turn has not come."""
    return _done(import_id, lambda: imports.stop(import_id, actor()), "The import is stopped.")


def resume_import(import_id: uuid.UUID) -> Any:
    """POST /imports/<id>/go-on: the lines that were left out after all."""
    return _done(import_id, lambda: imports.again(import_id, actor(), "stopped"), "The import goes on.")


def _done(import_id: uuid.UUID, do: Callable[[], Any], words: str) -> Any:
    try:
        do()
    except Conflict as why:
        db.session.rollback()
        return _page(import_id, why.detail, 409)
    flash(words, "success")
    return redirect(url_for("staff.import_page", import_id=import_id), 303)


def _page(import_id: uuid.UUID, sentence: str = "", status: int = 200) -> Response:
    state, cursor = request.args.get("state", ""), request.args.get("cursor", "")
    one = imports.find(import_id, actor())
    found = queries.results(import_id, state, cursor)
    counts = queries.counts([import_id])[import_id]

    def url(**more: Any) -> str:
        return url_for("staff.import_page", import_id=import_id, state=state or None, **more)

    return frame.answer(
        "staff/import.html", "staff/_import.html", status, current=url_for("staff.import_list"),
        one=one, title=f"{one.alias}: {size_of(one)}", counts=counts,
        sentence=sentence, mode=MODES[one.mode], badge=badge(one, counts),
        ended=one.total - counts["pending"] - counts["stopped"],
        here=url(**({"cursor": cursor} if cursor else {})),
        results=[(result, RESULTS[result.line.state], _problems(one.format, result.line)) for result in found.results],
        tabs=_tabs(one, counts, state),
        prev_url=url(cursor=f"<{found.before}") if found.before is not None else None,
        next_url=url(cursor=f">{found.after}") if found.after is not None else None,
    )  # fmt: skip


def size_of(one: Any) -> str:
    """“12 orders”, or “20 lines, 12 orders” where some have several."""
    orders = f"{one.orders:,} {'order' if one.orders == 1 else 'orders'}"
    return orders if one.orders == one.total else f"{one.total:,} lines, {orders}"


def badge(one: Any, counts: dict[str, int]) -> tuple[str, str]:
    """The key of icon and colours, and the words."""
    if one.finished_at is None:
        return "running", "At work"
    if counts["stopped"]:
        return "cancelled", "Stopped"
    return ("failed", "Finished with failures") if counts["failed"] else ("done", "Finished")


def _problems(kind: str, line: Any) -> list[tuple[str, str, str]]:
    """Field, rule and sentence of each thing that is wrong with a line."""
    found = [
        (import_columns.column_of(one["pointer"]) if kind == "csv" else one["pointer"], one["rule"], one["detail"])
        for one in line.findings
    ]
    return found or ([("", "", line.sentence)] if line.sentence else [])


def _tabs(one: Any, counts: dict[str, int], state: str) -> list[dict[str, Any]]:
    numbers = {"": one.total, **counts}
    return [
        {
            "label": label, "count": numbers[key], "current": key == state,
            "url": url_for("staff.import_page", import_id=one.id, state=key or None),
        }
        for key, label in TABS if numbers[key] or key in ("", "failed", "pending", "done", state)
    ]  # fmt: skip


def failed_lines(import_id: uuid.UUID) -> Response:
    """GET /imports/<id>/failed: the lines that failed as a file of the same form, to be corrected and sent again."""
    one = imports.find(import_id, actor())
    name = f"handoff-{one.alias}-failed"
    if one.format == "csv":
        return sheet(name, [*one.columns, *import_columns.ADDED], _failed_rows(import_id, len(one.columns)))
    sent = stream_with_context(f"{row.raw}\n" for row in queries.failed(import_id))
    made = Response(sent, mimetype="application/x-ndjson")
    made.headers["Content-Disposition"] = f"attachment; filename={name}.jsonl"
    return made


def _failed_rows(import_id: uuid.UUID, width: int) -> Iterator[list[Any]]:
    for row in queries.failed(import_id):
        cells = [*row.raw, *[""] * width][: max(width, len(row.raw))]
        words = " ".join(one["detail"] for one in row.findings) or row.sentence or ""
        yield [*cells, row.number, words]
