"""A package as a form that is sent to its own address: rows are added and taken away by buttons, without JavaScript.

Every row has a key, which the hidden fields `row` name in order: o1 an option, s1=peering_unit a service, s1-f1 a
feature and s1-c1 a contact of that service. The names of a row's fields begin with its key.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Form, SelectMultipleField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from app import catalogue
from app.catalogue import ServiceType, bundle
from app.catalogue.fields import Field, from_text
from app.domain import money
from app.domain.models import Package
from app.services import package_rules
from app.services.package_rules import OptionWish, PackageWish, RoleWish, ServiceWish
from app.web.portal import forms

MOST_ROWS = 500
"""More than a package may have, so that what is too much is said and not left out."""
TYPES = (
    ("connect", "Connect"),
    ("peering", "Peering"),
    ("private", "Private"),
    ("partner", "Partner"),
    ("access", "Access"),
)
PERIODS = (("month", "Per month"), ("once", "Once"))
VALUE, FIXED = "value-", "fixed-"
_KEY = re.compile(r"o\d{1,3}|s\d{1,3}=[a-z_]{1,40}|s\d{1,3}-[fc]\d{1,3}", re.ASCII)
_ADD = re.compile(r"o|s|s\d{1,3}-[fc]", re.ASCII)


@dataclass(frozen=True)
class Row:
    """An option, a feature or a contact."""

    key: str
    form: Form


@dataclass(frozen=True)
class Block:
    """A service of the package. `fields`: what it may bring, in the catalogue's order."""

    key: str
    kind: ServiceType
    form: Form
    fields: Sequence[Field]
    features: list[Row] = field(default_factory=list)
    contacts: list[Row] = field(default_factory=list)

    def pairs(self) -> Iterator[tuple[Any, Any]]:
        """Each detail's value, and whether members may change it."""
        for one in self.fields:
            yield self.form[VALUE + one.name], self.form[FIXED + one.name]


@dataclass(frozen=True)
class Sheet:
    """The whole form."""

    about: Form
    options: list[Row]
    blocks: list[Block]

    def rows(self) -> Iterator[str]:
        """What the hidden fields say."""
        yield from (one.key for one in self.options)
        for block in self.blocks:
            yield f"{block.key}={block.kind.key}"
            yield from (one.key for one in (*block.features, *block.contacts))


@dataclass(frozen=True)
class Known:
    """What there is to choose from: lines as (code, label), fabrics as (code, name)."""

    lines: Sequence[tuple[str, str]]
    fabrics: Sequence[tuple[str, str]]


def read(typed: MultiDict[str, str], known: Known, *, new: bool) -> Sheet:
    """The form with what was typed. `new`: the package's code is still to be chosen."""
    keys = list(dict.fromkeys(key for key in typed.getlist("row")[:MOST_ROWS] if _KEY.fullmatch(key)))
    blocks = list(_blocks(keys, typed))
    return Sheet(
        forms.made(_about(known, new), typed, {}),
        [Row(key, forms.made(OptionForm, typed, {}, f"{key}-")) for key in keys if key.startswith("o")],
        [_filled(block, keys, typed) for block in blocks],
    )


def _blocks(keys: Sequence[str], typed: MultiDict[str, str]) -> Iterator[Block]:
    services = [(name, kind) for key in keys if "=" in key
                for name, _, kind in [key.partition("=")] if kind in catalogue.SERVICE_TYPES]  # fmt: skip
    for name, kind in services:
        action = catalogue.action_of(kind, "new")
        assert action is not None  # every service type can be ordered anew
        fields = bundle.settable(action)
        controls: dict[str, Any] = {}
        for one in fields:
            controls[VALUE + one.name] = _control(one, [other for other in services if other[0] != name], services)
            controls[FIXED + one.name] = BooleanField("Members cannot change it")
        made = forms.made(type("ServiceForm", (Form,), controls), typed, {}, f"{name}-")
        yield Block(name, catalogue.SERVICE_TYPES[kind], made, fields)


def _filled(block: Block, keys: Sequence[str], typed: MultiDict[str, str]) -> Block:
    for key in keys:
        if key.startswith(f"{block.key}-f"):
            block.features.append(Row(key, forms.made(OptionForm, typed, {}, f"{key}-")))
        elif key.startswith(f"{block.key}-c"):
            block.contacts.append(Row(key, forms.made(RoleForm, typed, {}, f"{key}-")))
    return block


