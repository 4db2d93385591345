"""What the services of a draft still need, read afresh each time: configuration, features, contacts, identifiers.

Configuration and identifiers are the details of the order's items; features and contacts of the service stand beside
them. Identifiers (MAC address, VLAN, AS number) are told with the realm in which each must be unique or known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from app.catalogue import JOIN_PVLAN, SERVICE_TYPES, action_of, reading
from app.catalogue.access_rules import other_address, shared_address, with_address
from app.catalogue.fields import Field
from app.catalogue.model import Action
from app.catalogue.partial import given
from app.domain import clock, story
from app.domain.errors import Conflict, Finding, Invalid
from app.domain.models import (
    ItemSetup,
    Order,
    OrderItem,
    PackageService,
)
from app.extensions import db
from app.queries.catalogue_world import DatabaseWorld
from app.services import named_people, packages, service_contacts
from app.services.actor import Actor
from app.services.packages import with_defaults
from app.services.requirement_choices import choices, realm, realms

IDENTIFIER_KINDS = frozenset({"mac", "vlan", "asn"})
NOTHING_SELECTED = "Select a package first, or give the order items: there is nothing to configure yet."
TAKEN_OUT = "The services of the package were taken out of the order. Send them as its items, or begin a new draft."


@dataclass(frozen=True)
class Values:
    """What to set for one service. None in `configuration`, `identifiers` or `contacts` takes a value away."""

    item_number: int
    configuration: Mapping[str, Any] | None = None
    identifiers: Mapping[str, Any] | None = None
    features: Mapping[str, Any] | None = None
    contacts: Mapping[str, Any] | None = None


@dataclass
class _Known:
    """What the requirements of one order are made from."""

    setups: dict[Any, ItemSetup]
    services: dict[Any, PackageService]
    choices: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def of_order(order: Order) -> dict[str, Any]:
    """Every service with what must be set, what may, and what is; `missing` lists what still has to be."""
    known = _known(order)
    known.choices = choices(order)
    return {
        "order_id": str(order.id),
        "version": order.version,
        "services": [_service(item, order, known) for item in order.items],
        "realms": realms(order, known.choices),
        "missing": [one.as_dict() for one in missing(order, known)],
    }


def _known(order: Order) -> _Known:
    ids = [item.id for item in order.items]
    rows = db.session.execute(
        select(ItemSetup, PackageService)
        .outerjoin(PackageService, PackageService.id == ItemSetup.package_service_id)
        .where(ItemSetup.item_id.in_(ids))
    ).all()
    return _Known(
        {setup.item_id: setup for setup, _ in rows},
        {setup.item_id: service for setup, service in rows if service is not None},
    )


def _service(item: OrderItem, order: Order, known: _Known) -> dict[str, Any]:
    action = action_of(item.service_type, item.action, order.type)
    fields = action.fields if action else ()
    package_service = known.services.get(item.id)
    fixed = set(package_service.fixed) if package_service else set()
    kind = SERVICE_TYPES.get(item.service_type)
    return {
        "item_number": item.item_number,
        "item_id": str(item.id),
        "service_type": item.service_type,
        "item_action": item.action,
        "label": kind.label if kind else item.service_type,
        "configuration": [
            _field(one, item, fixed, known) for one in fields if one.kind not in IDENTIFIER_KINDS
        ],
        "identifiers": [
            {**_field(one, item, fixed, known), "realm": realm(one, item)}
            for one in fields
            if one.kind in IDENTIFIER_KINDS
        ],
        "features": _features(item, known),
        "contacts": _contacts(item, order, known),
    }  # fmt: skip


def _field(one: Field, item: OrderItem, fixed: set[str], known: _Known) -> dict[str, Any]:
    offered: Sequence[Mapping[str, Any]] = ()
    if not one.choices:
        offered = known.choices.get("pvlan" if one.refers_to == ("pvlan",) else one.kind, [])
    if one.kind == "location" and item.details.get("fabric"):
        offered = [choice for choice in offered if choice.get("fabric") in (None, item.details["fabric"])]
    return _asked(one, offered, fixed=one.name in fixed, value=item.details.get(one.name))


def _asked(
    one: Field, offered: Sequence[Mapping[str, Any]] = (), *, fixed: bool = False, value: Any = None
) -> dict[str, Any]:
    """What is asked, with its parts where it has any. `offered`: choices that the catalogue itself does not list."""
    choices = offered or [{"value": choice.value, "label": choice.label} for choice in one.choices]
    return {
        "name": one.name,
        "label": one.label,
        "kind": one.kind,
        "unit": one.unit,
        "help": one.help,
        "required": one.required,
        "fixed": fixed,
        "default_value": one.default,
        "minimum": one.minimum,
        "maximum": one.maximum,
        "choices": [{"value": choice["value"], "label": choice["label"]} for choice in choices],
        "fields": [_asked(inner) for inner in one.fields],
        "value": value,
    }


def _features(item: OrderItem, known: _Known) -> list[dict[str, Any]]:
    package_service, setup = known.services.get(item.id), known.setups.get(item.id)
    said = setup.features if setup else {}
    features = package_service.features if package_service else {}
    stands, _ = with_defaults(features, {code: said[code] for code in said if code in features}, "")
    return [
        {
            "code": code, "label": feature["label"], "help": feature.get("help", ""),
            "required": bool(feature.get("required")), "choices": feature.get("choices", []), **stands[code],
        }
        for code, feature in features.items()
    ]  # fmt: skip


def _contact_roles(item: OrderItem, order: Order, known: _Known) -> service_contacts.Roles:
    """Of the service that the item makes; a change, an end or a join makes none."""
    joins = order.type == JOIN_PVLAN and item.service_type == "pvlan"
    if item.action != "new" or joins:
        return {}
    package_service = known.services.get(item.id)
    return package_service.contacts if package_service else service_contacts.USUAL


def _contacts(item: OrderItem, order: Order, known: _Known) -> list[dict[str, Any]]:
    """The service's own contacts; those of the account (primary, billing) are others."""
    setup = known.setups.get(item.id)
    said = setup.contacts if setup else {}
    return [
        {"role": role, "label": told["label"], "required": bool(told.get("required")), "contact": said.get(role)}
        for role, told in _contact_roles(item, order, known).items()
    ]


