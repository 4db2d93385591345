"""Saved views: /views with one's own and the shared ones; saved from the queue, renamed, shared, deleted."""

import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import Response, flash, redirect, request, url_for

from app.domain.errors import Conflict, Finding, Invalid
from app.extensions import db
from app.queries import staff_jump
from app.queries.staff_queue import Sort
from app.services import saved_views as verbs
from app.web.guard import actor
from app.web.staff import frame, work
from app.web.staff.refusal import Refusal
from app.web.staff.wishes import SORT_LABELS, Wish, read, words_of


def views() -> Response:
    """GET /views?of=/work?…: what is saved, and a form to save the list one came from."""
    return _page()


def save_view() -> Any:
    """POST /views: save the list that `of` is the address of."""
    wish = _of(request.form.get("of", ""))
    shared, name = bool(request.form.get("shared")), request.form.get("name", "")
    by = "" if wish.sort is Sort.DUE else wish.sort.value
    return _done(
        "save", None,
        lambda: verbs.save(actor(), name, wish.view.value, wish.filters.as_dict(), by, shared=shared),
        "The view is saved.", wish.url(),
    )  # fmt: skip


def change_view(view_id: uuid.UUID) -> Any:
    """POST /views/<id>: rename, share, keep to oneself."""
    name, shared = request.form.get("name", ""), bool(request.form.get("shared"))
    return _done("change", view_id, lambda: verbs.change(view_id, actor(), name, shared=shared), "The view is changed.")


def delete_view(view_id: uuid.UUID) -> Any:
    """POST /views/<id>/delete"""
    return _done("delete", view_id, lambda: verbs.delete(view_id, actor()), "The view is deleted.")


def _done(verb: str, view_id: uuid.UUID | None, do: Callable[[], Any], said: str, to: str = "") -> Any:
    try:
        do()
    except (Conflict, Invalid) as why:
        db.session.rollback()
        findings = why.errors or [Finding("/name", "rule", why.detail)]
        sentence = why.detail if isinstance(why, Conflict) else ""
        return _page(Refusal(verb, view_id, request.form.to_dict(), sentence, findings))
    flash(said, "success")
    return redirect(to or url_for("staff.views"), 303)


def _of(address: str) -> Wish:
    """The list behind an address of the queue; the usual one for any other."""
    path = frame.local_path(address, "")
    return read(dict(parse_qsl(urlsplit(path).query)) if urlsplit(path).path == "/work" else {})


def _page(refusal: Refusal | None = None) -> Response:
    of = request.values.get("of", "")
    wish, names, _ = work.checked(_of(of)) if of else (None, {}, None)
    found = [_shown(one, refusal) for one in staff_jump.saved_views(actor())]
    return frame.answer(
        "staff/views.html", "staff/views.html", refusal.status if refusal else 200, current="", found=found,
        of=wish.url() if wish else "", of_words=_words(wish, names) if wish else [], refusal=refusal,
        saving=refusal if refusal and refusal.verb == "save" else None,
    )  # fmt: skip


def _words(wish: Wish, names: dict[str, str]) -> list[str]:
    """“Unclaimed”, “LD8”, “Newest order”."""
    by = [] if wish.sort is Sort.DUE else [SORT_LABELS[wish.sort]]
    return [frame.VIEW_LABELS[wish.view], *words_of(wish, names).values(), *by]


def _shown(one: Any, refusal: Refusal | None) -> dict[str, Any]:
    mine = refusal if refusal is not None and refusal.item_id == one.id else None
    return {
        "view": one,
        "url": work.saved_url(one),
        "own": one.owner_id == actor().user_id,
        "may_change": verbs.may_change(one, actor()),
        "name": mine.typed.get("name", "") if mine else one.name,
        "error": mine.error("name") if mine else None,
    }
