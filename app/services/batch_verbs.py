"""What a batch does to one item: the verbs that people use by hand, under the batch's own key."""

import uuid
from collections.abc import Callable

from app.config import Config
from app.services import claims, items
from app.services.actor import Actor

Act = Callable[[uuid.UUID, Actor, str | None, str, Config], None]


def act(verb: str, item_id: uuid.UUID, actor: Actor, reason: str | None, form_key: str, config: Config) -> None:
    """One transaction. Raises what the verb raises; the same key twice is one effect."""
    _ACTS[verb](item_id, actor, reason, form_key, config)


def _claim(item_id: uuid.UUID, actor: Actor, _reason: str | None, key: str, config: Config) -> None:
    claims.claim(item_id, actor, config.claim_idle_seconds, form_key=key)


def _unclaim(item_id: uuid.UUID, actor: Actor, _reason: str | None, key: str, _config: Config) -> None:
    claims.unclaim(item_id, actor, form_key=key)


def _retry(item_id: uuid.UUID, actor: Actor, reason: str | None, key: str, _config: Config) -> None:
    items.retry(item_id, actor, version=None, form_key=key, reason=reason)


def _hold(item_id: uuid.UUID, actor: Actor, reason: str | None, key: str, _config: Config) -> None:
    items.hold(item_id, actor, reason or "", form_key=key)


def _release(item_id: uuid.UUID, actor: Actor, _reason: str | None, key: str, _config: Config) -> None:
    items.release(item_id, actor, form_key=key)


_ACTS: dict[str, Act] = {
    "claim": _claim, "unclaim": _unclaim, "retry": _retry, "hold": _hold, "release": _release,
}  # fmt: skip
