"""Orders by the file: the lines are stored first, then the workers make an order of each.

A line's order and the note that it was made are one transaction, so no line is worked twice, whoever dies. A line that
is refused says why and stops no other.
"""

import hashlib
import json
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import bindparam, exists, insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from app.config import Config
from app.domain import after_commit, clock, prepared, story
from app.domain.errors import Conflict, Finding, Invalid, NotFound
from app.domain.models import ImportLine, OrderImport
from app.domain.models.base import table_of
from app.extensions import db
from app.services import import_chunk, turns
from app.services.actor import Actor
from app.services.once import key_of
from app.services.order_input import OrderInput
from app.services.order_record import packed

MOST = 20_000
"""So many orders at most in one file."""
SLICE = 500
"""Lines in one statement while the file is stored."""
CHUNK, TURN_S = 50, 2.0
"""A worker makes so many orders in one transaction, during which nobody else gets an order number; and works for so
long before it lets other work pass."""
FEW = 100
"""Orders of an import that small are woken at once; those of a larger one as there is room for them."""
MODES = ("drafts", "submit")
STATES = ("failed", "pending", "done", "skipped")

imports, lines = table_of(OrderImport), table_of(ImportLine)
_note = (
    update(lines)
    .where(lines.c.import_id == bindparam("of"), lines.c.number == bindparam("at_line"))
    .values({name: bindparam(f"new_{name}") for name in ("state", "findings", "sentence", "order_id", "at")})
)


@dataclass(frozen=True)
class Upload:
    """A file that has arrived whole. `digest`: its SHA-256. `columns`: the headings of a CSV file as they were."""

    name: str
    format: str
    mode: str
    channel: str
    digest: str
    size: int
    columns: Sequence[str] = ()
    corrects: uuid.UUID | None = None


@dataclass(frozen=True)
class Record:
    """One order of the file: the line where it begins, what stands there, and the order, or what is wrong."""

    number: int
    raw: Any
    wanted: OrderInput | None
    findings: Sequence[Finding] = ()


class ImportedBefore(Conflict):
    """The same file has been imported. `earlier`: that import."""

    title = "This file was imported before"

    def __init__(self, earlier: OrderImport) -> None:
        self.earlier = earlier.id
        super().__init__(f"The same file was imported on {earlier.created_at:%d %b %Y %H:%M} UTC as {earlier.alias}; "
                         "nothing was done now. Say so if it is to be imported again.")  # fmt: skip


def start(
    actor: Actor,
    upload: Upload,
    records: Iterable[Record],
    *,
    token_id: uuid.UUID | None = None,
    owner: str = "",
    key: str | None = None,
    again: bool = False,
) -> uuid.UUID:
    """Store the file and let the workers make its orders; the import's id. The same `key` twice is one import.

    `owner`: the account whose import it is, empty for the exchange's. `ImportedBefore` for a file that is known, unless
    `again`; `Invalid` for a file without orders or with too many. Nothing is stored then. Commits.
    """
    if upload.mode not in MODES:
        raise Invalid("There is no such way to import.", [Finding("/mode", "choice", "Choose drafts or submit.")])
    import_id = _id(actor, key)
    if key and (known := db.session.get(OrderImport, import_id)) is not None:
        if known.digest != upload.digest:
            raise Conflict("Another file was sent under this key before.")
        return import_id
    corrected = _corrected(upload.corrects, actor)
    repeat = _repeats(owner, upload.digest, again)
    try:
        _store(import_id, actor, upload, records, corrected, token_id=token_id, owner=owner, repeat=repeat)
        db.session.commit()
    except IntegrityError:  # the same file or form, a moment ago
        db.session.rollback()
        if key and db.session.get(OrderImport, import_id) is not None:
            return import_id
        _repeats(owner, upload.digest, False)
        raise
    return import_id


def _id(actor: Actor, key: str | None) -> uuid.UUID:
    return uuid.UUID(hex=key_of(key, actor, "import")[:32]) if key else uuid.uuid4()


def find(import_id: uuid.UUID, actor: Actor) -> OrderImport:
    """The import; `NotFound` if it is somebody else's."""
    found = db.session.get(OrderImport, import_id, populate_existing=True)
    if found is None or not (actor.trusted or actor.is_staff or found.owner in actor.account_ids):
        raise NotFound("There is no such import.")
    return found


def _corrected(import_id: uuid.UUID | None, actor: Actor) -> OrderImport | None:
    if import_id is None:
        return None
    try:
        found = find(import_id, actor)
    except NotFound as why:
        raise Invalid("The file was not taken.", [Finding("/corrects", "reference", why.detail)]) from None
    if found.finished_at is None:
        raise Conflict(f"Import {found.alias} is still at work; correct it when it has finished.")
    return found


def _repeats(owner: str, digest: str, again: bool) -> int:
    """How often this file was imported before; `ImportedBefore` if it was, unless that is known."""
    same = select(OrderImport).where(OrderImport.owner == owner, OrderImport.digest == digest)
    earlier = db.session.scalars(same.order_by(OrderImport.repeat.desc()).limit(1)).first()
    if earlier is not None and not again:
        raise ImportedBefore(earlier)
    return earlier.repeat + 1 if earlier is not None else 0


