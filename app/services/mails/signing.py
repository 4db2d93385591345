"""Addresses that open something by themselves: signed with SECRET_KEY, made when a mail is sent, kept nowhere."""

import hashlib
import uuid

from itsdangerous import BadSignature, URLSafeSerializer

from app.config import Config
from app.domain.errors import NotFound
from app.domain.notices import Event

GONE = "This link is not valid. Please open it as it stands in the mail."


def _signer(config: Config, purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(
        config.signing_key(), salt=f"handoff:{purpose}", signer_kwargs={"digest_method": hashlib.sha256}
    )


def stop_url(config: Config, email: str, event: Event) -> str:
    """Where one says: no mails of this kind to this address."""
    token = _signer(config, "stop").dumps([email, event.value])
    return f"{config.public_url}/mail/stop/{token}"


def read_stop(config: Config, token: str) -> tuple[str, Event]:
    """Whose mails of which kind; `NotFound` if it was not us who signed."""
    try:
        email, event = _signer(config, "stop").loads(token[:2000])
        return str(email), Event(event)
    except (BadSignature, ValueError, TypeError):
        raise NotFound(GONE) from None


def link_token(config: Config, purpose: str, link_id: uuid.UUID) -> str:
    """The secret part of a one-time link's address."""
    token = _signer(config, f"link:{purpose}").dumps(link_id.hex)
    return token if isinstance(token, str) else token.decode()


def read_link(config: Config, purpose: str, token: str) -> uuid.UUID:
    """The link's id; `NotFound` if it was not us who signed, or for something else."""
    try:
        return uuid.UUID(_signer(config, f"link:{purpose}").loads(token[:500]))
    except (BadSignature, ValueError, TypeError, AttributeError):
        raise NotFound(GONE) from None