def missing(order: Order, known: _Known | None = None) -> list[Finding]:
    """Required details, features and contacts that are not set yet, and services of the package that are not there."""
    known = known or _known(order)
    found = [one for one in packages.findings(order) if one.pointer == "/items"]
    for index, item in enumerate(order.items):
        action = action_of(item.service_type, item.action, order.type)
        found += reading.missing(action.fields if action else (), item.details, f"/items/{index}/details")
        found += _missing_beside(index, item, order, known)
    return found


def findings(order: Order) -> list[Finding]:
    """What submitting misses beyond the details, which are the catalogue's to check."""
    known = _known(order)
    return [one for index, item in enumerate(order.items) for one in _missing_beside(index, item, order, known)]


def _missing_beside(index: int, item: OrderItem, order: Order, known: _Known) -> list[Finding]:
    setup, package_service = known.setups.get(item.id), known.services.get(item.id)
    said = setup.contacts if setup else {}
    found = [
        Finding(f"/items/{index}/contacts/{role}", "required", f"{told['label']} is missing.")
        for role, told in _contact_roles(item, order, known).items()
        if told.get("required") and role not in said
    ]
    if package_service is not None:
        features = setup.features if setup else {}
        found += with_defaults(package_service.features, features, f"/items/{index}/features")[1]
        stands, _ = with_defaults(package_service.features, features, "")
        for code, feature in package_service.features.items():
            if feature.get("required") and stands[code]["value"] is None and feature.get("choices"):
                where = f"/items/{index}/features/{code}"
                found.append(Finding(where, "required", f"{feature['label']} is missing."))
    return found


def put(order: Order, values: Sequence[Values], actor: Actor, *, whole: bool = False) -> None:
    """Set what is given for the services of a draft, which is locked; the caller commits.

    `whole`: a group that is given (configuration, identifiers, features, contacts) is replaced, what it does not say is
    taken away; otherwise it is merged. `Conflict` before a package is selected; `Invalid` names each wrong value.
    """
    if not order.items:
        raise Conflict(TAKEN_OUT if order.package_id else NOTHING_SELECTED)
    known = _known(order)
    by_number = {item.item_number: item for item in order.items}
    problems: list[Finding] = []
    for index, one in enumerate(values):
        item = by_number.get(one.item_number)
        if item is None:
            words = f"This order has no item {one.item_number}."
            problems.append(Finding(f"/services/{index}/item_number", "reference", words))
        else:
            problems += _put_one(item, order, one, known, f"/services/{index}", whole)
    if problems:
        raise Invalid("Some values are not right.", problems)
    order.version += 1
    order.modified_at = clock.now()
    db.session.flush()
    story.audit(actor.name, "order configured", order_id=order.id, subject=order.name)


