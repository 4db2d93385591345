"""POST /items/<id>/…: each calls one service function, then leads back to where the person was.

Without htmx that is a 303; with htmx the same place as a fragment. A conflict (409) or a value that is not right (422)
shows the place again with what was typed, and nothing has happened.
"""

import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import Response, flash, make_response, redirect, request, url_for

from app.domain.errors import Conflict, Finding, Forbidden, Invalid
from app.domain.permissions import Permission
from app.domain.states import WaitKind
from app.extensions import db
from app.queries import staff_item, staff_rows
from app.services import claims, items
from app.services.actor import Actor
from app.web.extensions import htmx
from app.web.guard import actor
from app.web.render import ago
from app.web.staff import frame, home, items_page, work
from app.web.staff.refusal import HIDDEN, Refusal

Do = Callable[[Actor], None]


def claim(item_id: uuid.UUID) -> Any:
    idle = frame.config().claim_idle_seconds
    return _done("claim", item_id, lambda who: claims.claim(item_id, who, idle), "You have claimed {name}.",
                 undo="unclaim")  # fmt: skip


def unclaim(item_id: uuid.UUID) -> Any:
    return _done("unclaim", item_id, lambda who: claims.unclaim(item_id, who), "You have given {name} back.",
                 undo="claim")  # fmt: skip


def takeover(item_id: uuid.UUID) -> Any:
    idle, owner, key = frame.config().claim_idle_seconds, request.form.get("owner_seen", "")[:40] or None, _form_key()
    return _done(
        "takeover", item_id,
        lambda who: claims.take_over(item_id, who, idle, _reason(), owner=owner, form_key=key),
        "You have taken over {name}.",
    )  # fmt: skip


def resume(item_id: uuid.UUID) -> Any:
    following = items_page.next_url(item_id, _back_query()) if request.form.get("then") == "next" else None

    def do(who: Actor) -> None:
        _confirms_only_by_sales(item_id)
        given = {name: text for name, text in request.form.items() if name not in HIDDEN | {"reason"}}
        items.resume(
            item_id, who, given, version=_version(), form_key=_form_key(), reason=request.form.get("reason") or None
        )

    return _done("resume", item_id, do, "{name} goes on.", following)


def retry(item_id: uuid.UUID) -> Any:
    step = request.form.get("step", "")
    key, version = _form_key(), _version()
    if step:
        return _done(
            "retry", item_id, lambda who: items.retry_from(item_id, who, step, version=version, form_key=key),
            "{name} goes back to an earlier step.",
        )  # fmt: skip
    return _done(
        "retry", item_id, lambda who: items.retry(item_id, who, version=version, form_key=key), "{name} tries again."
    )


def redo(item_id: uuid.UUID) -> Any:
    return _with_reason("redo", item_id, items.redo, "{name} does the step anew.")


def it_happened(item_id: uuid.UUID) -> Any:
    return _with_reason("it-happened", item_id, items.it_happened, "{name} goes on: the step has happened.")


def done_by_hand(item_id: uuid.UUID) -> Any:
    return _with_reason("done-by-hand", item_id, items.done_by_hand, "{name} goes on: the step was done by hand.")


def skip(item_id: uuid.UUID) -> Any:
    return _with_reason("skip", item_id, items.skip, "{name} goes on without the step.")


def hold(item_id: uuid.UUID) -> Any:
    return _with_reason("hold", item_id, items.hold, "{name} is held.")


def cancel(item_id: uuid.UUID) -> Any:
    return _with_reason("cancel", item_id, items.cancel, "{name} is being cancelled.")


def release(item_id: uuid.UUID) -> Any:
    version, key = _version(), _form_key()
    return _done(
        "release",
        item_id,
        lambda who: items.release(item_id, who, version=version, form_key=key),
        "{name} is released.",
    )


def note(item_id: uuid.UUID) -> Any:
    to_member, key = request.form.get("audience") == "member", _form_key()
    return _done(
        "note", item_id,
        lambda who: items.add_note(item_id, who, request.form.get("note", ""), to_member=to_member, form_key=key),
        "The member can read your message." if to_member else "Your note is in the log.",
    )  # fmt: skip


