"""Sealing and verifying the audit trail.

Rows are inserted with the change they record. One sealer at a time numbers and chains them a moment later: a chain
inside each step's transaction would make all workers queue for its end.
"""

import hashlib
import json
from typing import Any

from sqlalchemy import select, text, update

from app.domain.models import Audit
from app.extensions import db

SEALER_LOCK = 7_206_119
FIRST = "0" * 64


def seal(limit: int = 1000) -> int:
    """Number and chain the rows that are not sealed yet; answer how many. Another sealer at work: 0."""
    if not _alone():
        db.session.rollback()
        return 0
    last = db.session.execute(
        select(Audit.seq, Audit.digest).where(Audit.seq.is_not(None)).order_by(Audit.seq.desc()).limit(1)
    ).first()
    seq, digest = (last.seq, last.digest) if last else (0, FIRST)
    rows = db.session.scalars(select(Audit).where(Audit.seq.is_(None)).order_by(Audit.id).limit(limit)).all()
    sealed = []
    for row in rows:
        seq, digest = seq + 1, digest_of(seq + 1, digest, row)
        sealed.append({"id": row.id, "seq": seq, "digest": digest})
    if sealed:
        db.session.execute(update(Audit), sealed)
    db.session.commit()
    return len(sealed)


def _alone() -> bool:
    """On SQLite the write lock already makes the sealer the only one."""
    if db.engine.dialect.name != "postgresql":
        return True
    return bool(db.session.execute(text("SELECT pg_try_advisory_xact_lock(:k)"), {"k": SEALER_LOCK}).scalar())


def digest_of(seq: int, before: str, row: Audit) -> str:
    """SHA-256 over the row's number, the digest before it, and all that it says."""
    said: dict[str, Any] = {
        "seq": seq,
        "previous": before,
        "at": row.at.isoformat(),
        "by": row.by,
        "what": row.what,
        "order": str(row.order_id),
        "item": str(row.item_id),
        "subject": row.subject,
        "before": row.before,
        "after": row.after,
        "reason": row.reason,
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def verify(after: int = 0) -> tuple[int, str | None]:
    """Walk the chain: the number of the last row that holds, and a sentence about the first that does not.

    `after`: begin behind the row with this number, whose own digest is believed.
    """
    seq, digest = after, FIRST
    if after:
        digest = db.session.execute(select(Audit.digest).where(Audit.seq == after)).scalar_one_or_none() or ""
    rows = select(Audit).where(Audit.seq > after).order_by(Audit.seq)
    for row in db.session.scalars(rows).yield_per(1000):
        if row.seq != seq + 1:
            return seq, f"Row {seq + 1} is missing: the next one has number {row.seq}."
        expected = digest_of(seq + 1, digest, row)
        if row.digest != expected:
            return seq, f"Row {row.seq} ({row.what} by {row.by}) was changed after it was sealed."
        seq, digest = row.seq, expected
    return seq, None


def last_sealed() -> int:
    """The number of the newest row of the chain; 0 while there is none."""
    return db.session.scalar(select(Audit.seq).where(Audit.seq.is_not(None)).order_by(Audit.seq.desc()).limit(1)) or 0
