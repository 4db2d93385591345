"""What a member reads in the log of decisions that people made.

Who it was, as far as a member may know; never why staff did it."""

from collections.abc import Mapping
from typing import Any

from app.domain.asks import OBJECTION
from app.services.actor import Actor


def answered(actor: Actor, account_id: str, ask: Mapping[str, Any], answers: Mapping[str, Any]) -> str:
    """The account was asked something on the way, such as whether its service works."""
    objections = [answers[name] for name, what in ask.items() if what["kind"] == OBJECTION and answers.get(name)]
    if not _themselves(actor, account_id):
        return "Answered on your behalf." if objections else "Confirmed on your behalf."
    return f"{actor.name}: “{objections[0]}”" if objections else f"{actor.name} confirmed."


def confirmed(actor: Actor, audience: str, account_ids: tuple[str | None, ...]) -> str | None:
    """The order may start. Of another account's consent the item that waited for it tells itself."""
    kind, _, account = audience.partition(":")
    if kind == "team":
        return "We have checked the order and confirmed it."
    if account not in account_ids:
        return None
    return f"{actor.name} confirmed the order." if _themselves(actor, account) else "Confirmed on your behalf."


def cancelled(actor: Actor, account_id: str) -> str:
    if _themselves(actor, account_id):
        return f"{actor.name} cancelled the order."
    return "The order was cancelled." if actor.trusted else "We cancelled the order."


def _themselves(actor: Actor, account_id: str) -> bool:
    """Somebody of the account, or of its reseller; their names are no secret to it."""
    return account_id in actor.account_ids


ORDER_HELD, ORDER_RELEASED = "The order is on hold.", "The order goes on."


def item_held(number: int) -> str:
    return f"Order item {number} is on hold."


def item_released(number: int) -> str:
    return f"Order item {number} goes on."


def item_cancelled(number: int) -> str:
    return f"We cancelled order item {number}."
