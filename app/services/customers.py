"""A reseller's customers: added by the reseller itself, so that it can order for them at once."""

import re
import uuid
from dataclasses import dataclass

from app.catalogue.parsing import AS_TRANS, LAST_ASN
from app.domain.errors import Conflict, Finding, Forbidden, Invalid
from app.domain.models import User
from app.domain.permissions import Permission, may
from app.services import address_book
from app.services.actor import Actor
from app.services.address_book import NewAccount
from app.services.once import key_of, once_and_whole

LONGEST = {"organisation": 200, "asn": 12, "handle": 100}
ADDS = "add customer"
HANDLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
TAKEN = Finding("/handle", "taken", "Somebody has this handle already; choose another.")
NOT_ADDED = "The customer is not added."


@dataclass(frozen=True)
class CustomerInput:
    """A customer as somebody typed it. ASN and handle may be empty."""

    organisation: str
    asn: str = ""
    handle: str = ""

    def checked(self, account_id: str, reseller_id: str) -> NewAccount:
        """The account to be made; `Invalid` names every field that is not right."""
        organisation, asn, handle = (" ".join(text.split()) for text in (self.organisation, self.asn, self.handle))
        findings = [
            Finding(f"/{name}", "length", f"Use at most {most} characters.")
            for name, most in LONGEST.items()
            if len(getattr(self, name).strip()) > most
        ]
        if not organisation:
            findings.append(Finding("/organisation", "required", "Enter the organisation's name."))
        number = _asn(asn)
        if asn and number is None:
            words = f"Enter an AS number from 1 to {LAST_ASN}, such as 64502; {AS_TRANS} is reserved."
            findings.append(Finding("/asn", "range", words))
        if handle and not HANDLE.fullmatch(handle):
            words = "Use letters, digits, dots, hyphens and underscores, such as lamp_studios."
            findings.append(Finding("/handle", "text", words))
        if findings:
            raise Invalid(NOT_ADDED, findings)
        return NewAccount(organisation, account_id, handle or None, number, reseller_id)


def _asn(text: str) -> int | None:
    digits = text.upper().removeprefix("AS")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 12):
        return None
    return int(digits) if 1 <= int(digits) <= LAST_ASN and int(digits) != AS_TRANS else None


def may_add(user: User) -> bool:
    return may(user.role, Permission.CUSTOMER_ADD) and user.account_id is not None


def add(actor: Actor, user: User, given: CustomerInput, *, form_key: str) -> str:
    """Make a customer of the reseller's own account and answer its id; the same form twice is one. Commits.

    `Invalid` names the fields, a handle that somebody has included; `Forbidden` for who is no reseller.
    """
    if not may_add(user) or user.account_id is None:
        raise Forbidden("Only resellers add customers, for themselves.")
    account_id = f"account-{uuid.uuid5(uuid.NAMESPACE_OID, key_of(form_key, actor, ADDS))}"
    wanted = given.checked(account_id, user.account_id)
    about = uuid.uuid5(uuid.NAMESPACE_OID, user.account_id)
    try:
        once_and_whole(actor, ADDS, form_key, lambda: _make(wanted, actor, user), about)
    except Conflict:
        raise Invalid(NOT_ADDED, [TAKEN]) from None
    return account_id


def _make(wanted: NewAccount, actor: Actor, user: User) -> None:
    address_book.create(wanted, actor, user)
