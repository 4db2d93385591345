"""Sign-in with a code from an app: time-based one-time passwords (RFC 6238: SHA-1, 30 s, 6 digits), and recovery codes.

The app's secret is derived from SECRET_KEY and a nonce of the person, so a read database gives nobody a code. Whoever
changes SECRET_KEY makes all apps useless; recovery codes go on working.
"""

import hashlib
import hmac
import secrets
import struct
import uuid
from base64 import b32encode
from dataclasses import dataclass
from urllib.parse import quote

from sqlalchemy import delete, func, select, update

from app.config import Config
from app.domain import clock, story
from app.domain.errors import Conflict, Finding, Invalid
from app.domain.models import RecoveryCode, SecondFactor, User
from app.domain.models.base import table_of
from app.extensions import db
from app.services import access, mails

PERIOD_S = 30
DIGITS = 6
SLACK = 1
"""So many steps before and after the present one are taken too: clocks differ."""
RECOVERY_CODES = 10
factor, codes = table_of(SecondFactor), table_of(RecoveryCode)


@dataclass(frozen=True)
class Enrolment:
    """What one gives the app: the address that the QR code holds, and the same secret to type."""

    uri: str
    secret: str


def is_on(user_id: uuid.UUID) -> bool:
    """Whether a code is asked for at sign-in."""
    found = db.session.get(SecondFactor, user_id, populate_existing=True)
    return found is not None and found.confirmed_at is not None


def codes_left(user_id: uuid.UUID) -> int:
    unused = select(func.count()).select_from(codes).where(codes.c.user_id == user_id, codes.c.used_at.is_(None))
    return db.session.scalar(unused) or 0


def begin(user: User) -> None:
    """Make a secret to enrol with; nothing is asked at sign-in before `confirm`. Commits."""
    if is_on(user.id):
        raise Conflict("Sign-in with a code is on already.")
    db.session.execute(delete(factor).where(factor.c.user_id == user.id))
    db.session.add(SecondFactor(user_id=user.id, nonce=secrets.token_hex(24)))
    db.session.commit()


def enrolment(user: User, config: Config) -> Enrolment | None:
    """The secret that waits to be confirmed; None if there is none."""
    found = db.session.get(SecondFactor, user.id)
    if found is None or found.confirmed_at is not None:
        return None
    secret = b32encode(_secret(config, found.nonce)).decode()
    label = quote(f"{config.exchange_name}:{user.email}")
    uri = f"otpauth://totp/{label}?secret={secret}&issuer={quote(config.exchange_name)}"
    return Enrolment(uri, secret)


def confirm(user: User, code: str, config: Config) -> list[str]:
    """The app shows the right code: from now on it is asked for. Answer recovery codes, shown this once. Commits."""
    found = db.session.get(SecondFactor, user.id, with_for_update=True)
    if found is None or found.confirmed_at is not None:
        raise Conflict("There is nothing to confirm; begin again.")
    step = _step_of(code, found, config)
    if step is None:
        raise _wrong("This is not the code that the app shows now. Is its clock right?")
    found.confirmed_at, found.last_step = clock.now(), step
    made = _make_codes(user)
    _tell(user, on=True)
    db.session.commit()
    return made


def new_codes(user: User, password: str) -> list[str]:
    """Other recovery codes; the old ones end. Commits."""
    access.check_own_password(user, password)
    if not is_on(user.id):
        raise Conflict("Sign-in with a code is off.")
    made = _make_codes(user)
    story.audit(user.name, "recovery codes made", subject=user.email)
    db.session.commit()
    return made


def switch_off(user: User, password: str) -> None:
    """No code is asked for any more. Commits."""
    access.check_own_password(user, password)
    remove(user)
    _tell(user, on=False)
    db.session.commit()


def taken_off(user: User, *, by: str) -> None:
    """An administrator does it for somebody who has lost the app and the recovery codes. Commits."""
    remove(user)
    _tell(user, on=False, by=by)
    db.session.commit()


def remove(user: User) -> None:
    """In the caller's transaction."""
    for table in (factor, codes):
        db.session.execute(delete(table).where(table.c.user_id == user.id))


def check(user: User, code: str, config: Config) -> bool:
    """Whether this code signs in: the app's present one, which counts once, or an unused recovery code.

    Commits nothing. Of two who use the same code at once, one gets in.
    """
    found = db.session.get(SecondFactor, user.id, with_for_update=True, populate_existing=True)
    if found is None or found.confirmed_at is None:
        return False
    step = _step_of(code, found, config)
    if step is not None:
        found.last_step = step
        return True
    used = (
        update(codes)
        .where(codes.c.code_hash == _hash(user.id, code), codes.c.used_at.is_(None))
        .values(used_at=clock.now())
    )
    return db.session.execute(used.returning(codes.c.code_hash)).first() is not None


def _step_of(code: str, found: SecondFactor, config: Config) -> int | None:
    """The step whose code this is, if none so late has been used."""
    typed = "".join(code.split())
    if not (typed.isascii() and typed.isdigit() and len(typed) == DIGITS):
        return None
    secret, now = _secret(config, found.nonce), int(clock.now().timestamp()) // PERIOD_S
    for step in range(max(now - SLACK, found.last_step + 1), now + SLACK + 1):
        if hmac.compare_digest(code_at(secret, step), typed):
            return step
    return None


def code_at(secret: bytes, step: int) -> str:
    """The code of a 30 s step (RFC 4226, 5.3)."""
    digest = hmac.digest(secret, struct.pack(">Q", step), "sha1")
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def _secret(config: Config, nonce: str) -> bytes:
    """160 bits, as RFC 4226 recommends."""
    return hmac.digest(config.signing_key().encode(), f"handoff:totp:{nonce}".encode(), "sha256")[:20]


def _make_codes(user: User) -> list[str]:
    db.session.execute(delete(codes).where(codes.c.user_id == user.id))
    made = [f"{one[:5]}-{one[5:]}" for one in (secrets.token_hex(5) for _ in range(RECOVERY_CODES))]
    db.session.add_all(RecoveryCode(code_hash=_hash(user.id, one), user_id=user.id) for one in made)
    db.session.flush()
    return made


def _hash(user_id: uuid.UUID, code: str) -> str:
    plain = "".join(sign for sign in code.lower() if sign.isalnum())
    return hashlib.sha256(f"{user_id}:{plain}".encode()).hexdigest()


def _wrong(words: str) -> Invalid:
    return Invalid("The code was not taken.", [Finding("/code", "match", words)])


def _tell(user: User, *, on: bool, by: str = "") -> None:
    now = clock.now()
    story.audit(by or user.name, f"second factor {'on' if on else 'off'}", subject=user.email)
    mails.write(f"factor:{user.id}:{now.isoformat()}", "second_factor", user.email,
                {"on": on, "at": now.isoformat(), "zone": user.timezone})  # fmt: skip
