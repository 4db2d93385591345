"""The people at an account: added, changed and taken away by its members, and by its reseller."""

import uuid
from dataclasses import dataclass

from sqlalchemy import func, or_, select

from app.domain import story
from app.domain.errors import Conflict, Finding, Invalid, NotFound
from app.domain.models import Contact, Order, User
from app.extensions import db
from app.services import mails
from app.services.actor import Actor
from app.services.once import once_and_whole

LONGEST = {"full_name": 200, "email": 254, "phone": 50}
UNREACHABLE = "Enter an e-mail address or a phone number, so that this person can be reached."


@dataclass(frozen=True)
class ContactInput:
    """A contact as somebody typed it."""

    full_name: str
    email: str
    phone: str

    def tidy(self) -> "ContactInput":
        """Without blanks around."""
        return ContactInput(*(" ".join(text.split()) for text in (self.full_name, self.email, self.phone)))

    def faults(self, *, reachable: bool = False) -> list[Finding]:
        """Every field that is not right. `reachable`: there must be an e-mail address or a phone number."""
        findings = [
            Finding(f"/{name}", "length", f"Use at most {most} characters.")
            for name, most in LONGEST.items()
            if len(getattr(self, name)) > most
        ]
        if not self.full_name:
            findings.append(Finding("/full_name", "required", "Enter the person's name."))
        if self.email and not mails.sendable(self.email):
            findings.append(Finding("/email", "format", "Enter an e-mail address such as noc@example.net."))
        if self.phone and not any(sign.isdigit() for sign in self.phone):
            findings.append(Finding("/phone", "format", "Enter a phone number such as +44 20 7946 0000."))
        if reachable and not (self.email or self.phone):
            findings.append(Finding("/email", "required", UNREACHABLE))
        return findings

    def checked(self) -> "ContactInput":
        """Tidied; `Invalid` names every field that is not right."""
        tidy = self.tidy()
        if findings := tidy.faults():
            raise Invalid("The contact is not saved.", findings)
        return tidy

    def as_dict(self) -> dict[str, str]:
        return {"full_name": self.full_name, "email": self.email, "phone": self.phone}


def of(actor: Actor, contact_id: str) -> Contact:
    """A contact of one of this actor's accounts; `NotFound` if it is somebody else's, or none."""
    found = db.session.get(Contact, contact_id)
    if found is None or found.account_id not in actor.account_ids:
        raise NotFound("There is no such contact.")
    return found


def add(actor: Actor, account_id: str, given: ContactInput, *, form_key: str) -> None:
    """A new contact; the same form twice is one. Commits."""
    if account_id not in actor.account_ids:
        raise NotFound("There is no such account.")
    tidy = given.checked()

    def do() -> None:
        _made(actor, account_id, tidy)

    once_and_whole(actor, "add contact", form_key, do, uuid.uuid5(uuid.NAMESPACE_OID, account_id))


def _made(actor: Actor, account_id: str, tidy: ContactInput) -> Contact:
    made = Contact(id=str(uuid.uuid4()), account_id=account_id, **tidy.as_dict())
    db.session.add(made)
    after = {**tidy.as_dict(), "account": account_id}
    story.audit(actor.name, "contact added", subject=tidy.full_name, after=after)
    return made


def noted(actor: Actor, account_id: str, given: ContactInput) -> Contact:
    """The account's contact of this name and e-mail address, made if there is none; the caller commits."""
    tidy = given.checked()
    same = select(Contact).where(
        Contact.account_id == account_id, Contact.full_name == tidy.full_name,
        func.lower(Contact.email) == tidy.email.lower(),
    )  # fmt: skip
    found = db.session.scalars(same.order_by(Contact.id).limit(1)).one_or_none() or _made(actor, account_id, tidy)
    db.session.flush()
    return found


def change(actor: Actor, contact_id: str, given: ContactInput) -> None:
    """Other words for a contact. Commits."""
    contact = of(actor, contact_id)
    tidy = given.checked()
    before = {name: getattr(contact, name) for name in tidy.as_dict()}
    if before != tidy.as_dict():
        for name, value in tidy.as_dict().items():
            setattr(contact, name, value)
        story.audit(actor.name, "contact changed", subject=tidy.full_name, before=before, after=tidy.as_dict())
    db.session.commit()


def remove(actor: Actor, contact_id: str) -> None:
    """Take a contact away; `Conflict` while an order or a login names it. Commits."""
    contact = of(actor, contact_id)
    named = select(Order.id).where(Order.contact_id == contact.id).limit(1)
    login = select(User.id).where(User.contact_id == contact.id).limit(1)
    if db.session.scalar(select(or_(named.exists(), login.exists()))):
        raise Conflict(f"{contact.full_name} is named by an order or has a login, and stays.")
    story.audit(actor.name, "contact removed", subject=contact.full_name, before={"account": contact.account_id})
    db.session.delete(contact)
    db.session.commit()
