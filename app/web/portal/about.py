"""What an order says beside its items, as a form: references, who else is told, its contacts, wished dates, notes.

The same for drafts and for orders under way, in the portal and at the desk.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import Form, SelectChoice, SelectMultipleField, TextAreaField
from wtforms.validators import Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from app.domain.models import Order
from app.queries.address_book import Book
from app.services import access_checks
from app.services.change_words import ROLES
from app.web.portal import forms, people
from app.web.render import zone

MOST_EMAILS = 10
LONGEST_NOTES = 2000
USUAL_ROLES = ("technical", "billing")
ACCESS_ROLES = ("operator", "owner")
"""Whom an order of access lines asks for: of ours at the operator's, and of the end customer."""
ENNI = ("enni_service_ref", "enni_vlan")
CONTROLS = {"requested_start_date": "start", "requested_completion_date": "completion"}
"""Where a field of the order is called otherwise by the form."""


def form_class(
    completion: str, book: Book, *, roles: Sequence[str] = (), payment: bool = False,
    ennis: Sequence[tuple[str, str]] | None = None,
) -> type[Form]:  # fmt: skip
    """`completion`: what a wished completion is called; `roles`: contacts of the order that are asked; `payment`: also
    under which reference it was paid; `ennis`: where a line may be handed over, None if it is not."""
    paid = "If it has been paid already; recorded when the order is placed."
    made = {
        "po_number": forms.text("PO number", "The number of your purchase order.", autocomplete="off"),
        "operator_order_ref": forms.text("Own reference", "What you call this order yourselves.", autocomplete="off"),
        **({"payment_reference": forms.text("Payment reference", paid, autocomplete="off")} if payment else {}),
        **(enni_controls(ennis) if ennis is not None else {}),
        **_copies(book),
        "start": forms.moment_of("Not before", f"We start then ({zone().key} time). Leave it empty to start at once."),
        "completion": forms.moment_of(
            completion, "Without a start date everything is prepared before, and switched at this moment."
        ),
        "notes": TextAreaField(
            "Notes", [Optional(), forms.at_most(LONGEST_NOTES), forms.no_nul], filters=[forms.stripped],
            description="Read by our staff where an order is processed by hand.", render_kw={"rows": 3},
        ),
    }  # fmt: skip
    for role in roles:
        made |= people.controls(f"contact_{role}", ROLES[role], book, needed=False, reachable=False)
    return type("AboutForm", (Form,), made)


