"""People whom an order names, for itself and for its services: contacts by their id, or whoever was written down.

What a contact is called at that moment is written down as well, and stays so whatever becomes of the address book.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

from app.domain.errors import Finding
from app.domain.models import Contact
from app.extensions import db
from app.services import contacts
from app.services.actor import Actor
from app.services.contacts import ContactInput

FIELDS = ("full_name", "email", "phone")
NAMES = ("full_name", "first_name", "last_name")
NOT_THERE = "This person is not among the contacts of the account (any more). Choose another, or say who it is."
NOBODY = "Say who it is: a contact by its contact_id, or the person's full_name."
KEEP = "keep"
"""In what a page sends of a person: take this one into the address book."""

People = dict[str, dict[str, Any]]


def settled(said: Mapping[str, Any], account_ids: AbstractSet[str], at: str) -> tuple[People, list[Finding]]:
    """Role → person, each with what the contact is called; what was said beside the contact wins.

    A finding for each contact that is of none of these accounts. Roles without a person are left out.
    """
    people: People = {}
    findings = []
    for role, person in said.items():
        if not isinstance(person, Mapping):
            continue
        people[role] = {name: value for name, value in _tidy(person).items() if value not in (None, "")}
        contact_id = people[role].get("contact_id")
        contact = db.session.get(Contact, contact_id) if contact_id else None
        if contact_id and (contact is None or contact.account_id not in account_ids):
            findings.append(Finding(f"{at}/{role}/contact_id", "reference", NOT_THERE))
        elif contact is not None:
            _fill_in(people[role], contact)
    return people, findings


def _tidy(person: Mapping[str, Any]) -> dict[str, Any]:
    return {name: " ".join(value.split()) if isinstance(value, str) else value for name, value in person.items()}


def _fill_in(person: dict[str, Any], contact: Contact) -> None:
    if not any(person.get(name) for name in NAMES):
        person["full_name"] = contact.full_name
    for name in ("email", "phone"):
        if getattr(contact, name):
            person.setdefault(name, getattr(contact, name))


def faults(people: People, at: str) -> list[Finding]:
    """What is wrong with people who are to be called about a service: each has a name, and an e-mail address or a phone
    number. Contacts that are not there have a finding already."""
    return [one for role, person in people.items() for one in _faults(person, f"{at}/{role}")]


def _faults(person: Mapping[str, Any], at: str) -> Iterator[Finding]:
    named = any(person.get(name) for name in NAMES)
    if not named:
        if not person.get("contact_id"):
            yield Finding(f"{at}/full_name", "required", NOBODY)
        return
    given = ContactInput(name_of(person), str(person.get("email") or ""), str(person.get("phone") or ""))
    for one in given.faults(reachable=not person.get("cell_phone")):
        yield replace(one, pointer=f"{at}{one.pointer}")


def kept(said: Mapping[str, Any], account_id: str, actor: Actor) -> dict[str, Any]:
    """The same people; who is to be kept becomes a contact of this account, unless it is one already. The caller
    commits."""
    return {role: _kept(person, account_id, actor) for role, person in said.items()}


def _kept(person: Any, account_id: str, actor: Actor) -> Any:
    if not isinstance(person, Mapping) or KEEP not in person:
        return person
    words = {name: value for name, value in person.items() if name != KEEP}
    if not person[KEEP] or words.get("contact_id"):
        return words
    given = ContactInput(*(str(words.get(name) or "") for name in FIELDS))
    return {**words, "contact_id": contacts.noted(actor, account_id, given).id}


def same(before: Mapping[str, Any] | None, said: Mapping[str, Any] | None) -> bool:
    """Whether somebody who was named stays the same one. A contact is, whatever it is called by now."""
    before, said = before or {}, said or {}
    if before.get("contact_id") or said.get("contact_id"):
        return before.get("contact_id") == said.get("contact_id")
    return all((before.get(name) or "") == (said.get(name) or "") for name in FIELDS)


def name_of(person: Mapping[str, Any]) -> str:
    """What to call somebody in a sentence."""
    parts = [str(person[name]) for name in ("first_name", "last_name") if person.get(name)]
    return str(person.get("full_name") or " ".join(parts) or person.get("email") or person.get("phone") or "somebody")


def in_words(person: Mapping[str, Any]) -> str:
    """“Ola Wire, ola@harbour.example, +44 20 7946 0000”."""
    beside = [str(person[name]) for name in ("email", "phone", "cell_phone") if person.get(name)]
    return ", ".join(dict.fromkeys([name_of(person), *beside]))
