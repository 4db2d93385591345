"""An order form made from the catalogue's fields, and what its values mean as an order."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from wtforms import BooleanField, Form, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from app.catalogue import ItemInput
from app.catalogue.fields import Field, from_text
from app.domain.errors import Finding
from app.queries.portal_choices import Choices, Offered, account_called
from app.services.orders import WishedDates
from app.web.portal.offer import IMPLIED, Offer
from app.web.render import zone

PLACE = "place"
MOST_EMAILS = 10
LONGEST_NOTES = 2000
_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?\.[A-Za-z]{2,63}")
PREFIX = "f-"


def form_class(offer: Offer, choices: Choices) -> type[Form]:
    """A form with the offer's fields, then what every order may say."""
    made: dict[str, Any] = {}
    if choices.customers and offer.service is None:
        made["customer"] = _customer(offer, choices)
    fields = offer.asked
    names = [field.name for field in fields]
    for field in fields:
        if field.name == "fabric" and "location" in names:
            places = [(f"{one.fabric}|{one.location}", one.label) for one in choices.places]
            made[PLACE] = _select(PLACE, "Fabric and building", "Where the service is to be.", places, True)
        elif not (field.name == "location" and "fabric" in names):
            made[field.name] = _control(field, offer, choices)
    made |= _common(offer)
    return type("OrderForm", (Form,), made)


def _customer(offer: Offer, choices: Choices) -> SelectField:
    needed = offer.kind.key == "reseller_peering_unit"
    return _select("customer", "For which customer", "", list(choices.customers), needed, nothing="For ourselves")


def _control(field: Field, offer: Offer, choices: Choices) -> Any:
    label, needed = field.label_for("member"), field.required
    if field.kind == "reference":
        options = [(one.key, one.label) for one in choices.of(field.refers_to)]
        return _select(field.name, label, "", options, needed)
    if field.kind == "port_group":
        return _select(field.name, label, field.help, [(one.key, one.label) for one in choices.groups], needed)
    if field.kind == "fabric":
        return _select(field.name, label, field.help, list(choices.fabrics), needed)
    if field.choices:
        options = [(str(choice.value), choice.label) for choice in field.choices]
        return _select(field.name, label, field.help, options, needed or field.default is not None)
    if field.kind == "flag":
        return BooleanField(label, description=field.help, id=PREFIX + field.name)
    return _text(field, label, offer)


def _text(field: Field, label: str, offer: Offer) -> StringField:
    unit = f" ({field.unit})" if field.unit else ""
    help_words = field.help
    if field.kind == "account":
        help_words = "The owner's member handle. They are asked to agree before anything starts."
    number = field.kind in ("integer", "mbps", "vlan", "asn")
    return StringField(
        label + unit, [*_needed(field.required), Length(max=max(field.max_length, 20)), no_nul],
        description=help_words, id=PREFIX + field.name, filters=[_stripped],
        render_kw={"autocomplete": "off", **({"inputmode": "numeric"} if number else {})},
    )  # fmt: skip


def _select(
    name: str, label: str, help_words: str, options: Sequence[tuple[str, str]], needed: bool, nothing: str = ""
) -> SelectField:
    first = nothing or ("Choose …" if needed else "As it is, or none")
    choices = [SelectChoice(value, words) for value, words in (("", first), *options)]
    return SelectField(label, _needed(needed), choices=choices, description=help_words, id=PREFIX + name, default="")


def _needed(needed: bool) -> list[Any]:
    return [InputRequired("Please fill this in.")] if needed else [Optional()]


def _stripped(value: str | None) -> str | None:
    return value.strip() if isinstance(value, str) else value


def no_nul(_form: Form, field: Any) -> None:
    """A NUL byte cannot be stored."""
    if "\x00" in (field.data or ""):
        raise ValidationError("This contains a character that cannot be stored.")


def _common(offer: Offer) -> dict[str, Any]:
    return {
        "po_number": StringField(
            "PO number", [Optional(), Length(max=100), no_nul], id="f-po_number", filters=[_stripped],
            description="Your own reference; it stands on the order.", render_kw={"autocomplete": "off"},
        ),
        "additional_cc": StringField(
            "Additional e-mails", [Optional(), Length(max=1000), no_nul, _emails], id="f-additional_cc",
            description="Who else should be told, separated by commas.", filters=[_stripped],
        ),
        "start": StringField(
            "Not before", [Optional(), _date], id="f-start", filters=[_stripped],
            render_kw={"type": "datetime-local", "step": "60"},
            description=f"We start then ({zone().key} time). Leave it empty to start at once.",
        ),
        "completion": StringField(
            "Switch off on" if offer.is_cease else "Wanted by", [Optional(), _date], id="f-completion",
            filters=[_stripped], render_kw={"type": "datetime-local", "step": "60"},
            description="Without a start date everything is prepared before, and switched at this moment.",
        ),
        "notes": TextAreaField(
            "Notes", [Optional(), Length(max=LONGEST_NOTES), no_nul], id="f-notes", filters=[_stripped],
            description="Read by our staff where an order is processed by hand.", render_kw={"rows": 3},
        ),
    }  # fmt: skip