def _control(one: Field, others: Sequence[tuple[str, str]], services: Sequence[tuple[str, str]]) -> Any:
    label = one.label + (f" ({one.unit})" if one.unit else "")
    if one.kind == "reference":
        numbers = {key: number for number, (key, _) in enumerate(services, start=1)}
        there = [(key, f"Item {numbers[key]}: {catalogue.SERVICE_TYPES[kind].label}")
                 for key, kind in others if kind in one.refers_to]  # fmt: skip
        return _select(label, there, "The member's choice")
    if one.choices:
        return _select(label, [(str(choice.value), choice.label) for choice in one.choices], "The member's choice")
    if one.kind == "flag":
        return _select(label, [("yes", "Yes"), ("no", "No")], "The member's choice")
    return _text(label, "", one.max_length, placeholder="The member's choice")


def _text(label: str, help_words: str = "", longest: int = 100, *, needed: bool = False, **more: Any) -> StringField:
    return StringField(
        label, [InputRequired()] if needed else [], description=help_words,
        render_kw={"maxlength": str(longest), "autocomplete": "off", **more},
    )  # fmt: skip


def _area(label: str, help_words: str, rows: int) -> TextAreaField:
    return TextAreaField(label, description=help_words, render_kw={"rows": rows})


def _select(label: str, there: Sequence[tuple[str, str]], nothing: str = "", *, needed: bool = False) -> Any:
    return forms.select(label, "", there, needed, nothing, preset=not nothing)


class OptionForm(Form):
    code = _text("Code", "Small letters; what programs call it.", 40, needed=True)
    label = _text("Label", "", package_rules.LONGEST_NAME, needed=True)
    help = _text("Help", "", package_rules.LONGEST_HELP)
    choices = _area("Choices", "One a line: value = label. None: members can only want it or not.", 3)
    default = _text("Default", "The value of one of the choices.", package_rules.LONGEST_VALUE)
    required = BooleanField("It cannot be left out")


class RoleForm(Form):
    role = _text("Role", "Small letters; what programs call it.", 40, needed=True)
    label = _text("Label", "", package_rules.LONGEST_NAME, needed=True)
    required = BooleanField("It must be named")


def _about(known: Known, new: bool) -> type[Form]:
    code = {"code": _text("Code", "Capital letters, digits and hyphens; it stays for good.", 20, needed=True)}
    return type("PackageForm", (Form,), {
        **(code if new else {}),
        "name": _text("Name", "", package_rules.LONGEST_NAME, needed=True),
        "line_code": _select("Product line", known.lines, "Choose …", needed=True),
        "type": _select("Type", TYPES, needed=True),
        "description": _text("Description", "One sentence; programs read it too.", package_rules.LONGEST_DESCRIPTION),
        "details_text": _area("Details", "What members read when they choose.", 3),
        "price": _text("Price", "Such as 12.50; empty: on request.", 20, inputmode="decimal"),
        "currency": _text("Currency", "", 3, list="currencies", size="6"),
        "price_period": _select("Period", PERIODS, needed=True),
        "sites": SelectMultipleField(
            "Sold at", choices=[SelectChoice(code, name) for code, name in known.fabrics], validate_choice=False,
            option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False),
            description="None ticked: everywhere.",
        ),
    })  # fmt: skip


def with_one_more(typed: MultiDict[str, str], what: str, kind: str) -> tuple[MultiDict[str, str], str] | None:
    """The form's fields with a new row, and the row's key; None for what cannot be added."""
    if not _ADD.fullmatch(what) or (what == "s" and kind not in catalogue.SERVICE_TYPES):
        return None
    there = [
        int(found[1]) for key in typed.getlist("row") if (found := re.fullmatch(rf"{what}(\d{{1,3}})(?:=.*)?", key))
    ]
    key = f"{what}{max(there, default=0) + 1}"
    more = MultiDict(typed)
    more.add("row", f"{key}={kind}" if what == "s" else key)
    return more, key