def _store(
    import_id: uuid.UUID, actor: Actor, upload: Upload, records: Iterable[Record], corrected: OrderImport | None,
    **more: Any,
) -> None:  # fmt: skip
    now = clock.now()
    alias = corrected.alias if corrected else f"B{now:%y%m%d}_{story.next_number('import', 1) % 100_000:05d}"
    row = {
        "id": import_id, "alias": alias, "name": upload.name[:200], "format": upload.format, "mode": upload.mode,
        "channel": upload.channel, "digest": upload.digest, "size": upload.size, "columns": list(upload.columns),
        "total": 0, "corrects_id": corrected.id if corrected else None, "by_id": actor.user_id, "created_at": now,
    }  # fmt: skip
    db.session.execute(insert(imports), {**row, **more})
    done = _done_before(corrected)
    total = 0
    for some in _slices(_row(import_id, one, done) for one in records):
        total += len(some)
        if total > MOST:
            words = f"At most {MOST:,} orders in one file: split it."
            raise Invalid("The file has too many orders.", [Finding("/file", "length", words)])
        prepared.add_all(lines, some)
    if not total:
        raise Invalid("The file has no orders.", [Finding("/file", "required", "There is no order in the file.")])
    db.session.execute(update(imports).where(imports.c.id == import_id).values(total=total))
    story.audit(actor.name, f"import {upload.mode}", subject=f"{alias}, {total} orders, import {import_id}")
    after_commit.batch(import_id)


def _slices(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while some := list(islice(rows, SLICE)):
        yield some


def _done_before(corrected: OrderImport | None) -> dict[str, list[uuid.UUID | None]]:
    """What the corrected import, and those that corrected it before, have made: key of the line → its orders."""
    done: dict[str, list[uuid.UUID | None]] = {}
    if corrected is not None:
        rows = db.session.execute(
            select(lines.c.key, lines.c.order_id)
            .join(imports, imports.c.id == lines.c.import_id)
            .where(imports.c.alias == corrected.alias, lines.c.state == "done")
        )
        for row in rows:
            done.setdefault(row.key, []).append(row.order_id)
    return done


def _row(import_id: uuid.UUID, one: Record, done: dict[str, list[uuid.UUID | None]]) -> dict[str, Any]:
    said = json.dumps(one.raw, sort_keys=True, ensure_ascii=False)
    key = hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    row: dict[str, Any] = {
        "import_id": import_id, "number": one.number, "key": key, "raw": one.raw, "state": "pending", "findings": [],
        "wanted": None, "sentence": None, "order_id": None, "at": None,
    }  # fmt: skip
    if made := done.get(key):
        return row | {
            "state": "skipped", "order_id": made.pop(), "at": clock.now(),
            "sentence": "The import that this file corrects made this order already.",
        }  # fmt: skip
    if one.wanted is None or one.findings:
        found = [finding.as_dict() for finding in one.findings]
        return row | {"state": "failed", "findings": found, "sentence": "The line cannot be read.", "at": clock.now()}
    return row | {"wanted": packed(one.wanted)}


def again(import_id: uuid.UUID, actor: Actor) -> None:
    """Work the lines that failed once more, as they are: for what was wrong here and not in the file.

    `Conflict` while the import is at work, or if nothing of it can be tried again. Commits.
    """
    found = find(import_id, actor)
    db.session.execute(select(imports.c.id).where(imports.c.id == import_id).with_for_update())
    db.session.refresh(found)
    if found.finished_at is None:
        db.session.rollback()
        raise Conflict("The import is still at work; wait until it has finished.")
    reset = (
        update(lines)
        .where(lines.c.import_id == import_id, lines.c.state == "failed", lines.c.wanted.is_not(None))
        .values(state="pending", findings=[], sentence=None, at=None)
        .returning(lines.c.number)
    )
    if not (number := len(db.session.execute(reset).all())):
        db.session.rollback()
        raise Conflict("No line can be tried again as it is. Correct the failed lines and send them as a file.")
    values = {"finished_at": None, "lease_until": None}
    db.session.execute(update(imports).where(imports.c.id == import_id).values(values))
    story.audit(actor.name, "import again", subject=f"{found.alias}, {number} orders, import {import_id}")
    after_commit.signal(f"import-{import_id}")
    after_commit.batch(import_id)
    db.session.commit()


def is_one(undertaking: uuid.UUID) -> bool:
    """Whether this is an import."""
    there = db.session.execute(select(exists().where(imports.c.id == undertaking))).scalar_one()
    db.session.rollback()
    return bool(there)


def work(import_id: uuid.UUID, config: Config, stopping: Callable[[], bool] = lambda: False) -> str:
    """A worker's turn: make orders of some lines; “finished”, “more” or “not due”.

    Raises what the database raises when it is away; nothing is lost then, and the sweep wakes the import again.
    """
    one = turns.take(imports, import_id, config.lease_seconds)
    if one is None:
        return "not due"
    until = time.monotonic() + TURN_S
    try:
        while time.monotonic() < until and not stopping() and _chunk(one, config):
            after_commit.carry_out_now()
    except OperationalError:
        db.session.rollback()
        raise
    left = select(lines.c.number).where(lines.c.import_id == import_id, lines.c.state == "pending").exists()
    return turns.leave(imports, left, import_id, f"import-{import_id}")


def _chunk(one: Any, config: Config) -> bool:
    """Some lines in one transaction; False if there are none left."""
    wanted = (
        select(lines.c.number, lines.c.wanted)
        .where(lines.c.import_id == one.id, lines.c.state == "pending")
        .order_by(lines.c.number)
        .limit(CHUNK)
        .with_for_update(skip_locked=True)
    )
    rows = db.session.execute(wanted).all()
    if not rows:
        db.session.rollback()
        return False
    results = import_chunk.made(rows, one, config)
    now = clock.now()
    db.session.execute(_note, [{"of": one.id, "new_at": now, **result} for result in results])
    if one.total > FEW:
        after_commit.leave_to_the_sweep()
    after_commit.signal(f"import-{one.id}")
    db.session.commit()
    return True