def _with_reason(verb: str, item_id: uuid.UUID, act: Callable[..., None], said: str) -> Any:
    reason, version, key = _reason(), _version(), _form_key()
    return _done(verb, item_id, lambda who: act(item_id, who, reason, version=version, form_key=key), said)


def _done(
    verb: str, item_id: uuid.UUID, do: Do, said: str, following: str | None = None, undo: str | None = None
) -> Any:
    """Do it and lead back, or show the place again with why it was refused. `undo`: the verb that takes it back."""
    try:
        do(actor())
    except (Conflict, Invalid) as why:
        db.session.rollback()
        return _refused(Refusal(verb, item_id, request.form.to_dict(), *_reasons(item_id, why)))
    back = _back(item_id)
    told = _told(said.format(name=_name(item_id)), item_id, undo, back)
    if following is not None or not htmx:
        flash(told, "success")
        return redirect(following or back, 303)
    return _place(item_id, back, told)


def _told(sentence: str, item_id: uuid.UUID, undo: str | None, back: str) -> Any:
    """What the notice says; with a form that takes the action back, where there is one."""
    if undo is None:
        return sentence
    url = url_for(f"staff.{undo}_post", item_id=item_id)
    return {"said": sentence, "undo_url": url, "form_key": uuid.uuid4().hex, "back": back}


def _reasons(item_id: uuid.UUID, why: Conflict | Invalid) -> tuple[str, list[Finding]]:
    """The sentence of a conflict, or the findings of what was not right."""
    if isinstance(why, Invalid):
        return "", why.errors or [Finding("", "rule", why.detail)]
    changed = staff_item.last_change(item_id)
    if changed is None or not changed.by or changed.version == _version():
        return why.detail, []
    who = "You" if changed.by == actor().name else changed.by
    return f"{who} changed this {ago(changed.at)} ago. Look at it as it is now; what you typed is kept.", []


def _refused(refusal: Refusal) -> Response:
    assert refusal.item_id is not None
    path = urlsplit(_back(refusal.item_id)).path
    if htmx and path in ("/", "/work"):
        return _place(refusal.item_id, _back(refusal.item_id), "", refusal)
    return items_page.refused(refusal.item_id, _back_query(), refusal)


def _place(item_id: uuid.UUID, back: str, said: Any, refusal: Refusal | None = None) -> Response:
    """Where the form stood, as a fragment."""
    path, args = urlsplit(back).path, dict(parse_qsl(urlsplit(back).query))
    status = refusal.status if refusal else 200
    if path == "/work":
        return make_response(work.fragment(args, said, refusal), status)
    if path == "/":
        return make_response(home.fragment(said, refusal), status)
    return make_response(items_page.fragment(item_id, args, said), status)


def _confirms_only_by_sales(item_id: uuid.UUID) -> None:
    wait = items.open_wait_of(item_id)
    if wait is not None and wait.kind is WaitKind.CONFIRM and not frame.may_now(Permission.ORDER_CONFIRM):
        raise Forbidden("Orders are confirmed by Sales.")


def _name(item_id: uuid.UUID) -> str:
    found = staff_rows.rows([item_id])
    return found[0].name if found else "The item"


def _back(item_id: uuid.UUID) -> str:
    return frame.local_path(request.form.get("back", ""), url_for("staff.item", item_id=item_id))


def _back_query() -> dict[str, str]:
    return dict(parse_qsl(urlsplit(frame.local_path(request.form.get("back", ""), "")).query))


def _reason() -> str:
    return request.form.get("reason", "").strip()


def _form_key() -> str | None:
    return request.form.get("form_key", "")[:64] or None


def _version() -> int | None:
    """The version that the form was made from; `Invalid` if it is none."""
    given = request.form.get("version", "")
    if given and not (given.isdecimal() and len(given) < 10):
        raise Invalid("This form is damaged. Reload the page.", [Finding("/version", "number", "Reload the page.")])
    return int(given) if given else None
