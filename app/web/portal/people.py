"""Choosing people in forms: a contact of the address book, or somebody else, who may be kept in it.

Without scripts: the fields for somebody else are shown by the style sheet once that is chosen, and always where the
browser cannot do so. A name that was typed counts although nothing was chosen.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from wtforms import BooleanField, Form, SelectChoice, SelectField, StringField
from wtforms.validators import ValidationError

from app.queries.address_book import Book
from app.queries.portal_people import Called
from app.services import named_people
from app.services.contacts import LONGEST, ContactInput
from app.web.portal import forms

ELSE = "+"
"""What is chosen for somebody who is in no address book."""
LABELS = {"full_name": "Name", "email": "E-mail", "phone": "Phone"}
WHO, KEEP = "who", "keep"


class Spoken(StringField):
    """`spoken`: what a summary of errors calls it, where its label says too little alone."""

    spoken = ""


def controls(name: str, label: str, book: Book, *, needed: bool, reachable: bool = True) -> dict[str, Any]:
    """The controls for one person, all of which begin with `name`; `show` draws them as one. `reachable`: somebody else
    has an e-mail address or a phone number."""
    return {
        f"{name}_{WHO}": _choice(name, label, book, needed),
        **{f"{name}_{part}": _part(name, part, label, reachable) for part in LABELS},
        f"{name}_{KEEP}": BooleanField(f"Keep in the contacts of {book.keeps_at}"),
    }


def _choice(name: str, label: str, book: Book, needed: bool) -> SelectField:
    people = [
        SelectChoice(one.contact_id, one.label, optgroup=shelf if len(book.shelves) > 1 else None)
        for shelf, entries in book.shelves.items()
        for one in entries
    ]
    first = SelectChoice("", "Choose …" if needed else "Nobody")
    return SelectField(
        label, [_chosen(name, book, needed)], choices=[first, *people, SelectChoice(ELSE, "Somebody else …")],
        default="" if people or not needed else ELSE, validate_choice=False,
    )  # fmt: skip


def _chosen(name: str, book: Book, needed: bool) -> Any:
    def check(form: Form, field: Any) -> None:
        if field.data not in ("", None, ELSE) and not book.has(field.data):
            raise ValidationError(named_people.NOT_THERE)
        if needed and not field.data and not _typed(form, name):
            raise ValidationError("Choose somebody, or say who it is.")

    return check


def _typed(form: Form, name: str) -> bool:
    return any((form[f"{name}_{part}"].data or "").strip() for part in LABELS)


def _part(name: str, part: str, label: str, reachable: bool) -> StringField:
    def check(form: Form, field: Any) -> None:
        who = form[f"{name}_{WHO}"].data
        if who not in ("", None, ELSE) or not (who or _typed(form, name)):
            return
        given = ContactInput(*((form[f"{name}_{one}"].data or "") for one in LABELS)).tidy()
        found = {one.pointer[1:]: one.detail for one in given.faults(reachable=reachable)}
        if part in found:
            raise ValidationError(found[part])

    if part == "full_name":
        check.field_flags = {"required": True}  # type: ignore[attr-defined]
    kind = {"email": "email", "phone": "tel"}.get(part, "text")
    spoken = type("SpokenField", (Spoken,), {"spoken": f"{label}, {LABELS[part].lower()}"})
    return spoken(
        LABELS[part], [forms.no_nul, check],
        render_kw={"maxlength": str(LONGEST[part]), "autocomplete": "off", "type": kind},
    )  # fmt: skip


def present(name: str, person: Mapping[str, Any] | None, book: Book) -> dict[str, Any]:
    """What the controls show of somebody who was named: the contact, or what was written down of whoever is none (any
    more)."""
    if not person:
        return {}
    if book.has(str(person.get("contact_id") or "")):
        return {f"{name}_{WHO}": person["contact_id"]}
    words = {"full_name": named_people.name_of(person), **{part: person.get(part, "") for part in ("email", "phone")}}
    return {f"{name}_{WHO}": ELSE, **{f"{name}_{part}": value for part, value in words.items()}}


def settle(form: Form, names: Iterable[str]) -> None:
    """Somebody whose name was typed is somebody else, although that was not chosen."""
    for name in names:
        if not form[f"{name}_{WHO}"].data and _typed(form, name):
            form[f"{name}_{WHO}"].data = ELSE


def refused(form: Form, name: str) -> bool:
    """Whether the form has found something wrong with this person."""
    return any(form[f"{name}_{part}"].errors for part in (WHO, *LABELS, KEEP))


def said(form: Form, name: str) -> dict[str, Any] | None:
    """Who is named: a contact by its id, or in words; None for nobody."""
    who = form[f"{name}_{WHO}"].data
    if who and who != ELSE:
        return {"contact_id": who}
    if not _typed(form, name):
        return None
    words = ContactInput(*((form[f"{name}_{part}"].data or "") for part in LABELS)).tidy()
    return {**words.as_dict(), named_people.KEEP: bool(form[f"{name}_{KEEP}"].data)}


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The roles that name somebody else now, of those that were asked."""
    return {role: person for role, person in after.items() if not named_people.same(before.get(role), person)}


def of_service(called: Called | None, book: Book) -> tuple[dict[str, Any], dict[str, Any]]:
    """The controls for whom to call about a service, and what they show; none for a service that is not there."""
    shown: dict[str, Any] = {}
    made: dict[str, Any] = {}
    for role, told in called.roles.items() if called else ():
        made |= controls(f"contact_{role}", told["label"], book, needed=bool(told.get("required")))
        shown |= present(f"contact_{role}", called.people.get(role) if called else None, book)
    return made, shown


def names_of(called: Called | None) -> list[str]:
    """What the controls of each role begin with."""
    return [f"contact_{role}" for role in called.roles] if called else []


def changed_of(called: Called | None, form: Form) -> dict[str, Any]:
    """The roles of a service that name somebody else now; None for nobody."""
    if called is None:
        return {}
    return changed(called.people, {role: said(form, f"contact_{role}") for role in called.roles})