def enni_controls(ennis: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Where a line is handed over. Asked when the order is placed, so neither needed at once nor called optional."""
    words = "Where the line is handed over." if ennis else "There is none yet; our Sales set one up."
    made = {
        ENNI[0]: forms.select("ENNI", words, ennis, False, "Choose …"),
        ENNI[1]: forms.text("VLAN at the ENNI", "1 to 4094.", longest=4, autocomplete="off", inputmode="numeric"),
    }
    for one in made.values():
        one.field_class = type(one.field_class.__name__, (one.field_class,), {"plain": True})
    return made


def _copies(book: Book) -> dict[str, Any]:
    """Who else is told: ticked in the address book, or typed."""
    there = {one.email: one.label for one in book.entries() if forms.is_email(one.email)}
    words = "Who else should be told, separated by commas."
    if not there:
        return {"additional_cc": forms.text("Additional e-mails", words, longest=1000, checks=[_emails])}
    in_book = SelectMultipleField(
        "Also told by e-mail", choices=[SelectChoice(value, label) for value, label in there.items()],
        option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False), validate_choice=False,
    )  # fmt: skip
    return {
        "copied": in_book,
        "additional_cc": forms.text("Other e-mail addresses", words, longest=1000, checks=[_emails]),
    }


def copies(form: Form) -> list[str]:
    """The addresses that are told as well, each once."""
    picked = form["copied"].data or [] if "copied" in form else []
    typed = forms.emails_in(form["additional_cc"].data)
    return list({one.casefold(): one for one in [*reversed(typed), *reversed(picked)]}.values())[::-1]


def _emails(form: Form, _field: Any) -> None:
    found = copies(form)
    wrong = next((one for one in found if not forms.is_email(one)), None)
    if wrong is not None:
        raise ValidationError(f"This is not an e-mail address: “{wrong[:80]}”.")
    if len(found) > MOST_EMAILS:
        raise ValidationError(f"At most {MOST_EMAILS} addresses.")


def roles_of(order: Order) -> list[str]:
    """The contacts that are asked of it: the usual ones, those of access lines, and those that a program named."""
    asked = {*USUAL_ROLES, *(order.contacts or {})}
    if any(access_checks.is_line(item.service_type) for item in order.items):
        asked |= set(ACCESS_ROLES)
    return [role for role in ROLES if role in asked]


def present(order: Order, book: Book, roles: Sequence[str] = ()) -> dict[str, Any]:
    """What the controls show of the order as it stands."""
    known = {one.email.casefold(): one.email for one in book.entries() if forms.is_email(one.email)}
    told = order.additional_cc or []
    shown = {
        "po_number": order.po_number or "", "operator_order_ref": order.operator_order_ref or "",
        "copied": [known[one.casefold()] for one in told if one.casefold() in known],
        "additional_cc": ", ".join(one for one in told if one.casefold() not in known),
        "notes": order.notes or "", "start": forms.typed_moment(order.requested_start_date),
        "completion": forms.typed_moment(order.requested_completion_date),
    }  # fmt: skip
    shown |= {name: str((order.enni or {}).get(name) or "") for name in ENNI}
    named = {"operator": {"contact_id": order.contact_id}} | (order.contacts or {})
    for role in roles:
        shown |= people.present(f"contact_{role}", named.get(role), book)
    return shown


def said(form: Form) -> dict[str, Any]:
    """The order's fields as typed, without its contacts, as far as the form has not refused them."""
    dates = forms.dates(form)
    handed_over = {name: form[name].data for name in ENNI if name in form and form[name].data}
    found = {
        "po_number": form["po_number"].data or None, "operator_order_ref": form["operator_order_ref"].data or None,
        "additional_cc": copies(form), "notes": form["notes"].data or None, "requested_start_date": dates.start,
        "requested_completion_date": dates.completion,
    }  # fmt: skip
    kept = {name: value for name, value in found.items() if not form[CONTROLS.get(name, name)].errors}
    return kept | ({"enni": handed_over or None} if ENNI[0] in form else {})


def contacts(order: Order, form: Form, roles: Sequence[str]) -> dict[str, Any]:
    """The order's contacts that are somebody else now; None for nobody."""
    names = {role: f"contact_{role}" for role in roles}
    typed = {role: people.said(form, name) for role, name in names.items() if not people.refused(form, name)}
    return people.changed(order.contacts or {}, typed)


def changes(order: Order, form: Form) -> dict[str, Any]:
    """What is different from the order as it stands, without its contacts."""
    return {name: value for name, value in said(form).items() if not _same(getattr(order, name), value)}


def _same(before: Any, after: Any) -> bool:
    if hasattr(before, "replace") and hasattr(before, "tzinfo") and after is not None:
        return bool(before.replace(second=0, microsecond=0) == after)  # the control knows minutes only
    if isinstance(before, list) and isinstance(after, list):
        return {one.casefold() for one in before} == {one.casefold() for one in after}
    return (before or None) == (after or None)


def control_of(form: Form, pointer: str) -> str:
    """The control that a finding about the order is about; empty if there is none."""
    first, _, rest = pointer.strip("/").partition("/")
    if first == "contacts":
        role, _, part = rest.partition("/")
        name = f"contact_{role}_{part}" if f"contact_{role}_{part}" in form else f"contact_{role}_{people.WHO}"
    elif first == "enni":
        name = rest or ENNI[0]
    else:
        name = CONTROLS.get(first, first)
    return name if name in form else ""


def parts(form: Form, roles: Sequence[str] = ()) -> Mapping[str, Any]:
    """What templates draw: the single controls, and the people with what they are for."""
    return {
        "fields": [field for field in form if not field.short_name.startswith("contact_")],
        "people": [(f"contact_{role}", ROLES[role]) for role in roles],
    }
