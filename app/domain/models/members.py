"""Who orders and who works here: accounts, contacts, users, sessions, API tokens."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain import clock
from app.domain.models.base import JsonType, Model, UtcDateTime, new_id, one_of
from app.domain.permissions import STAFF, Role


class Account(Model):
    """A member organisation. Its id is an opaque string, given by the CRM where there is one."""

    __tablename__ = "account"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    organisation: Mapped[str] = mapped_column(String(200))
    handle: Mapped[str | None] = mapped_column(String(100), unique=True)
    asn: Mapped[int | None] = mapped_column(BigInteger, index=True)
    reseller_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"), index=True)
    flagged: Mapped[bool] = mapped_column(default=False)  # sales confirm each of its orders
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    contacts: Mapped[list["Contact"]] = relationship(back_populates="account")


class Contact(Model):
    """A person at an account."""

    __tablename__ = "contact"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    full_name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(50), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    account: Mapped[Account] = relationship(back_populates="contacts")


class User(Model):
    """Somebody who signs in. Members and resellers belong to an account, staff do not."""

    __tablename__ = "user_account"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[Role] = mapped_column(one_of(Role, 20))
    password_hash: Mapped[str] = mapped_column(String(300))
    account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"), index=True)
    contact_id: Mapped[str | None] = mapped_column(ForeignKey("contact.id"))
    active: Mapped[bool] = mapped_column(default=True)
    timezone: Mapped[str] = mapped_column(String(64), default="")  # empty = the exchange's
    theme: Mapped[str] = mapped_column(String(10), default="")
    density: Mapped[str] = mapped_column(String(10), default="")
    shortcuts: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    account: Mapped[Account | None] = relationship()

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF


class WebSession(Model):
    """A signed-in browser. Only a hash of the cookie's secret is kept, so a read database signs nobody in."""

    __tablename__ = "web_session"

    secret_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    user_agent: Mapped[str] = mapped_column(String(300), default="")

    user: Mapped[User] = relationship()


class LoginFailure(Model):
    """Failed sign-ins by e-mail address and by client address, to slow guessing down."""

    __tablename__ = "login_failure"

    subject: Mapped[str] = mapped_column(String(300), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    blocked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class ApiToken(Model):
    """A program's key. The secret is shown once; only its hash is kept."""

    __tablename__ = "api_token"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    name: Mapped[str] = mapped_column(String(100), default="")
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]] = mapped_column(JsonType)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    user: Mapped[User] = relationship()
