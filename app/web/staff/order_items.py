"""The items of an order that Sales are writing: one block of fields each, made from the catalogue.

A block has a number that stays with it: the names of its fields begin with it, and other items refer to it by it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import Form
from wtforms.validators import ValidationError

from app.catalogue import ItemInput
from app.catalogue.fields import Field
from app.domain.errors import Finding, NotFound
from app.queries.portal_choices import Choices, Offered
from app.queries.staff_ordering import Orderer
from app.services import access_checks
from app.services.order_input import WishedDates
from app.web.portal import about, forms, parts
from app.web.render import zone
from app.web.staff.order_offer import IMPLIED, Offer, offer

MOST_ITEMS = 20
PLACE, PRODUCT = "place", "product"
LATE = ("start", "completion", "depends_on")
_SAID = re.compile(r"(\d{1,3})=((?:[0-9a-f-]{36}|new):[a-z0-9-]{1,60})", re.ASCII)
_MAKES = {"new:multiservice-port": ("multiservice_port", "port"), "new:pvlan": ("pvlan", "private VLAN"),
          "new:join-pvlan": ("pvlan", "private VLAN")}  # fmt: skip
"""What other items of the order may name."""


@dataclass(frozen=True)
class Block:
    """One item. `choices`: what it may choose from, the order's other items included."""

    number: int
    offer: Offer
    form: Form
    choices: Choices

    @property
    def said(self) -> str:
        return f"{self.number}={self.offer.key}"

    def item(self) -> ItemInput:
        """What the block orders, unchecked, for the catalogue checks it."""
        details, service = _details(self), self.offer.service
        if service is not None:
            details = {name: value for name, value in details.items() if service.details.get(name) != value}
        depends = [int(one) for one in re.findall(r"\d{1,3}", self.form["depends_on"].data or "", re.ASCII)]
        return ItemInput(
            self.offer.kind.key, self.offer.action.name, details, service_number=service.number if service else None,
            item_number=self.number, depends_on=depends or None,
        )  # fmt: skip

    @property
    def groups(self) -> list[parts.Group]:
        """Its controls as they are drawn, without those for dates and dependencies."""
        drawn = [one for one in self.form if one.short_name not in LATE]
        return parts.grouped(drawn, parts.helps(self.offer.asked, "staff"))

    @property
    def product(self) -> str | None:
        """The product that it is ordered as."""
        return (self.form[PRODUCT].data or None) if PRODUCT in self.form else None

    @property
    def enni(self) -> dict[str, str] | None:
        """Where it is handed over."""
        return {name: self.form[name].data for name in about.ENNI if name in self.form and self.form[name].data} or None

    def dates(self) -> WishedDates:
        return forms.dates(self.form)


def _details(block: Block) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in block.offer.asked:
        if field.fields and (whole := parts.read(field, block.form)) is not None:
            found[field.name] = whole
        if field.name not in block.form:
            continue
        value = forms.value_of(field, block.form[field.name].data)
        if value is not None:
            found[field.name] = value
        found |= _implied(field, str(block.form[field.name].data or ""), block)
    if PLACE in block.form and block.form[PLACE].data:
        found["fabric"], _, found["location"] = block.form[PLACE].data.partition("|")
    return found


def _implied(field: Field, key: str, block: Block) -> dict[str, str]:
    """The fabric and building of the chosen port, as far as the action takes them."""
    if field.name not in IMPLIED or not key:
        return {}
    offered: Sequence[Offered] = (
        block.choices.groups if field.kind == "port_group" else block.choices.of(field.refers_to)
    )
    chosen = next((one for one in offered if one.key == key), None)
    if chosen is None:
        return {}
    known = {"fabric": chosen.fabric, "location": chosen.location, "connexions_port": chosen.port_label}
    taken = [name for name in IMPLIED[field.name] if block.offer.action.field(name) is not None]
    return {name: value for name in taken if (value := known[name])}


def read(posted: MultiDict[str, str], who: Orderer, choices: Choices) -> tuple[list[Block], list[Finding]]:
    """The blocks that the form has, and a sentence for each that cannot be ordered any more."""
    said = dict(_said(posted.getlist("item")[:MOST_ITEMS]))
    blocks, findings = [], []
    for number, key in said.items():
        try:
            blocks.append(block(number, key, who, choices, said, posted, typed=posted))
        except NotFound:
            findings.append(Finding("", "gone", f"Item {number} cannot be ordered any more; it was taken out."))
    return blocks, findings


def _said(texts: Sequence[str]) -> list[tuple[int, str]]:
    return [(int(found[1]), found[2]) for text in texts if (found := _SAID.fullmatch(text))]


def added(key: str, blocks: Sequence[Block], who: Orderer, choices: Choices, posted: Mapping[str, str]) -> Block:
    """One more item, with what is usual filled in; `NotFound` if the account cannot order this."""
    number = max((one.number for one in blocks), default=0) + 1
    return block(number, key, who, choices, dict(_said([one.said for one in blocks])), posted)


def block(
    number: int, key: str, who: Orderer, choices: Choices, said: Mapping[int, str], posted: Mapping[str, str],
    typed: MultiDict[str, str] | None = None,
) -> Block:  # fmt: skip
    """One item. `said`: the order's items by number; `posted`: the whole form; `typed`: it, if this block is in it."""
    chosen = _with_items(choices, {other: one for other, one in said.items() if other != number}, posted)
    ordered = offer(key, who, chosen)
    controls = _form(number, ordered, chosen, who, typed)
    made = forms.made(controls, typed, _present(ordered), prefix=f"i{number}-")
    for field in ordered.asked:
        if field.name in made:  # staff read staff's words
            made[field.name].label.text = field.label + (f" ({field.unit})" if field.unit else "")
    return Block(number, ordered, made, chosen)


