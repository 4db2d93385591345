"""Orders by the file: the lines are stored first, then the workers make their orders.

An order and the note at its lines that it was made are one transaction, so none is made twice, whoever dies. A line
that is refused says why and stops no other.
"""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, insert, select, true, update
from sqlalchemy.exc import IntegrityError, OperationalError

from app.config import Config
from app.domain import after_commit, clock, prepared, story
from app.domain.errors import Conflict, Finding, Invalid, NotFound
from app.domain.models import OrderImport
from app.extensions import db
from app.services import import_chunk, import_lines, turns
from app.services.actor import Actor
from app.services.import_lines import Record, imports, lines
from app.services.once import key_of

MOST = 20_000
"""So many lines at most in one file."""
SLICE = 500
"""Lines in one statement while the file is stored."""
CHUNK, ITEMS, TURN_S = 50, 200, 2.0
"""A worker makes so many orders with at most so many items in one transaction, during which nobody else gets an order
number; and works for so long before it lets other work pass."""
FEW = 100
"""Orders of an import that small are woken at once; those of a larger one as there is room for them."""
MODES = ("drafts", "submit")
STATES = ("failed", "pending", "done", "skipped", "stopped")

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
        "total": 0, "orders": 0, "corrects_id": corrected.id if corrected else None, "by_id": actor.user_id,
        "created_at": now,
    }  # fmt: skip
    db.session.execute(insert(imports), {**row, **more})
    done = import_lines.done_before(corrected)
    total = orders = 0
    for some in _slices(row for one in records for row in import_lines.rows(import_id, one, done)):
        total += len(some)
        orders += sum(row["number"] == row["begins"] for row in some)
        check_length(total)
        prepared.add_all(lines, some)
    if not total:
        raise Invalid("The file has no orders.", [Finding("/file", "required", "There is no order in the file.")])
    db.session.execute(update(imports).where(imports.c.id == import_id).values(total=total, orders=orders))
    story.audit(actor.name, f"import {upload.mode}", subject=f"{alias}, {orders} orders, import {import_id}")
    after_commit.batch(import_id)


def _not_too_large(rows: Sequence[Any]) -> list[Any]:
    """As many of these orders as one transaction may hold: one at least."""
    items = list(accumulate(len(row.wanted["items"]) for row in rows))
    return [row for row, so_far in zip(rows, items, strict=True) if so_far <= max(ITEMS, items[0])]


def check_length(so_many: int) -> None:
    """`Invalid` if these are more lines than one file may have."""
    if so_many > MOST:
        words = f"At most {MOST:,} lines in one file: split it."
        raise Invalid("The file has too many orders.", [Finding("/file", "length", words)])


def _slices(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while some := list(islice(rows, SLICE)):
        yield some


def again(import_id: uuid.UUID, actor: Actor, state: str = "failed") -> None:
    """Work the lines that failed once more, as they are: for what was wrong here and not in the file. Or those in the
    state “stopped”.

    `Conflict` while the import is at work, or if nothing of it can be tried again. Commits.
    """
    found = _locked(import_id, actor)
    if found.finished_at is None:
        db.session.rollback()
        raise Conflict("The import is still at work; wait until it has finished.")
    readable = select(lines.c.number).where(lines.c.import_id == import_id, lines.c.wanted.is_not(None))
    number = _move(import_id, state, "pending", lines.c.begins.in_(readable), findings=[], sentence=None, at=None)
    if not number:
        db.session.rollback()
        raise Conflict("No line can be tried again as it is. Correct the failed lines and send them as a file.")
    values = {"finished_at": None, "lease_until": None}
    db.session.execute(update(imports).where(imports.c.id == import_id).values(values))
    story.audit(actor.name, "import again", subject=f"{found.alias}, {number} lines, import {import_id}")
    after_commit.signal(f"import-{import_id}")
    after_commit.batch(import_id)
    db.session.commit()


def stop(import_id: uuid.UUID, actor: Actor) -> int:
    """Leave out all lines whose turn has not come; how many. The orders that were made stay, and a worker that is just
    making some finishes them first.

    `Conflict` if it has finished already. Commits.
    """
    found = _locked(import_id, actor)
    if found.finished_at is not None:
        db.session.rollback()
        raise Conflict("The import has finished already; there is nothing left to stop.")
    theirs = found.owner and not actor.acts_for(found.owner)
    now, who = clock.now(), "We" if theirs else actor.name
    number = _move(import_id, "pending", "stopped", true(), sentence=f"{who} stopped the import.", at=now)
    db.session.execute(update(imports).where(imports.c.id == import_id).values(finished_at=now, lease_until=None))
    story.audit(actor.name, "import stopped", subject=f"{found.alias}, {number} lines left out, import {import_id}")
    after_commit.signal(f"import-{import_id}")
    db.session.commit()
    return number


def _locked(import_id: uuid.UUID, actor: Actor) -> OrderImport:
    """The import; no worker makes orders of it until this transaction ends."""
    find(import_id, actor)
    _lock(import_id)
    return find(import_id, actor)


def _lock(import_id: uuid.UUID) -> None:
    db.session.execute(select(imports.c.id).where(imports.c.id == import_id).with_for_update())


def _move(import_id: uuid.UUID, state: str, to: str, which: ColumnElement[bool], **values: Any) -> int:
    """Bring its lines from one state to another; how many there were."""
    moved = (
        update(lines)
        .where(lines.c.import_id == import_id, lines.c.state == state, which)
        .values(state=to, **values)
        .returning(lines.c.number)
    )
    return len(db.session.execute(moved).all())


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
    """Some orders in one transaction; False if there are none left."""
    _lock(one.id)
    wanted = (
        select(lines.c.number, lines.c.wanted)
        .where(lines.c.import_id == one.id, lines.c.state == "pending", lines.c.wanted.is_not(None))
        .order_by(lines.c.number)
        .limit(CHUNK)
    )
    rows = _not_too_large(db.session.execute(wanted).all())
    if not rows:
        db.session.rollback()
        return False
    made = import_chunk.made(rows, one, config)
    now = clock.now()
    results = import_lines.results(one.id, made, several=one.total > one.orders)
    db.session.execute(_note, [{"of": one.id, "new_at": now, **result} for result in results])
    if one.total > FEW:
        after_commit.leave_to_the_sweep()
    after_commit.signal(f"import-{one.id}")
    db.session.commit()
    return True