def emails_in(text: str | None) -> list[str]:
    return [one for one in re.split(r"[,;\s]+", text or "") if one]


def _emails(_form: Form, field: Any) -> None:
    found = emails_in(field.data)
    wrong = next((one for one in found if len(one) > 254 or not _EMAIL.fullmatch(one)), None)
    if wrong is not None:
        raise ValidationError(f"“{wrong[:80]}” is not an e-mail address.")
    if len(found) > MOST_EMAILS:
        raise ValidationError(f"At most {MOST_EMAILS} addresses.")


def _date(_form: Form, field: Any) -> None:
    if moment(field.data) is None:
        raise ValidationError("This is not a date and time, such as 2027-05-01T09:00.")


def moment(text: str | None) -> datetime | None:
    """What was typed, as the viewer's clock means it, in UTC; None for what is no date and time."""
    try:
        found = datetime.fromisoformat((text or "").strip())
        return (found if found.tzinfo else found.replace(tzinfo=zone())).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def dates(form: Form) -> WishedDates:
    return WishedDates(moment(form.start.data), moment(form.completion.data))


def item_of(offer: Offer, form: Form, choices: Choices) -> ItemInput:
    """The form's values as the one item of an order; unchecked, for the catalogue checks them."""
    details = _details(offer, form, choices)
    if offer.service is not None:
        known = offer.service.details
        details = {name: value for name, value in details.items() if known.get(name) != value}
        return ItemInput(offer.kind.key, offer.action.name, details, service_number=offer.service.number)
    return ItemInput(offer.kind.key, offer.action.name, details)


def _details(offer: Offer, form: Form, choices: Choices) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in offer.asked:
        if field.name not in form:
            continue
        value = _value(field, form[field.name].data)
        if value is not None:
            found[field.name] = value
        found |= _implied(field, str(form[field.name].data or ""), offer, choices)
    if PLACE in form and form[PLACE].data:
        found["fabric"], _, found["location"] = form[PLACE].data.partition("|")
    return found


def _value(field: Field, data: Any) -> Any:
    if field.kind == "flag":
        return bool(data)
    typed = str(data or "")
    if field.kind == "account" and typed:
        return account_called(typed) or typed
    return from_text(field, typed)


def _implied(field: Field, key: str, offer: Offer, choices: Choices) -> dict[str, str]:
    """The fabric and building of the chosen port, as far as the action takes them."""
    if field.name not in IMPLIED or not key:
        return {}
    offered: Sequence[Offered] = choices.groups if field.kind == "port_group" else choices.of(field.refers_to)
    chosen = next((one for one in offered if one.key == key), None)
    if chosen is None:
        return {}
    known = {"fabric": chosen.fabric, "location": chosen.location, "connexions_port": chosen.port_label}
    taken = [name for name in IMPLIED[field.name] if offer.action.field(name) is not None]
    return {name: value for name in taken if (value := known[name])}


def present(offer: Offer) -> dict[str, Any]:
    """What a change starts from: the service as it is."""
    if offer.service is None:
        return {field.name: str(field.default) for field in offer.asked if field.default not in (None, False)}
    known = offer.service.details
    return {field.name: _typed(field, known.get(field.name)) for field in offer.asked}


def _typed(field: Field, value: Any) -> Any:
    if field.kind == "flag":
        return bool(value)
    return "" if value is None else str(value)


def place_errors(form: Form, findings: Sequence[Finding], offer: Offer) -> list[Finding]:
    """Put each finding at the field it is about, in members' words; answer them all for the summary."""
    told = []
    for finding in findings:
        name = _field_name(finding, form, offer)
        sentence = _in_members_words(finding, offer)
        if name:
            form[name].errors = [*form[name].errors, sentence]
        told.append(Finding(f"/{name}" if name else "", finding.rule, sentence))
    return told


def _field_name(finding: Finding, form: Form, offer: Offer) -> str:
    last = finding.pointer.rpartition("/")[2]
    known = {"requested_completion_date": "completion", "requested_start_date": "start", "account_id": "customer"}
    name = known.get(last, last)
    if name in form:
        return name
    if name in ("fabric", "location") and PLACE in form:
        return PLACE
    return next((by for by, names in IMPLIED.items() if name in names and by in form), "")


def _in_members_words(finding: Finding, offer: Offer) -> str:
    sentence = finding.detail
    for field in offer.action.fields:
        sentence = sentence.replace(f"{field.label} ({field.name})", field.label_for("member"))
    return sentence


def summary(form: Form) -> list[Finding]:
    """What the form itself found, with its labels, for the summary above it."""
    return [
        Finding(f"/{name}", "form", f"{form[name].label.text}: {_lower(errors[0])}")
        for name, errors in form.errors.items()
        if errors
    ]


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:] if not sentence[1:2].isupper() else sentence


def repeated(form: Form) -> Mapping[str, str]:
    """The form as hidden fields, so that the review can send it again."""
    return {name: ("y" if form[name].data else "") if form[name].type == "BooleanField" else (form[name].data or "")
            for name in form._fields}  # fmt: skip
