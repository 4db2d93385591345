"""The controls of order forms, made from the catalogue's fields; and what was typed into them, read back."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from wtforms import BooleanField, Form, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from app.catalogue.fields import Field, from_text
from app.domain.errors import Finding
from app.queries.portal_choices import Choices, account_called
from app.services.order_input import WishedDates
from app.web.render import zone

PREFIX = "f-"
UNFIT = "Cannot be chosen here"
"""Under which heading a choice shows what it cannot be."""
_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?\.[A-Za-z]{2,63}")
_OWNER_HELP = "The owner's member handle. They are asked to agree before anything starts."


def control(
    field: Field, choices: Choices, options: Sequence[tuple[str, str]] = (), *, needed: bool, changes: bool = False,
    unfit: Mapping[str, str] = MappingProxyType({}),
) -> Any:  # fmt: skip
    """The control of one plain detail. `options`: what a reference may name beside the services that there are.
    `changes`: of a service that there is, so that nothing chosen means as it is. `unfit`: what a reference cannot name,
    and why not."""
    label = field.label_for("member")
    if field.kind == "reference":
        there = [*options, *((one.key, one.label) for one in choices.of(field.refers_to))]
        return select(label, field.help, there, needed, unfit=unfit)
    if field.kind == "port_group":
        return select(label, field.help, [(one.key, one.label) for one in choices.groups], needed)
    if field.kind == "fabric":
        return select(label, field.help, list(choices.fabrics), needed)
    if field.choices:
        there = [(str(choice.value), choice.label) for choice in field.choices]
        chosen = field.default is not None and not changes
        return select(label, field.help, there, needed, "As it is" if changes else "No preference", preset=chosen)
    if field.kind == "flag":
        return BooleanField(label, description=field.help)
    if field.kind == "date":
        return text(label, field.help, needed=needed, longest=10, type="date")
    return _text(field, label, needed)


def _text(field: Field, label: str, needed: bool) -> StringField:
    unit = f" ({field.unit})" if field.unit else ""
    number = field.kind in ("integer", "mbps", "vlan", "asn")
    return text(
        label + unit, _OWNER_HELP if field.kind == "account" else field.help, needed=needed,
        longest=max(field.max_length, 20), autocomplete="off", **({"inputmode": "numeric"} if number else {}),
    )  # fmt: skip


def text(
    label: str, help_words: str = "", *, needed: bool = False, longest: int = 100, checks: Sequence[Any] = (),
    **more: str,
) -> StringField:  # fmt: skip
    """A line of text; what is typed loses the blanks around it."""
    return StringField(
        label, [*_needed(needed), at_most(longest), no_nul, *checks], description=help_words, filters=[stripped],
        render_kw={"maxlength": str(longest), **more},
    )  # fmt: skip


def at_most(longest: int) -> Length:
    return Length(max=longest, message=f"At most {longest:,} characters.")


def select(
    label: str, help_words: str, options: Sequence[tuple[str, str]], needed: bool, nothing: str = "None", *,
    preset: bool = False, unfit: Mapping[str, str] = MappingProxyType({}),
) -> SelectField:  # fmt: skip
    """A choice. `nothing`: what choosing nothing means; `preset`: something is always chosen; `unfit`: what is shown
    although it cannot be chosen, and why not."""
    first = [] if preset else [("", "Choose …" if needed else nothing)]
    choices = [SelectChoice(value, words) for value, words in (*first, *options) if value not in unfit]
    choices += [
        SelectChoice(value, f"{words} – {unfit[value]}", {"disabled": True}, UNFIT)
        for value, words in options if value in unfit
    ]  # fmt: skip
    return SelectField(label, _needed(needed), choices=choices, description=help_words, default="")


def moment_of(label: str, help_words: str) -> StringField:
    """A date and time, as the viewer's clock means it."""
    return StringField(
        label, [Optional(), _date], description=help_words, filters=[stripped],
        render_kw={"type": "datetime-local", "step": "60"},
    )  # fmt: skip


def _needed(needed: bool) -> list[Any]:
    return [InputRequired("Please fill this in.")] if needed else [Optional()]


def stripped(value: str | None) -> str | None:
    return value.strip() if isinstance(value, str) else value


def no_nul(_form: Form, field: Any) -> None:
    """A NUL byte cannot be stored."""
    if "\x00" in (field.data or ""):
        raise ValidationError("This contains a character that cannot be stored.")


def made(form_class: type[Form], typed: Any, present: Mapping[str, Any], prefix: str = "") -> Form:
    """The form with what was typed, or else with what is; its controls have ids by which errors lead to them."""
    form = form_class(typed, data=dict(present), prefix=prefix)
    for field in form:
        field.id = PREFIX + field.name
        field.label.field_id = field.id
    return form


def emails_in(text: str | None) -> list[str]:
    return [one for one in re.split(r"[,;\s]+", text or "") if one]


def is_email(text: str) -> bool:
    return len(text) <= 254 and _EMAIL.fullmatch(text) is not None


def one_email(_form: Form, field: Any) -> None:
    if field.data and not is_email(field.data):
        raise ValidationError(f"This is not an e-mail address: “{field.data[:80]}”.")


def _date(_form: Form, field: Any) -> None:
    if moment(field.data) is None:
        raise ValidationError("This is not a date and time, such as 2027-05-01T09:00.")


def moment(typed: str | None) -> datetime | None:
    """What was typed, as the viewer's clock means it, in UTC; None for what is no date and time."""
    try:
        found = datetime.fromisoformat((typed or "").strip())
        return (found if found.tzinfo else found.replace(tzinfo=zone())).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def typed_moment(at: datetime | None) -> str:
    """The other way round: as the control shows it."""
    return at.astimezone(zone()).strftime("%Y-%m-%dT%H:%M") if at else ""


def dates(form: Form) -> WishedDates:
    return WishedDates(moment(form["start"].data), moment(form["completion"].data))


def value_of(field: Field, data: Any) -> Any:
    """The detail that was typed, unchecked, for the catalogue checks it; None for nothing."""
    if field.kind == "flag":
        return bool(data)
    typed = str(data or "")
    if field.kind == "account" and typed:
        return account_called(typed) or typed
    return from_text(field, typed)


def typed_value(field: Field, value: Any) -> Any:
    """The other way round: what the control shows for a detail."""
    if field.kind == "flag":
        return bool(value)
    if isinstance(value, dict):
        return f"item:{value.get('item')}"
    return "" if value is None else str(value)


def summary(form: Form, before: str = "") -> list[Finding]:
    """What the form itself found, with its labels, for the summary above it."""
    return [
        Finding(f"/{form[name].name}", "form", f"{before}{_spoken(form[name])}: {_lower(errors[0])}")
        for name, errors in form.errors.items()
        if name and errors
    ]


def _spoken(field: Any) -> str:
    return getattr(field, "spoken", "") or str(field.label.text)


def add_error(form: Form, name: str, sentence: str) -> None:
    form[name].errors = [*form[name].errors, sentence]


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:] if not sentence[1:2].isupper() else sentence