def _form(number: int, ordered: Offer, choices: Choices, who: Orderer, typed: Any) -> type[Form]:
    controls: dict[str, Any] = _product(ordered, choices, who)
    for field in ordered.asked:
        if field.fields:
            shown = parts.entries(field, None, typed, f"i{number}-")
            controls |= dict(parts.controls(field, shown, complete=True, audience="staff"))
        elif ordered.has_place and field.name == "fabric":
            places = [(f"{one.fabric}|{one.location}", one.label) for one in choices.places]
            controls[PLACE] = forms.select("Fabric and building", "", places, True)
        elif not (ordered.has_place and field.name == "location"):
            controls[field.name] = forms.control(field, choices, needed=field.required)
    end = "Switch off on" if ordered.is_cease else "Wanted by"
    controls |= {
        "start": forms.moment_of("Not before", f"This item's own; {zone().key} time."),
        "completion": forms.moment_of(end, "This item's own; it wins over the order's."),
        "depends_on": forms.text("Starts after items", "Their numbers, such as 1, 2. What it is built upon it waits "
                                 "for anyway.", longest=60, checks=[_numbers], autocomplete="off"),
    }  # fmt: skip
    return type("ItemForm", (Form,), controls)


def _product(ordered: Offer, choices: Choices, who: Orderer) -> dict[str, Any]:
    """Which product, and where it is handed over, if it is ordered as a product only."""
    if ordered.service is not None or not ordered.kind.families:
        return {}
    there = list(choices.products.get(ordered.kind.key, ()))
    product = {PRODUCT: forms.select("Product", "", there, True)}
    return product | (about.enni_controls(access_checks.ennis({who.account.id})) if ordered.kind.handed_over else {})


def _numbers(_form: Form, field: Any) -> None:
    if field.data and not re.fullmatch(r"\d{1,3}(\s*[,; ]\s*\d{1,3})*", field.data, re.ASCII):
        raise ValidationError("Give the numbers of other items, such as 1, 2.")


def _present(ordered: Offer) -> dict[str, Any]:
    """What a new block starts from: what is usual, or the service as it is."""
    shown = [part for one in ordered.asked if one.fields for part in parts.present(one, None).items()]
    if ordered.service is None:
        usual = {one.name: str(one.default) for one in ordered.asked if one.default not in (None, False)}
        return usual | dict(shown)
    return {one.name: forms.typed_value(one, ordered.service.details.get(one.name)) for one in ordered.asked}


def _with_items(choices: Choices, others: Mapping[int, str], posted: Mapping[str, str]) -> Choices:
    """What may be chosen, with the ports and private VLANs that the other items of this order make."""
    services = {kind: list(found) for kind, found in choices.services.items()}
    for number, key in others.items():
        if key in _MAKES:
            kind, noun = _MAKES[key]
            fabric, _, location = posted.get(f"i{number}-{PLACE}", "").partition("|")
            fabric = fabric or posted.get(f"i{number}-fabric", "")
            made = Offered(f"item:{number}", f"The new {noun} of item {number}", fabric or None, location or None)
            services[kind] = [made, *services.get(kind, [])]
    return replace(choices, services=services)


def faults(one: Block) -> list[Finding]:
    """What the block's form itself finds."""
    one.form.validate()
    return forms.summary(one.form, f"Item {one.number}, ")


def place_errors(blocks: Sequence[Block], findings: Sequence[Finding]) -> tuple[list[Finding], list[Finding]]:
    """Put findings about items at their fields. Answers them for the summary, and those that are about no item."""
    told: list[Finding] = []
    others = list(findings)
    for index, one in enumerate(blocks):
        mine = [found for found in others if f"{found.pointer}/".startswith(f"/items/{index}/")]
        others = [found for found in others if found not in mine]
        told += [_placed(one, found) for found in mine]
    return told, others


def _placed(one: Block, found: Finding) -> Finding:
    sentence = re.sub(r" \([a-z_]+\)", "", found.detail)  # people read the label, not the detail's key
    path = found.pointer.strip("/").split("/")[2:]
    name = _field_name(one, path[-1]) or parts.control_of(one.form, path[1:])
    if name:
        forms.add_error(one.form, name, sentence)
    return Finding(f"/i{one.number}-{name}" if name else "", found.rule, f"Item {one.number}: {sentence}")


def at_product(blocks: Sequence[Block], pointer: str) -> tuple[Form, str] | None:
    """The control of an item that a finding about the order's product, or its ENNI, is about."""
    name = {"/product/code": PRODUCT, "/enni": about.ENNI[0]}.get(pointer, pointer.removeprefix("/enni/"))
    return next(((one.form, name) for one in blocks if PRODUCT in one.form and name in one.form), None)


def other_products(blocks: Sequence[Block]) -> list[Finding]:
    """A finding for each item that is another product than the first."""
    products = [one for one in blocks if one.product]
    found = []
    for one in products[1:]:
        if one.product != products[0].product:
            words = "An order is of one product; please make another order for this one."
            forms.add_error(one.form, PRODUCT, words)
            found.append(Finding(f"/i{one.number}-{PRODUCT}", "once", f"Item {one.number}: {words}"))
    return found


def _field_name(one: Block, last: str) -> str:
    name = {"requested_completion_date": "completion", "requested_start_date": "start"}.get(last, last)
    if name in one.form:
        return name
    if name in ("fabric", "location") and PLACE in one.form:
        return PLACE
    return next((by for by, names in IMPLIED.items() if name in names and by in one.form), "")