def _put_one(item: OrderItem, order: Order, one: Values, known: _Known, at: str, whole: bool) -> list[Finding]:
    action = action_of(item.service_type, item.action, order.type)
    problems: list[Finding] = []
    if action is not None:
        for name, said in (("configuration", one.configuration), ("identifiers", one.identifiers)):
            if said is not None:
                problems += _put_details(item, action, name, said, known, f"{at}/{name}", whole)
    if one.configuration is not None and not problems:
        problems += _share_address(item, order, f"{at}/configuration")
    if one.features is None and one.contacts is None:
        return problems
    setup = known.setups.get(item.id)
    if setup is None:
        setup = known.setups[item.id] = ItemSetup(item_id=item.id, features={}, contacts={})
        db.session.add(setup)
    if one.features is not None:
        service = known.services.get(item.id)
        before = {} if whole else {code: dict(stands) for code, stands in setup.features.items()}
        after = {**before, **{code: {**before.get(code, {}), **said} for code, said in one.features.items()}}
        stands, wrong = with_defaults(service.features if service else {}, after, f"{at}/features")
        problems += wrong
        setup.features = stands
    if one.contacts is not None:
        problems += _put_contacts(item, order, setup, one.contacts, known, f"{at}/contacts", whole)
    return problems


def _share_address(item: OrderItem, order: Order, at: str) -> list[Finding]:
    """Fill in what a reference line tells of the address."""
    world = DatabaseWorld({account for account in (order.account_id, order.sub_account_id) if account})
    shared = shared_address(item.service_type, item.action, item.details, world)
    problems = list(other_address(item.details, shared, at))
    item.details = with_address(item.details, shared)
    return problems


def _put_details(
    item: OrderItem, action: Action, group: str, said: Mapping[str, Any], known: _Known, at: str, whole: bool
) -> list[Finding]:
    identifiers = group == "identifiers"
    mine = {one.name for one in action.fields if (one.kind in IDENTIFIER_KINDS) is identifiers}
    service = known.services.get(item.id)
    fixed = set(service.fixed) & mine if service else set()
    problems = [
        Finding(f"{at}/{name}", "fixed", f"{name} comes with the package and cannot be changed.")
        for name in sorted(fixed & set(said))
        if said[name] != item.details.get(name)
    ]
    problems += [
        Finding(f"{at}/{name}", "unknown", f"There is no “{name}” here; it can be {', '.join(sorted(mine)) or 'none'}.")
        for name in said
        if name not in mine
    ]
    typed, wrong = given(
        action, {name: value for name, value in said.items() if name in mine and value is not None}, at
    )
    gone = {name for name in said if said[name] is None} | ((mine - set(said) - fixed) if whole else set())
    item.details = {**{name: value for name, value in item.details.items() if name not in gone}, **typed}
    return problems + wrong


def _put_contacts(
    item: OrderItem, order: Order, setup: ItemSetup, said: Mapping[str, Any], known: _Known, at: str, whole: bool
) -> list[Finding]:
    roles = _contact_roles(item, order, known)
    problems = [
        Finding(f"{at}/{role}", "unknown", f"There is no such role; it can be {', '.join(roles) or 'none'}.")
        for role in said
        if role not in roles
    ]
    people, strangers = named_people.settled(said, service_contacts.accounts_of(order), at)
    after = {**({} if whole else setup.contacts), **dict.fromkeys(said), **people}
    setup.contacts = {role: person for role, person in after.items() if person}
    return [*problems, *strangers, *named_people.faults(people, at)]


def name_people(order: Order, said: Sequence[Mapping[str, Any] | None]) -> list[Finding]:
    """Say whom to call about the services of a draft, one for each of its items; None leaves those of an item as they
    are. Answers what is wrong."""
    known = _known(order)
    findings = []
    for index, (item, people) in enumerate(zip(order.items, said, strict=False)):
        if people is not None:
            setup = known.setups[item.id]
            findings += _put_contacts(item, order, setup, people, known, f"/items/{index}/contacts", whole=True)
    db.session.flush()
    return findings
