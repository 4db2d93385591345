"""The network automation tells that a job has ended. Only a hint: the item then reads the truth from the far side."""

from typing import Any

import structlog
from flask import current_app, jsonify, request
from sqlalchemy.exc import IntegrityError
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from app.config import Config
from app.domain.errors import Forbidden, Malformed
from app.domain.models import Callback
from app.extensions import db
from app.services import callbacks

log = structlog.get_logger()


def receive() -> Any:
    """Verify the signature over the raw body and its age, take each message id once, wake whoever waits for the job."""
    message = _verified()
    reference = message.get("reference")
    if not isinstance(reference, str) or not reference:
        raise Malformed("The message names no job: “reference” is missing.")
    known = _seen_before(request.headers.get("webhook-id", ""), reference)
    woken = False if known else callbacks.look_again(reference)
    log.info("callback", system="network", reference=reference, repeated=known, woken=woken)
    return jsonify({"woken": woken}), 202


def _verified() -> dict[str, Any]:
    config: Config = current_app.config["HANDOFF"]
    if not config.callback_secret:
        raise Forbidden("Callbacks are not configured: CALLBACK_SECRET is not set.")
    try:
        message = Webhook(config.callback_secret).verify(request.get_data(), dict(request.headers))
    except (WebhookVerificationError, ValueError) as wrong:
        raise Forbidden("The signature of this message is not right, or the message is too old.") from wrong
    if not isinstance(message, dict):
        raise Malformed("The message must be a JSON object.")
    return message


def _seen_before(message_id: str, reference: str) -> bool:
    """Note the message's id in the transaction that its effect commits with."""
    try:
        db.session.add(Callback(id=message_id[:120], system="network", reference=reference[:120]))
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        return True
    return False
