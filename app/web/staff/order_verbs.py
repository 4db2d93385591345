"""POST /orders/<id>/…: each calls one service function, then leads back to the order's page.

Without htmx that is a 303; with htmx the page's live part. What was refused shows the page again with what was typed.
"""

import uuid
from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request, url_for

from app.domain.consent import JOINED
from app.domain.errors import Conflict, Finding, Forbidden, Invalid, NotFound
from app.domain.states import WaitKind
from app.extensions import db
from app.queries import staff_order
from app.services import items, order_desk, orders
from app.web.extensions import htmx
from app.web.guard import actor
from app.web.staff import order_page
from app.web.staff.refusal import HIDDEN, Refusal

LONGEST_REASON = 1000


def confirm_order(order_id: uuid.UUID) -> Any:
    """Sales agree, or agree for whom the form names and say why: the order goes on."""
    key, version, reason = _form_key(), _version(), _reason()
    audience = request.form.get("audience", "")[:120] or "team:sales"
    verb = "confirm" if audience == "team:sales" else "agree"

    given = {name: text[:200] for name, text in request.form.items() if name.startswith(JOINED)}

    def do() -> None:
        if audience != "team:sales":
            items.need_reason(reason)
        orders.confirm(
            order_id, actor(), reason=reason or None, version=version, only=audience, form_key=key, given=given
        )

    return _done(verb, order_id, do, "The order is confirmed and goes on.")


def reject_order(order_id: uuid.UUID) -> Any:
    """Sales decline, with a reason that the member reads."""
    key, version, reason = _form_key(), _version(), _reason()
    return _done("reject", order_id, lambda: orders.reject(order_id, actor(), reason, version=version, form_key=key),
                 "The order is rejected; the member reads why.")  # fmt: skip


def hold_order(order_id: uuid.UUID) -> Any:
    key, reason = _form_key(), _reason()
    return _done("hold", order_id, lambda: orders.hold(order_id, actor(), reason, form_key=key),
                 "The order is held: its items stop before their next step.")  # fmt: skip


def release_order(order_id: uuid.UUID) -> Any:
    key = _form_key()
    return _done("release", order_id, lambda: orders.release(order_id, actor(), form_key=key), "The order goes on.")


def cancel_order(order_id: uuid.UUID) -> Any:
    """Cancel what is alive; the page before has told what that does."""
    key, version, reason = _form_key(), _version(), _reason()

    def do() -> None:
        items.need_reason(reason)
        orders.cancel(order_id, actor(), reason, version=version, form_key=key)

    try:
        do()
    except (Invalid, Conflict) as why:
        return order_page.cancel_order_page(order_id, _refusal("cancel", why))
    flash("The order is being cancelled.", "success")
    return redirect(url_for("staff.order", order_id=order_id), 303)


def write_note(order_id: uuid.UUID) -> Any:
    to_member, key = request.form.get("audience") == "member", _form_key()
    text = request.form.get("note", "")[:4000]
    said = "The member can read your message." if to_member else "Your note is in the log."

    def do() -> None:
        order_desk.add_note(order_id, actor(), text, to_member=to_member, form_key=key)

    return _done("note", order_id, do, said)


def assign_order(order_id: uuid.UUID) -> Any:
    """Say who looks after the order; an empty choice: nobody."""
    key, chosen = _form_key(), request.form.get("assigned_to", "")

    def do() -> None:
        order_desk.assign(order_id, actor(), _person(chosen), form_key=key)

    return _done("assign", order_id, do, "Noted who looks after the order.")


def _person(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        words = "Choose somebody from the list."
        raise Invalid(words, [Finding("/assigned_to", "choice", words)]) from None


def answer_item(order_id: uuid.UUID, item_id: uuid.UUID) -> Any:
    """Answer what one item waits for: a manual order's own work, or a member's question on the member's behalf."""
    number = _number_of(order_id, item_id)
    key, version, reason = _form_key(), _version(), _reason()
    given = {name: text for name, text in request.form.items() if name not in HIDDEN | {"reason"}}

    def do() -> None:
        wait = items.open_wait_of(item_id)
        if wait is not None and wait.kind is WaitKind.CONFIRM:
            raise Forbidden("An order is confirmed as a whole, on its own page.")
        items.resume(item_id, actor(), given, version=version, form_key=key, reason=reason or None)

    return _done(f"answer-{number}", order_id, do, f"Item {number} goes on.")


def _number_of(order_id: uuid.UUID, item_id: uuid.UUID) -> int:
    number = staff_order.item_number(order_id, item_id)
    if number is None:
        raise NotFound("There is no such item.")
    return number


def _done(verb: str, order_id: uuid.UUID, do: Callable[[], None], said: str) -> Any:
    """Do it and lead back, or show the page again with why it was refused."""
    try:
        do()
    except (Invalid, Conflict) as why:
        return order_page.page(order_id, _refusal(verb, why))
    if htmx:
        return order_page.page(order_id, said=said)
    flash(said, "success")
    return redirect(url_for("staff.order", order_id=order_id), 303)


def _refusal(verb: str, why: Invalid | Conflict) -> Refusal:
    db.session.rollback()
    typed = request.form.to_dict()
    if isinstance(why, Conflict):
        return Refusal(verb, None, typed, sentence=why.detail)
    return Refusal(verb, None, typed, findings=why.errors or [Finding("", "rule", why.detail)])


def _reason() -> str:
    return request.form.get("reason", "").replace("\x00", "").strip()[:LONGEST_REASON]


def _form_key() -> str | None:
    return request.form.get("form_key", "")[:64] or None


def _version() -> int:
    """The version that the form was made from; `Invalid` if the form carries none."""
    given = request.form.get("version", "")
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        words = "This form is not complete. Reload the page."
        raise Invalid(words, [Finding("/version", "required", words)])
    return int(given)
