"""Rules of access lines: what is activated has endpoints, what is built shares the address of its reference line."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.catalogue.collect import ACTIVATE, COLLECT, CREATE, NEARBY, NEIGHBOUR, is_built
from app.catalogue.lines import Line, Lines
from app.catalogue.rules import Rule
from app.catalogue.world import World
from app.domain.errors import Finding

_STREET = ("street_name", "city", "insee_code", "rivoli_code")
SHARED: dict[str, tuple[str, ...]] = {
    CREATE: ("street_number", *_STREET),
    NEARBY: ("street_number", *_STREET),
    NEIGHBOUR: _STREET,
}
"""What of its address a line that is built shares with its reference line: the house, or the street alone."""
_LABELS = {part.name: part.label for one in COLLECT.existing_fields if one.name == "address" for part in one.fields}


def shared_address(type_key: str, action: str, details: Mapping[str, Any], world: World) -> Mapping[str, str]:
    """The part of the reference line's address that a line beside it has too; empty where there is none, or it is not
    said completely yet."""
    parts = SHARED.get(str(details.get("activation_type")), ())
    reference = details.get("reference_endpoint")
    if (type_key, action) != (COLLECT.key, "new") or not parts or not isinstance(reference, dict):
        return {}
    address = world.line_address(reference.get("endpoint_ref_type") or "line_number", reference.get("endpoint_ref", ""))
    return {name: address[name] for name in parts if address.get(name)} if address else {}


def with_address(details: dict[str, Any], shared: Mapping[str, str]) -> dict[str, Any]:
    """The details with the shared address, as far as they do not say it otherwise themselves."""
    if not shared:
        return details
    own = {name: said for name, said in (details.get("address") or {}).items() if not _same(said, shared.get(name))}
    return {**details, "address": {**shared, **own}}


def other_address(details: Mapping[str, Any], shared: Mapping[str, str], pointer: str) -> Iterator[Finding]:
    """What the details say otherwise than the reference line."""
    for name, there in shared.items():
        said = (details.get("address") or {}).get(name, there)
        if not _same(said, there):
            label = f"Address, {_LABELS[name]} ({name})"
            words = f"{label} comes from the reference endpoint: it is “{there}” and stays so."
            yield Finding(f"{pointer}/address/{name}", "fixed", words)


def _same(said: object, there: object) -> bool:
    return isinstance(said, str) and isinstance(there, str) and said.casefold() == there.casefold()


def activated_lines_are_named(line: Line, _lines: Lines) -> Iterator[Finding]:
    """What is activated needs endpoints, and neither a reference line nor an appointment."""
    if not _activation(line) or line.details.get("activation_type") != ACTIVATE:
        return
    if not line.details.get("endpoints"):
        yield line.detail_finding("endpoints", "required", "To activate a line, give its endpoint: at least one.")
    for name, words in (("reference_endpoint", "A reference endpoint"), ("appointment", "An appointment")):
        if line.details.get(name) is not None:
            yield line.detail_finding(name, "not_wanted", f"{words} is only for a line that is built.")


def built_lines_have_a_reference(line: Line, lines: Lines) -> Iterator[Finding]:
    """A line that is built has no endpoints yet, stands beside a line that is known, and needs an appointment."""
    details = line.details
    if not _activation(line) or not is_built(details):
        return
    if details.get("endpoints"):
        yield line.detail_finding("endpoints", "not_wanted", "A line that is to be built has no endpoints yet.")
    reference = details.get("reference_endpoint")
    if reference is None:
        words = "To build a line, name the reference endpoint beside which it is to be."
        yield line.detail_finding("reference_endpoint", "required", words)
    elif lines.world.line_address(reference["endpoint_ref_type"], reference["endpoint_ref"]) is None:
        words = f"There is no active line “{reference['endpoint_ref']}” of the kind {reference['endpoint_ref_type']}."
        yield line.detail_finding("reference_endpoint/endpoint_ref", "reference", words)
    if details.get("appointment") is None:
        words = "To build a line, an appointment with the end customer is needed."
        yield line.detail_finding("appointment", "required", words)


def built_lines_share_the_address(line: Line, lines: Lines) -> Iterator[Finding]:
    """The address of a line that is built is that of its reference line, except for what tells the two apart."""
    shared = shared_address(line.type_key, line.does, line.details, lines.world)
    yield from other_address(line.details, shared, f"/items/{line.index}/details")


def _activation(line: Line) -> bool:
    return (line.type_key, line.does) == (COLLECT.key, "new")


ACCESS_RULES: tuple[Rule, ...] = (
    activated_lines_are_named,
    built_lines_have_a_reference,
    built_lines_share_the_address,
)
