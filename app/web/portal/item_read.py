"""What was typed into the items' forms, read back as what the draft is to say; and errors put at their fields."""

from collections.abc import Mapping, Sequence, Set
from typing import Any

from wtforms import Form

from app.catalogue.fields import Field
from app.domain.errors import Finding, Invalid
from app.queries.portal_choices import Offered
from app.services.draft_groups import PLACES
from app.services.draft_steps import Said
from app.services.order_input import WishedDates
from app.web.portal import forms, parts, people
from app.web.portal.item_forms import IMPLIED, PLACE, ItemForm, Source

FORM = "form"
"""The rule of what the form itself found; its sentences stand at the fields."""


def read(src: Source, found: Sequence[ItemForm]) -> list[Said]:
    """What was typed for all items. What the forms have refused already counts as not said, so that the rest can be
    checked with it."""
    details = {one.number: _details(one) for one in found}
    for one in found:
        details[one.number] |= _implied(src, one, details)
    return [
        Said(one.number, _only_changes(one, details[one.number]), _dates(one), _features(one), _contacts(one))
        for one in found
    ]  # fmt: skip


def _details(one: ItemForm) -> dict[str, Any]:
    said = dict(one.kept)
    for asked in one.asked:
        if asked.fields:
            value = parts.read(asked, one.form)
        elif asked.name in one.form and not one.form[asked.name].errors:
            value = forms.value_of(asked, one.form[asked.name].data)
        else:
            value = None
        if value is not None:
            said[asked.name] = value
    if PLACE in one.form and one.form[PLACE].data and not one.form[PLACE].errors:
        said["fabric"], _, said["location"] = one.form[PLACE].data.partition("|")
    return said


def _only_changes(one: ItemForm, said: dict[str, Any]) -> dict[str, Any]:
    """A change says only what is to become different."""
    if not one.action.changes:
        return said
    return {name: value for name, value in said.items() if one.present.get(name) != value}


