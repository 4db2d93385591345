"""A mail as it goes out: subject, plain text and HTML, made from its row when it is sent."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from app.config import Config
from app.domain.notices import Event
from app.queries import notice_words
from app.queries.notice_words import Notice
from app.services.mails import accounts, digests, signing


@dataclass(frozen=True)
class Letter:
    """What a notifier hands over. `stop_url`: where one says that one wants no more of these; empty = not offered."""

    to: str
    subject: str
    text: str
    html: str
    message_id: str
    stop_url: str = ""


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("app", "templates/mail"),
        autoescape=lambda name: bool(name) and str(name).endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def compose(mail: Any, config: Config) -> Letter:
    """The letter of a mail's row (key, kind, to_address, facts, order_id)."""
    facts = dict(mail.facts)
    clock = _clock(config, str(facts.get("zone") or ""))
    stop = ""
    if mail.kind == "notice":
        notice = notice_of(facts)
        subject = notice_words.headline(notice, clock)
        said = notice_words.sentences(notice, clock)
        url, label = config.public_url + _path(facts, str(mail.order_id)), notice_words.link_label(notice)
        if notice.event in Event:
            stop = signing.stop_url(config, mail.to_address, notice.event)
        kind = notice_words.LABELS[notice.event]
    elif mail.kind == "digest":
        subject, said, label, url = digests.worded(facts, config, clock)
        kind = ""
    else:
        subject, said, label, url = accounts.worded(mail.kind, facts, config, clock)
        kind = ""
    known = {
        "subject": subject, "said": said, "url": url, "label": label, "exchange": config.exchange_name,
        "stop_url": stop, "kind": kind, "to": mail.to_address,
    }  # fmt: skip
    return Letter(
        to=mail.to_address,
        subject=" ".join(subject.split()),
        text=_templates().get_template("letter.txt").render(known),
        html=_templates().get_template("letter.html").render(known),
        message_id=message_id(mail.key, config),
        stop_url=stop,
    )


def notice_of(facts: dict[str, Any]) -> Notice:
    """The notification that a mail tells of."""
    return Notice(
        event=Event(facts["event"]), order_number=facts["order_number"], own=facts["own"] or bool(facts.get("team")),
        asker=facts.get("asker") or "", partial=bool(facts.get("partial")), facts=facts["notification"],
    )  # fmt: skip


def _path(facts: dict[str, Any], order_id: str) -> str:
    return notice_words.address(
        Event(facts["event"]), order_id, facts["notification"], own=facts["own"], wait_id=facts["wait_id"],
        team=facts.get("team"),
    )  # fmt: skip


def _clock(config: Config, zone: str) -> Callable[[datetime], str]:
    """Times as the reader's clock shows them: “Fri 20 Nov 17:00 GMT”."""
    place = ZoneInfo(zone) if zone else config.timezone

    def when(moment: datetime) -> str:
        local = moment.astimezone(place)
        return f"{local:%a} {local.day} {local:%b} {local:%H:%M %Z}"

    return when


def message_id(key: str, config: Config) -> str:
    """The same for the same key: a mail that was handed over twice is recognised as one (RFC 5322, 3.6.4)."""
    host = urlsplit(config.public_url).hostname or "handoff"
    host = f"[{host}]" if ":" in host else host
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{host}>"
