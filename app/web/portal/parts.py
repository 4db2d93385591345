"""Details with parts as controls: one for each part, named after both, “address--city”, “endpoints--0--endpoint_ref”.

Of a list the entries that there are are shown, and an empty one; what is left empty is not said. No scripts are needed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wtforms import Form

from app.catalogue.fields import Audience, Field
from app.catalogue.reading import entry
from app.queries.portal_choices import Choices
from app.web.portal import forms

SEPARATOR = "--"


@dataclass(frozen=True)
class Group:
    """Controls that are drawn together; single ones have no legend."""

    legend: str
    help: str
    controls: Sequence[Any]

    @property
    def needed(self) -> bool:
        """Whether the whole must be given."""
        return any(one.whole_needed for one in self.controls)


def controls(field: Field, entries: int, *, complete: bool, audience: Audience = "member") -> Iterator[tuple[str, Any]]:
    """The controls of a detail with parts. `complete`: what is required must be given, if the whole is."""
    needed_whole = field.kind == "object" and field.required
    for name, legend, one in _leaves(field, entries, audience):
        needed = needed_whole and one.required and complete
        said = replace(one, portal_label=one.label_for(audience))
        made = forms.control(said, Choices(), needed=needed)
        within = any(other.required for other in field.fields)
        words = {
            "legend": legend, "spoken": f"{legend}, {one.label_for(audience)}", "whole_needed": needed_whole,
            "plain": one.required or not within,
        }  # fmt: skip
        made.field_class = type(made.field_class.__name__, (made.field_class,), words)
        yield name, made


def _leaves(field: Field, entries: int, audience: Audience) -> Iterator[tuple[str, str, Field]]:
    if field.kind == "object":
        for one in field.fields:
            yield _name(field.name, one.name), field.label_for(audience), one
        return
    for index in range(entries):
        for one in field.fields:
            yield _name(field.name, index, one.name), entry(field, index), one


def _name(*parts: object) -> str:
    return SEPARATOR.join(str(one) for one in parts)


def entries(field: Field, value: Any, typed: Mapping[str, str] | None, prefix: str) -> int:
    """How many entries of a list are shown."""
    there = len(value) if isinstance(value, list) else 0
    if typed is not None:
        entry_of = re.compile(re.escape(_name(prefix + field.name, "")) + r"(\d{1,2})" + SEPARATOR + r"(\w+)")
        usual = {one.name: ("", str(one.default or "")) for one in field.fields}
        numbers = [
            int(found[1]) for key, text in typed.items()
            if (found := entry_of.fullmatch(key)) and text.strip() not in usual.get(found[2], ("",))
        ]  # fmt: skip
        there = max(numbers, default=-1) + 1
    return min(there + 1, field.maximum or there + 1)


def present(field: Field, value: Any) -> dict[str, Any]:
    """What the controls show for the detail as it stands."""
    if field.kind == "object":
        return _shown(field, value, field.name)
    shown: dict[str, Any] = {}
    for index, one in enumerate([*(value if isinstance(value, list) else ()), {}]):
        shown |= _shown(field, one, _name(field.name, index))
    return shown


def _shown(field: Field, value: Any, name: str) -> dict[str, Any]:
    said = value if isinstance(value, dict) else {}
    return {_name(name, one.name): forms.typed_value(one, said.get(one.name, one.default)) for one in field.fields}


def read(field: Field, form: Form) -> Any:
    """The detail that was typed, unchecked; None for nothing."""
    if field.kind == "object":
        return _typed(field, form, field.name)
    found, index = [], 0
    while _name(field.name, index, field.fields[0].name) in form:
        one = _typed(field, form, _name(field.name, index))
        found += [one] if one is not None else []
        index += 1
    return found or None


def _typed(field: Field, form: Form, name: str) -> dict[str, Any] | None:
    """What was typed of one object; None if it says no more than what is usual."""
    typed = {one.name: forms.value_of(one, form[_name(name, one.name)].data) for one in field.fields}
    usual = {one.name: one.default for one in field.fields}
    if all(value is None or value == usual[part] for part, value in typed.items()):
        return None
    return {part: value for part, value in typed.items() if value is not None}


def control_of(form: Form, path: Sequence[str]) -> str:
    """The control that leads to this part, or to the first one of the whole; empty if there is none."""
    name = _name(*path)
    return name if name in form else next((one for one in form._fields if one.startswith(name + SEPARATOR)), "")


def grouped(drawn: Iterable[Any], helps: Mapping[str, str]) -> list[Group]:
    """The controls as they are drawn: the parts of one whole together. `helps`: by legend."""
    groups: list[Group] = []
    for one in drawn:
        legend = getattr(one, "legend", "")
        if groups and groups[-1].legend == legend:
            groups[-1] = replace(groups[-1], controls=[*groups[-1].controls, one])
        else:
            groups.append(Group(legend, helps.get(legend, ""), [one]))
    return groups


def helps(fields: Sequence[Field], audience: Audience = "member") -> dict[str, str]:
    """What stands under the legend of each whole; of a list under its first entry's."""
    return {entry(one, 0) if one.kind == "list" else one.label_for(audience): one.help for one in fields if one.fields}
