"""The items of a draft as forms: what each asks, what it says so far, and what was typed, read back as their details.

What is asked comes from the catalogue and from the requirements of the draft's services. Left out is what the package
fixes, what was answered by “where”, and what follows from a chosen port or port group.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wtforms import BooleanField, Form

from app.catalogue import ItemInput, action_of, title
from app.catalogue.fields import Field
from app.catalogue.model import Action
from app.domain.models import Order, OrderItem, Service
from app.queries import address_book, portal_choices
from app.queries.address_book import Book
from app.queries.portal_choices import Choices
from app.queries.portal_words import item_title
from app.services import draft_groups, draft_places, drafts, requirements
from app.services.draft_groups import PLACES
from app.web.portal import fitting, forms, parts, people

PLACE = "place"
IMPLIED = {
    "port": ("fabric", "location"),
    "port_group_id": ("fabric", "location", "connexions_port"),
}
"""What follows from a chosen port or port group, so that nobody has to say it twice."""


@dataclass
class ItemForm:
    """One item with its form. `kept`: details that are not asked here. `present`: the service that it changes.
    `asks_where`: where it is to be is asked on a page of its own; `unplaced`: and is not said yet; `wrong_where`: what
    is wrong with it."""

    number: int
    index: int
    title: str
    action: Action
    form: Form
    asked: list[Field]
    kept: dict[str, Any]
    present: Mapping[str, Any]
    needs: Mapping[str, Any]
    asks_where: bool
    unplaced: bool
    wrong_where: str = ""

    @property
    def prefix(self) -> str:
        return f"i{self.number}-"


@dataclass(frozen=True)
class Source:
    """What the forms of one draft are made from; read once for all of its items."""

    order: Order
    choices: Choices
    book: Book
    needs: Mapping[int, Mapping[str, Any]]
    missing: Sequence[Mapping[str, Any]]
    inputs: Sequence[ItemInput]
    leads: frozenset[int]
    placed: frozenset[int]
    services: Mapping[int, Service]


def source(order: Order, own: str) -> Source:
    """Read in a fixed number of queries."""
    told = requirements.of_order(order)
    ids = {account for account in (order.account_id, order.sub_account_id) if account}
    groups = draft_groups.of(order)
    inputs = [drafts.item_input(item, groups.setups.get(item.id)) for item in order.items]
    leads = groups.leads()
    placed = [one for lead in leads if draft_places.where_of(groups, lead) for one in groups.together(lead)]
    return Source(
        order, portal_choices.for_accounts(own, ids), address_book.of(order.account_id, order.sub_account_id),
        {one["item_number"]: one for one in told["services"]},
        told["missing"], inputs, frozenset(leads), frozenset(placed),
        portal_choices.services_named([one.service_number for one in inputs]),
    )  # fmt: skip


def of_draft(src: Source, typed: Any, *, complete: bool) -> list[ItemForm]:
    """The forms of all items, in their order. `complete`: what is required must be given."""
    return [_item_form(src, index, typed, complete) for index in range(len(src.order.items))]


def _item_form(src: Source, index: int, typed: Any, complete: bool) -> ItemForm:
    item, said = src.order.items[index], src.inputs[index]
    action = action_of(item.service_type, item.action, src.order.type)
    assert action is not None  # a draft holds only what the catalogue knows
    needs = src.needs[item.item_number]
    fixed = {one["name"] for one in needs["configuration"] + needs["identifiers"] if one["fixed"]}
    placed, leads = item.item_number in src.placed, item.item_number in src.leads
    asked = [one for one in action.fields if one.name not in _unasked(action, fixed, placed, leads, item)]
    service = src.services.get(said.service_number) if isinstance(said.service_number, int) else None
    present = service.details if service else {}
    made = ItemForm(
        item.item_number, index, item_title(item.item_number, item.service_type, item.action, src.order.type), action,
        Form(), asked, _kept(item, asked), present, needs, leads, leads and not placed,
    )  # fmt: skip
    controls = dict(_controls(src, made, item, typed, complete))
    form_class = type("ItemForm", (Form,), controls)
    made.form = forms.made(form_class, typed, _now(src, made, item), made.prefix)
    for one in asked if action.changes else ():
        if one.name in made.form:
            made.form[one.name].plain = True
    people.settle(made.form, [f"contact_{role['role']}" for role in needs["contacts"]])
    return made


def _unasked(action: Action, fixed: set[str], placed: bool, leads: bool, item: OrderItem) -> set[str]:
    """What the package fixes, what follows from something else, and what “where” asks or has answered."""
    implied = {name for one in action.fields for name in IMPLIED.get(one.name, ())}
    answered = {name for name in PLACES if leads or (placed and item.details.get(name) is not None)}
    return implied | fixed | answered


def _kept(item: OrderItem, asked: Sequence[Field]) -> dict[str, Any]:
    names = {one.name for one in asked}
    return {name: value for name, value in item.details.items() if name not in names}


def _controls(src: Source, made: ItemForm, item: OrderItem, typed: Any, complete: bool) -> Iterator[tuple[str, Any]]:
    names = {one.name for one in made.asked}
    for one in made.asked:
        needed = one.required and complete
        if one.fields:
            shown = parts.entries(one, item.details.get(one.name), typed, made.prefix)
            yield from parts.controls(one, shown, complete=complete)
        elif one.name == "fabric" and "location" in names:
            places = [(f"{place.fabric}|{place.location}", place.label) for place in src.choices.places]
            yield PLACE, forms.select("Fabric and building", "Where the service is to be.", places, needed)
        elif not (one.name == "location" and "fabric" in names):
            there = list(_of_order(src, one, item))
            unfit = fitting.unfit(src.choices, item, src.order.items) if one.name == fitting.PVLAN else {}
            yield one.name, forms.control(
                one, src.choices, there, needed=needed, changes=made.action.changes, unfit=unfit
            )  # fmt: skip
    for feature in made.needs["features"]:
        yield f"feature_{feature['code']}", feature_control(feature, complete=complete)
    for role in made.needs["contacts"]:
        needed = bool(role["required"]) and complete
        yield from people.controls(f"contact_{role['role']}", role["label"], src.book, needed=needed).items()
    if len(src.order.items) > 1:
        yield "start", forms.moment_of("Not before", "For this item alone; it wins over the order's date.")
        yield "completion", forms.moment_of("Wanted by", "For this item alone; it wins over the order's date.")


def _of_order(src: Source, one: Field, item: OrderItem) -> Iterator[tuple[str, str]]:
    """What other items of the order will have made, as far as this detail may name it."""
    for other in src.order.items:
        if other is not item and other.service_type in one.refers_to and other.action == "new":
            word = title(other.service_type, "member")
            yield f"item:{other.item_number}", f"The {word} of this order (order item {other.item_number})"


def feature_control(feature: Mapping[str, Any], *, complete: bool) -> Any:
    options = [(str(one["value"]), one["label"]) for one in feature["choices"]]
    if not options:
        return BooleanField(feature["label"], description=feature["help"])
    needed = bool(feature["required"]) and complete
    return forms.select(feature["label"], feature["help"], options, needed, "Not wanted")


def _now(src: Source, made: ItemForm, item: OrderItem) -> dict[str, Any]:
    """What the draft says already; else what the service is, or the default."""
    known = {
        one.name: forms.typed_value(one, item.details.get(one.name, made.present.get(one.name, one.default)))
        for one in made.asked if not one.fields
    }  # fmt: skip
    for one in made.asked:
        known |= parts.present(one, item.details.get(one.name)) if one.fields else {}
    owner = item.details.get("pvlan_service_account_id")
    if owner:
        known["pvlan_service_account_id"] = portal_choices.handle_of(owner)
    if item.details.get("fabric") and item.details.get("location"):
        known[PLACE] = f"{item.details['fabric']}|{item.details['location']}"
    for feature in made.needs["features"]:
        known[f"feature_{feature['code']}"] = feature_now(feature)
    for role in made.needs["contacts"]:
        known |= people.present(f"contact_{role['role']}", role["contact"], src.book)
    known["start"] = forms.typed_moment(item.requested_start_date)
    known["completion"] = forms.typed_moment(item.requested_completion_date)
    return known


def feature_now(feature: Mapping[str, Any]) -> Any:
    if not feature["choices"]:
        return bool(feature["enabled"])
    return str(feature["value"]) if feature["enabled"] and feature["value"] is not None else ""


def fields_of(one: ItemForm, part: str) -> list[Any]:
    """The form's controls of one part: main, features or dates. Contacts are drawn one by one."""

    def belongs(name: str) -> bool:
        if part == "main":
            return not name.startswith(("feature_", "contact_")) and name not in ("start", "completion")
        return name.startswith("feature_") if part == "features" else name in ("start", "completion")

    return [one.form[name] for name in one.form._fields if belongs(name)]


def groups_of(one: ItemForm) -> list[parts.Group]:
    """The main part as it is drawn, the parts of one detail together."""
    return parts.grouped(fields_of(one, "main"), parts.helps(one.asked))