def without(typed: MultiDict[str, str], key: str) -> MultiDict[str, str]:
    """The form's fields without a row, and whatever belongs to it."""
    left = MultiDict(typed)
    left.setlist("row", [
        row for row in typed.getlist("row") if row.partition("=")[0] != key and not row.startswith(f"{key}-")
    ])  # fmt: skip
    return left


def typed_of(package: Package) -> MultiDict[str, str]:
    """A package as its form would send it."""
    sent: list[tuple[str, str]] = [
        (name, str(getattr(package, name)))
        for name in ("name", "line_code", "type", "description", "details_text", "price_period")
    ]
    if package.price_minor is not None and package.currency:
        sent += [("price", money.typed(package.price_minor, package.currency)), ("currency", package.currency)]
    sent += [("sites", code) for code in package.sites]
    sent += _sent_options("o", package.options)
    for service in package.services:
        sent += _sent_service(f"s{service.position}", service)
    return MultiDict(sent)


def _sent_options(before: str, options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for number, (code, one) in enumerate(options.items(), start=1):
        key = f"{before}{number}"
        yield "row", key
        yield f"{key}-code", code
        for name in ("label", "help"):
            yield f"{key}-{name}", str(one.get(name) or "")
        yield f"{key}-choices", "\n".join(f"{choice['value']} = {choice['label']}" for choice in one.get("choices", []))
        yield f"{key}-default", str(one.get("default_value") or "")
        yield from [(f"{key}-required", "y")] if one.get("required") else []


def _sent_service(key: str, service: Any) -> Iterator[tuple[str, str]]:
    yield "row", f"{key}={service.service_type}"
    for name, value in service.defaults.items():
        yield f"{key}-{VALUE}{name}", _sent(value)
    for name in service.fixed:
        yield f"{key}-{FIXED}{name}", "y"
    yield from _sent_options(f"{key}-f", service.features)
    for number, (role, told) in enumerate(service.contacts.items(), start=1):
        yield "row", f"{key}-c{number}"
        yield f"{key}-c{number}-role", role
        yield f"{key}-c{number}-label", told["label"]
        yield from [(f"{key}-c{number}-required", "y")] if told.get("required") else []


def _sent(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"s{value['item']}" if isinstance(value, dict) else str(value)


def wish(sheet: Sheet, code: str = "") -> PackageWish:
    """What was typed, unjudged. `code`: of a package that there is."""
    about = {one.short_name: one.data or "" for one in sheet.about}
    positions = {block.key: number for number, block in enumerate(sheet.blocks, start=1)}
    return PackageWish(
        code=code or about["code"].strip().upper(), line_code=about["line_code"], type=about["type"],
        name=about["name"], description=about["description"], details_text=about["details_text"],
        price=about["price"], currency=about["currency"].strip().upper(), price_period=about["price_period"],
        sites=about["sites"] or (), options=[_option(row.form) for row in sheet.options],
        services=[_service(block, positions) for block in sheet.blocks],
    )  # fmt: skip


def _option(form: Form) -> OptionWish:
    said = {one.short_name: one.data or "" for one in form}
    return OptionWish(
        code=said["code"].strip(), label=said["label"], help=said["help"], required=bool(said["required"]),
        choices=[_choice(line) for line in said["choices"].splitlines() if line.strip()],
        default=said["default"].strip(),
    )  # fmt: skip


def _choice(line: str) -> tuple[str, str]:
    value, _, label = line.partition("=")
    return value.strip(), label.strip()


def _service(block: Block, positions: Mapping[str, int]) -> ServiceWish:
    values = {one.name: _value(one, block.form[VALUE + one.name].data or "", positions) for one in block.fields}
    return ServiceWish(
        service_type=block.kind.key,
        defaults={name: value for name, value in values.items() if value is not None},
        fixed=[one.name for one in block.fields if block.form[FIXED + one.name].data],
        features=[_option(row.form) for row in block.features],
        contacts=[
            RoleWish((one["role"].data or "").strip(), one["label"].data or "", bool(one["required"].data))
            for one in (row.form for row in block.contacts)
        ],
    )  # fmt: skip


def _value(one: Field, typed: str, positions: Mapping[str, int]) -> Any:
    if not typed.strip():
        return None
    if one.kind == "reference":
        return {"item": positions[typed]} if typed in positions else None
    return typed == "yes" if one.kind == "flag" else from_text(one, typed)
