"""Signing in and out, API tokens, and whose orders somebody may see."""

import hashlib
import hmac
import ipaddress
import secrets
import uuid
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import ColumnElement, and_, delete, or_, select, true

from app.domain import clock, story
from app.domain.errors import Finding, Invalid, NotSignedIn
from app.domain.models import Account, ApiToken, Order, User, WebSession
from app.domain.permissions import STAFF, Role, Scope
from app.domain.states import Status
from app.extensions import db
from app.services import guessing
from app.services.actor import Actor
from app.services.guessing import FREE_FAILURES

_hasher = PasswordHasher()
_NOBODY = _hasher.hash(secrets.token_urlsafe(16))
"""Verified against when the address is unknown, so that both cases take equally long."""

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 200
TOKEN_PREFIX = "hnd_"


def hashed_password(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid(
            "The password is too short.",
            [Finding("/password", "length", f"Use at least {SHORTEST_PASSWORD} characters.")],
        )
    if len(password) > LONGEST_PASSWORD:
        raise Invalid(
            "The password is too long.",
            [Finding("/password", "length", f"Use at most {LONGEST_PASSWORD} characters.")],
        )
    return _hasher.hash(password)


def new_password(new: str, again: str) -> str:
    """The hash of a password that was typed twice; `Invalid` names the fields `new` and `again`."""
    if new != again:
        raise Invalid("The password was not changed.", [Finding("/again", "match", "The two are not the same.")])
    try:
        return hashed_password(new)
    except Invalid as why:
        raise Invalid(why.detail, [Finding("/new", one.rule, one.detail) for one in why.errors]) from None


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def check_password(email: str, password: str, client: str) -> User:
    """Whose address and password these are; a session is not open yet. Commits what it noted, before it looks.

    `NotSignedIn` with one sentence for every reason. After a few failures in a row this client must wait before it
    tries this address again, twice as long after each further one; after many, before it tries any address. Others
    who sign in with the same address do not wait: a stranger's guesses must not lock a person out.
    """
    email = email.strip().lower()
    pair, network = _subjects(email, client)
    tries = {pair: FREE_FAILURES, network: FREE_FAILURES * 10}
    guessing.count(tries)
    user = db.session.execute(select(User).where(User.email == email)).scalar_one_or_none()
    if not _verified(user, password) or user is None or not user.active:
        story.audit("nobody", "sign-in failed", subject=email[:200])
        db.session.commit()
        raise NotSignedIn("The e-mail address or the password is not right.")
    guessing.forgive(tries)
    guessing.forget(pair)
    if _outdated(user.password_hash):
        user.password_hash = _hasher.hash(password)
    db.session.commit()
    return user


def open_session(user: User, user_agent: str, hours: float, *, how: str = "password") -> str:
    """The person is who they say: open a session and answer the cookie's secret. Commits."""
    secret = secrets.token_urlsafe(32)
    db.session.add(
        WebSession(
            secret_hash=digest(secret), user_id=user.id, csrf=secrets.token_urlsafe(24), user_agent=user_agent[:300],
            expires_at=clock.now() + timedelta(hours=hours),
        )
    )  # fmt: skip
    story.audit(user.name, "signed in", subject=user.email, after={"by": how})
    db.session.commit()
    return secret


def _outdated(password_hash: str) -> bool:
    """Hashed with weaker parameters than today's: hashed anew while the password is at hand."""
    try:
        return _hasher.check_needs_rehash(password_hash)
    except InvalidHashError:
        return False


def _subjects(email: str, client: str) -> tuple[str, str]:
    """What failures are counted by: the address as tried by this client, and the client.

    An IPv6 client is its network of 64 bits, as each of its machines has all addresses of that to try from.
    """
    try:
        where = ipaddress.ip_address(client)
        network = str(ipaddress.ip_network((where, 64), strict=False) if where.version == 6 else where)
    except ValueError:
        network = client[:200]
    return f"pair:{digest(f'{email} {network}')}", f"client:{network}"


def _verified(user: User | None, password: str) -> bool:
    try:
        known = user is not None and user.password_hash.startswith("$argon2")  # an invited person has none yet
        return _hasher.verify(user.password_hash if user and known else _NOBODY, password) and known
    except (VerifyMismatchError, InvalidHashError):
        return False


def session_of(secret: str) -> WebSession | None:
    """The living session behind a cookie's secret."""
    if not secret:
        return None
    found = db.session.get(WebSession, digest(secret))
    if found is None or found.expires_at <= clock.now() or not found.user.active:
        return None
    return found


def mark_of(session: WebSession) -> str:
    """How a session is named on pages: enough to tell it from one's others, of no use for signing in."""
    return session.secret_hash[:16]


def is_this(session: WebSession, secret: str) -> bool:
    """Whether it is the session behind this cookie's secret."""
    return hmac.compare_digest(session.secret_hash, digest(secret))


def others_of(user_id: uuid.UUID, secret: str) -> ColumnElement[bool]:
    """The condition for a person's sessions other than the one behind this secret."""
    return and_(WebSession.user_id == user_id, WebSession.secret_hash != digest(secret))


def check_own_password(user: User, password: str) -> None:
    """`Invalid` if it is not theirs; slowed down as sign-ins are, for a browser that was left open. Commits the try."""
    subject = own_password(user)
    try:
        guessing.count({subject: FREE_FAILURES})
    except NotSignedIn as why:
        raise Invalid("The password was not checked.", [Finding("/current", "wait", why.detail)]) from None
    if not _verified(user, password):
        raise Invalid("The password is not right.", [Finding("/current", "match", "This is not your password.")])
    guessing.forget(subject)


def own_password(user: User) -> str:
    """What wrong guesses of somebody who is signed in are counted by."""
    return f"own:{user.id}"


def sign_out(secret: str) -> None:
    db.session.execute(delete(WebSession).where(WebSession.secret_hash == digest(secret)))
    db.session.commit()


def add_token(
    user: User, scopes: list[str], name: str = "", expires_at: datetime | None = None, by: str = "command line"
) -> str:
    """Make an API token for a user; answer its secret, which is shown this once and kept only as a hash."""
    unknown = [scope for scope in scopes if scope not in set(Scope)]
    if unknown or not scopes:
        allowed = ", ".join(scope.value for scope in Scope)
        words = (
            f"There is no scope {unknown[0]}; there are {allowed}." if unknown else f"Give one or more of {allowed}."
        )
        raise Invalid("The scopes are not right.", [Finding("/scopes", "choice", words)])
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    db.session.add(
        ApiToken(user_id=user.id, name=name, secret_hash=digest(secret), scopes=list(scopes), expires_at=expires_at)
    )
    story.audit(by, "token added", subject=user.email, after={"scopes": list(scopes), "name": name})
    db.session.commit()
    return secret


def token_from(header: str) -> ApiToken:
    """The token of an Authorization header; `NotSignedIn` if there is none, or it is unknown, expired or revoked."""
    kind, _, secret = header.partition(" ")
    if kind.lower() != "bearer" or not secret.strip():
        raise NotSignedIn("Send an API token: “Authorization: Bearer …”.")
    wanted = digest(secret.strip())
    token = db.session.execute(select(ApiToken).where(ApiToken.secret_hash == wanted)).scalar_one_or_none()
    dead = token is None or token.revoked_at or (token.expires_at and token.expires_at <= clock.now())
    if dead or token is None or not hmac.compare_digest(token.secret_hash, wanted) or not token.user.active:
        raise NotSignedIn("This API token is not known, has expired or was revoked.")
    return token


def accounts_of(user: User) -> frozenset[str]:
    """The accounts a member or reseller acts for: their own and, for a reseller, its customers'."""
    if user.account_id is None:
        return frozenset()
    if user.role is not Role.RESELLER:
        return frozenset({user.account_id})
    customers = db.session.scalars(select(Account.id).where(Account.reseller_id == user.account_id))
    return frozenset({user.account_id, *customers})


def actor_of(user: User, token: ApiToken | None = None) -> Actor:
    """Who acts: a person, or a program. A program of a staff user is trusted; its scopes alone decide."""
    return Actor(
        name=user.name if token is None else (token.name or f"{user.name} (API)"),
        user_id=user.id,
        role=user.role if token is None else None,
        account_ids=accounts_of(user),
        trusted=token is not None and user.account_id is None,
        debug=token is None and user.role in STAFF,
    )


def visible_orders(actor: Actor) -> ColumnElement[bool]:
    """The condition under which this actor may see an order: staff and trusted programs all, others their own.

    A sub-customer sees the orders its reseller placed for it, though not while they are drafts.
    """
    if actor.trusted or actor.role in STAFF:
        return true()
    theirs = and_(Order.sub_account_id.in_(actor.account_ids), Order.status != Status.DRAFT)
    return or_(Order.account_id.in_(actor.account_ids), theirs)
