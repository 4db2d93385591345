"""Getting in, and staying oneself: invitations, forgotten passwords, another e-mail address."""

import uuid

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from app.config import Config
from app.domain import clock, story
from app.domain.errors import Conflict, Finding, Invalid
from app.domain.models import Account, MailChoice, OneTimeLink, User, WebSession
from app.extensions import db
from app.services import access, guessing, links, mails, users
from app.services.links import ADDRESS, INVITATION, RESET

NO_PASSWORD = "none yet"
"""Stands where a password's hash will: nothing verifies against it."""
RESETS_AN_HOUR = 5
"""So many mails with a link one address gets within an hour; further wishes are silently dropped."""
RESETS_A_CLIENT = 50


def invite(email: str, name: str, role: str, account_id: str | None = None, *, by: str) -> User:
    """Add a person who chooses a password by a mailed link. `Invalid` and `Conflict` as `users.add`. Commits."""
    user = users.add(email, name, role, None, account_id, by=by)
    send_invitation(user, by=by)
    return user


def send_invitation(user: User, *, by: str) -> None:
    """A mailed link to choose a password with; older ones end. Commits."""
    account = db.session.get(Account, user.account_id) if user.account_id else None
    organisation = account.organisation if account else ""
    links.send(INVITATION, user, "invitation", user.email, by=by, organisation=organisation)
    story.audit(by, "invited", subject=user.email)
    db.session.commit()


def ask_reset(email: str, client: str) -> None:
    """Mail a link to whoever has this address, and nothing to anybody else; the caller says the same in both cases.

    Too many wishes for one address, or of one client, are dropped without a word. Commits.
    """
    email = email.strip().lower()[: users.LONGEST_EMAIL]
    user = db.session.execute(select(User).where(User.email == email, User.active)).scalar_one_or_none()
    enough = guessing.wished_too_often(f"reset:{access.digest(email)}", RESETS_AN_HOUR)
    enough = guessing.wished_too_often(f"reset-client:{client[:200]}", RESETS_A_CLIENT) or enough
    if user is not None and not enough:
        links.send(RESET, user, "reset", user.email)
        story.audit("nobody", "password reset asked for", subject=email)
    db.session.commit()


def choose_password(config: Config, purpose: str, token: str, new: str, again: str) -> User:
    """A password by a mailed link (an invitation or a reset): all sessions end, other such links too. Commits.

    `Invalid` keeps the link usable.
    """
    found = links.look(config, purpose, token)
    hashed = access.new_password(new, again)
    links.use(config, purpose, token)
    user = _with_password(found, hashed)
    db.session.commit()
    return user


def _with_password(found: OneTimeLink, hashed: str) -> User:
    user = found.user
    user.password_hash = hashed
    links.withdraw_all(user.id)
    db.session.execute(delete(WebSession).where(WebSession.user_id == user.id))
    guessing.forget(access.own_password(user))
    story.audit(user.name, "password chosen by link", subject=user.email, after={"link": found.purpose})
    if found.purpose == RESET:
        tell_password_changed(user)
    return user


def tell_password_changed(user: User) -> None:
    """A mail to the person themselves. In the caller's transaction."""
    now = clock.now()
    mails.write(f"password:{user.id}:{now.isoformat()}", "password_changed", user.email,
                {"at": now.isoformat(), "zone": user.timezone})  # fmt: skip


def ask_new_address(user_id: uuid.UUID, new: str, password: str) -> str:
    """Mail a link to the new address; until it is opened nothing changes. Answer the address. Commits.

    An address that somebody has already is answered alike, but nothing is sent: who has a login is nobody's business.
    """
    user = db.session.get_one(User, user_id)
    new = new.strip().lower()
    if not mails.sendable(new) or len(new) > users.LONGEST_EMAIL:
        raise Invalid("Nothing was changed.", [Finding("/email", "format", "Enter an e-mail address.")])
    if new == user.email:
        raise Invalid("Nothing was changed.", [Finding("/email", "match", "This is your address already.")])
    access.check_own_password(user, password)
    links.withdraw(user.id, ADDRESS)
    if db.session.scalar(select(User.id).where(User.email == new)) is None:
        links.send(ADDRESS, user, "new_address", new)
    story.audit(user.name, "e-mail change asked for", subject=user.email, after={"email": new})
    db.session.commit()
    return new


def confirm_address(config: Config, token: str) -> User:
    """The new address holds from now on; the old one is told, choices of mails go along. Commits.

    `Conflict` if somebody else took the address meanwhile.
    """
    found = links.use(config, ADDRESS, token)
    user, old, new = found.user, found.user.email, found.email
    user.email = new
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        raise Conflict("This address cannot be used: somebody signs in with it.") from None
    db.session.execute(delete(MailChoice).where(MailChoice.email == new))
    db.session.execute(update(MailChoice).where(MailChoice.email == old).values(email=new))
    links.withdraw_all(user.id)
    mails.write(f"address:{found.id}", "address_changed", old, {"email": new, "zone": user.timezone})
    story.audit(user.name, "e-mail changed", subject=new[:200], before={"email": old}, after={"email": new})
    db.session.commit()
    return user
