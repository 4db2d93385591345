"""The member's own settings: which mails, which time zone, which theme."""

from typing import Any
from zoneinfo import available_timezones

from flask import current_app, flash, redirect, request, url_for

from app.config import Config
from app.domain.errors import Finding, Invalid
from app.domain.notices import Event
from app.extensions import db
from app.queries.notice_words import LABELS
from app.services import people
from app.services.mails import choices
from app.web.portal.frame import page, viewer

ZONES = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/")))
THEMES = (("", "As the system has it"), ("light", "Light"), ("dark", "Dark"))
HELP = {
    Event.CONFIRM: "Without it you only see on the page that an order waits for you.",
    Event.DELAYED: "Once for each stage that takes longer than usual.",
}


def settings() -> Any:
    me = viewer()
    return _page({"timezone": me.timezone, "theme": me.theme})


def _page(looks: dict[str, str], status: int = 200, errors: list[Finding] | None = None) -> Any:
    me = viewer()
    config: Config = current_app.config["HANDOFF"]
    chosen = choices.of([me.email])
    kinds = [
        {"name": event.value, "label": LABELS[event], "help": HELP.get(event, ""),
         "wanted": choices.wants(chosen, me.email, event)}
        for event in choices.events_of(me.role)
    ]  # fmt: skip
    crumbs = (("Account", url_for("portal.account")), ("Settings", ""))
    return page(
        "portal/settings.html", status, crumbs, kinds=kinds, looks=looks, zones=ZONES, themes=THEMES,
        all_orders=choices.wants(chosen, me.email, choices.ALL_ORDERS), errors=errors or [],
        usual_zone=config.exchange_timezone,
    )  # fmt: skip


def save_mails() -> Any:
    """POST: an unticked box is a no."""
    me = viewer()
    kinds = [event.value for event in choices.events_of(me.role)] + [choices.ALL_ORDERS]
    choices.save(me.email, {kind: bool(request.form.get(kind)) for kind in kinds}, by=me.name)
    flash("Your choice of mails is saved.", "success")
    return redirect(url_for("portal.settings"), 303)


def save_looks() -> Any:
    """POST: time zone and theme; what the desk alone uses stays as it is."""
    me = viewer()
    looks = {name: request.form.get(name, "").replace("\x00", "")[:100] for name in ("timezone", "theme")}
    try:
        people.change_settings(me.id, **looks, density=me.density, shortcuts=me.shortcuts)
    except Invalid as why:
        db.session.rollback()
        return _page(looks, 422, why.errors)
    flash("Your settings are saved.", "success")
    return redirect(url_for("portal.settings"), 303)
