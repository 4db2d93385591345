"""The link of a mail that stops mails of its kind. The address itself is the permission: it is signed."""

from typing import Any

from flask import current_app, render_template

from app.queries.notice_words import LABELS
from app.services.mails import choices, signing
from app.web.extensions import csrf


def stop_mail(token: str) -> Any:
    """A look does nothing: programs that scan mails follow links."""
    email, event = signing.read_stop(current_app.config["HANDOFF"], token)
    return render_template("auth/unsubscribe.html", email=email, kind=LABELS[event], done=False)


@csrf.exempt  # mail programs post it for the reader (RFC 8058), without ever having seen the page
def stop_mail_now(token: str) -> Any:
    email, event = signing.read_stop(current_app.config["HANDOFF"], token)
    choices.stop(email, event)
    return render_template("auth/unsubscribe.html", email=email, kind=LABELS[event], done=True)