def _implied(src: Source, one: ItemForm, details: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    """The fabric and building of the chosen port, or port group, as far as the action takes them."""
    for name, follows in IMPLIED.items():
        chosen = details[one.number].get(name)
        asked = one.action.field(name)
        if chosen is None or asked is None:
            continue
        known = _place_of(src, asked, chosen, details)
        return {name: known[name] for name in follows if known.get(name) and one.action.field(name) is not None}
    return {}


def _place_of(src: Source, asked: Field, chosen: Any, details: Mapping[int, Mapping[str, Any]]) -> Mapping[str, Any]:
    if isinstance(chosen, dict):
        return details.get(chosen.get("item", 0), {})
    offered: Sequence[Offered] = src.choices.groups if asked.kind == "port_group" else src.choices.of(asked.refers_to)
    found = next((one for one in offered if one.key == str(chosen)), None)
    if found is None:
        return {}
    return {"fabric": found.fabric, "location": found.location, "connexions_port": found.port_label}


def _dates(one: ItemForm) -> WishedDates:
    return forms.dates(one.form) if "start" in one.form else WishedDates()


def _features(one: ItemForm) -> dict[str, Any]:
    asked = [(feature, one.form[f"feature_{feature['code']}"]) for feature in one.needs["features"]]
    return {feature["code"]: feature_said(feature, field.data) for feature, field in asked if not field.errors}


def feature_said(feature: Mapping[str, Any], data: Any) -> dict[str, Any]:
    """A feature or an option as it was chosen: value and whether it is wanted."""
    if not feature["choices"]:
        return {"enabled": bool(data)}
    value = next((one["value"] for one in feature["choices"] if str(one["value"]) == data), None)
    if value is None:
        return {"enabled": False} if not feature["required"] else {"enabled": True}
    return {"value": value, "enabled": True}


def _contacts(one: ItemForm) -> dict[str, Any]:
    said = {}
    for role in one.needs["contacts"]:
        name = f"contact_{role['role']}"
        person = None if people.refused(one.form, name) else people.said(one.form, name)
        if person is not None:
            said[role["role"]] = person
    return said


def wrong_in(forms_: Sequence[Form]) -> list[Finding]:
    """A mark for each form that finds something itself; the page shows it at its fields."""
    return [Finding("", FORM, "Some values are not right.") for form in forms_ if not form.validate()]


def refuse_if_wrong(found: Sequence[tuple[Form, str]]) -> None:
    """`Invalid` if a form finds something itself."""
    wrong = wrong_in([form for form, _ in found])
    if wrong:
        raise Invalid(wrong[0].detail, wrong)


def in_words(found: Sequence[ItemForm], finding: Finding) -> str:
    """A finding as a line of its own, which names the item where there are several."""
    one = _item_of(found, finding)
    if one is None:
        return finding.detail
    several = len(found) > 1
    if _about_place(finding, one):
        return f"{one.title}: say where it is to be." if several else "Say where it is to be."
    return (f"{one.title}: " if several else "") + finding.detail


def _about_place(finding: Finding, one: ItemForm) -> bool:
    """Whether it misses what is asked on the page “where”."""
    return one.unplaced and finding.pointer.rpartition("/")[2] in PLACES


def place_errors(found: Sequence[ItemForm], findings: Sequence[Finding]) -> list[Finding]:
    """Put each finding at the field it is about; answer them all for the summary, in the order of the page. The forms
    have been validated, where they found something: what only echoes that is left out."""
    told = [one for item in found for one in _of_form(item, len(found) > 1)]
    refused = {(item.number, name) for item in found for name in item.form.errors if name}
    told += [placed for one in findings if one.rule != FORM if (placed := _placed_error(found, one, refused))]
    return _in_page_order(found, list(dict.fromkeys(told)))


def _of_form(item: ItemForm, several: bool) -> list[Finding]:
    """What the form itself finds wrong."""
    return forms.summary(item.form, f"{item.title}: " if several else "")


def _in_page_order(found: Sequence[ItemForm], told: Sequence[Finding]) -> list[Finding]:
    names = [
        f"/{name}"
        for item in found
        for name in (f"{item.prefix}item", f"{item.prefix}where", *(field.name for field in item.form))
    ]
    place = {name: at for at, name in enumerate(names)}
    return sorted(told, key=lambda one: place.get(one.pointer, len(place)))


def _placed_error(found: Sequence[ItemForm], finding: Finding, refused: Set[tuple[int, str]]) -> Finding | None:
    one = _item_of(found, finding)
    if one is None:
        return Finding("/service", finding.rule, finding.detail) if finding.pointer == "/items" else finding
    if _about_place(finding, one):
        one.wrong_where = "Say where it is to be."
        return Finding(f"/{one.prefix}where", "required", in_words(found, finding))
    name = _control_of(one, finding.pointer.strip("/").split("/")[2:])
    if _echoes(one, name, finding, refused):
        return None
    if name:
        forms.add_error(one.form, name, finding.detail)
    at = one.form[name].name if name else f"{one.prefix}item"
    if not name and one.asks_where and finding.pointer.rpartition("/")[2] in PLACES:
        at, one.wrong_where = f"{one.prefix}where", finding.detail
    return Finding(f"/{at}", finding.rule, in_words(found, finding))


def _echoes(one: ItemForm, name: str, finding: Finding, refused: Set[tuple[int, str]]) -> bool:
    """Whether the form has said so already: of the same control, or of another one of the same person. A change that
    says nothing says nothing because what was typed is wrong."""
    if finding.pointer.endswith("/details"):
        return bool(one.form.errors)
    alike = name.removesuffix(people.WHO) if name.startswith("contact_") else name
    return bool(name) and any(number == one.number and other.startswith(alike) for number, other in refused)


def _item_of(found: Sequence[ItemForm], finding: Finding) -> ItemForm | None:
    """The item that a finding is about, by its position in the order."""
    parts = finding.pointer.strip("/").split("/")
    if len(parts) < 2 or parts[0] not in ("items", "services") or not parts[1].isdigit():
        return None
    return found[int(parts[1])] if int(parts[1]) < len(found) else None


def _control_of(one: ItemForm, rest: Sequence[str]) -> str:
    """The control that a pointer within an item leads to; empty if there is none. What the details miss altogether is
    told at the first one."""
    if not rest:
        return ""
    if rest[-1] == "details":
        return next((asked.name for asked in one.asked if asked.name in one.form), "")
    known = {"requested_completion_date": "completion", "requested_start_date": "start"}
    if rest[0] in ("features", "contacts") and len(rest) > 1:
        name = f"feature_{rest[1]}" if rest[0] == "features" else f"contact_{rest[1]}_{people.WHO}"
    else:
        name = known.get(rest[-1], rest[-1])
    if name in one.form:
        return name
    if rest[0] == "details" and (part := parts.control_of(one.form, rest[1:])):
        return part
    if name in ("fabric", "location") and PLACE in one.form:
        return PLACE
    return next((by for by, names in IMPLIED.items() if name in names and by in one.form), "")
