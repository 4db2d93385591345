"""One request sent twice under the same Idempotency-Key is one request.

The key is noted in the transaction of the effect, by a unique row; whoever comes second finds the answer, or waits for
the first one's commit and then finds it. Keys are remembered for 24 hours; the sweep forgets them.
"""

import hashlib
import json
import uuid
from datetime import timedelta
from typing import Any

from app.domain import clock
from app.domain.errors import Finding, Invalid
from app.domain.models import StoredAnswer
from app.extensions import db

KEPT = timedelta(hours=24)


def key_of(token_id: uuid.UUID, key: str) -> str:
    """The row's key: keys of different tokens never meet."""
    return f"{token_id}:{key}"


def fingerprint(method: str, path: str, body: Any) -> str:
    """What makes two requests the same: where they go and what they say, however it is spelt."""
    said = json.dumps([method, path, body], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()


def recall(key: str, print_: str) -> StoredAnswer | None:
    """The answer given before; `Invalid` if the key was used for something else."""
    found = db.session.get(StoredAnswer, key, populate_existing=True)
    if found is None:
        return None
    if found.at <= clock.now() - KEPT:
        db.session.delete(found)
        db.session.flush()
        return None
    if found.body_hash != print_:
        raise Invalid(
            "This Idempotency-Key was used for another request.",
            [Finding("Idempotency-Key", "reused", "Use a new key for a new request.")],
        )
    return found


def note(key: str, print_: str) -> StoredAnswer:
    """Note the key in this transaction. Raises IntegrityError if another request was faster with the same one."""
    row = StoredAnswer(key=key, body_hash=print_, status=0, body={})
    db.session.add(row)
    db.session.flush()
    return row
