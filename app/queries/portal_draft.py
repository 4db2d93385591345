"""A draft as the ordering wizard shows it: its items in words, the package and its price, what waits for what."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from app.catalogue import ItemInput, describe, describe_service, item_names, title
from app.catalogue.describe import Row
from app.domain import clock
from app.domain.errors import Finding
from app.domain.models import Account, ItemSetup, Order, OrderItem, Package, PackageService, Qualification, Service
from app.domain.states import Status
from app.extensions import db
from app.queries import names, portal_choices
from app.queries.portal_words import Numbered, item_title, what_is_done
from app.services import (
    draft_groups,
    draft_places,
    drafts,
    named_people,
    order_checks,
    packages,
    qualification,
    service_contacts,
)
from app.services.actor import Actor
from app.services.draft_groups import Groups

MOST_DRAFTS = 50


@dataclass(frozen=True)
class DraftItem:
    """One item in words. `needs`: the titles of items that must be completed before it starts, `awaits`: services
    that other orders still set up; `asks_where`: of it itself is asked where it is to be; `removable`: it can be taken
    out of the order."""

    number: int
    title: str
    action: str
    rows: list[Row]
    needs: list[str]
    awaits: list[str]
    asks_where: bool
    removable: bool
    start: datetime | None
    completion: datetime | None


@dataclass(frozen=True)
class DraftRow:
    """A draft in the list of drafts."""

    id: uuid.UUID
    number: int
    version: int
    what: str
    customer: str
    begun_by: str
    modified_at: datetime


def find(actor: Actor, order_id: uuid.UUID) -> Order | None:
    """The order, also when it has been submitted meanwhile; None if there is none of the viewer's accounts."""
    order = db.session.get(Order, order_id)
    return order if order is not None and order.account_id in actor.account_ids else None


def offered(groups: Groups, found: Qualification | None) -> list[Package]:
    """The packages with the service that the draft was started with, as far as they can be had where it is to be."""
    main = groups.main()
    if main is None or groups.items[main].action != "new":
        return []
    wanted, where = groups.items[main].service_type, draft_places.where_of(groups, main)
    there = where.site if where is not None else {}
    return [
        one for one in packages.listed(found)
        if any(service.service_type == wanted for service in one.services)
        and (found is None or any(_fits(site, there) for site in packages.sites_of(one, found)))
    ]  # fmt: skip


def _fits(site: Mapping[str, str], there: Mapping[str, Any]) -> bool:
    return all(site.get(name, value) == value for name, value in there.items())


def expired(order: Order, number: int | None) -> bool:
    """Whether what was found out about the place of this item is not believed any more."""
    return number is not None and number in stale(order)


def stale(order: Order) -> list[int]:
    """The items of which that is so."""
    now = clock.now()
    return [one for found, numbers in qualification.all_of(order) if found.valid_until <= now for one in numbers]


def items(order: Order, actor: Actor, problems: Sequence[Finding]) -> list[DraftItem]:
    """The draft's items in words. As long as something about them is wrong, what waits for what is told only as far as
    they name each other."""
    setups = drafts.setups_of(order)
    inputs = [drafts.item_input(item, setups.get(item.id)) for item in order.items]
    known = portal_choices.services_named([one.service_number for one in inputs])
    called = names.for_details(
        [*(item.details for item in order.items), *(service.details for service in known.values())], list(known)
    )
    bundles = bundles_of(setups.values())
    numbered = [Numbered(item.item_number, item.service_type, item.action, item.details) for item in order.items]
    called = replace(called, items=item_names(numbered, "member"))
    wrong = any(one.pointer.startswith("/items") for one in problems)
    needs, awaited = (_named(order.items), {}) if wrong else _needs(order)
    groups = draft_groups.Groups(order, setups, {item.item_number: item for item in order.items})
    leads, bundled, follows = groups.leads(), groups.bundled(), _ends_with_its_vlan(order, known)
    titles = {one.item_number: item_title(one.item_number, one.service_type, one.action, order.type)
              for one in order.items}  # fmt: skip
    return [
        DraftItem(
            number=item.item_number, title=titles[item.item_number], action=item.action,
            rows=_rows(said, order, called, known, actor) + beside(setups.get(item.id), bundles),
            needs=[titles[number] for number in needs.get(item.item_number, ())],
            awaits=awaited.get(item.item_number, []),
            asks_where=item.item_number in leads,
            removable=len(order.items) > 1 and item.item_number not in bundled and item.item_number not in follows,
            start=item.requested_start_date, completion=item.requested_completion_date,
        )
        for item, said in zip(order.items, inputs, strict=True)
    ]  # fmt: skip


def _ends_with_its_vlan(order: Order, known: Mapping[int, Service]) -> set[int]:
    """The items that end a unit because its private VLAN ends."""
    ending = {item.service_number: item.item_number for item in order.items if item.action == "cease"}
    services = {service.id: number for number, service in known.items() if number in ending}
    return {
        ending[number] for number, service in known.items()
        if number in ending and service.pvlan_service_id is not None and service.pvlan_service_id in services
    }  # fmt: skip


def _rows(said: ItemInput, order: Order, called: Any, known: Mapping[int, Service], actor: Actor) -> list[Row]:
    """What is asked; of a change as “old → new”, of a cease what ends."""
    asked = describe(said.service_type, said.action, said.details, "member", called, order.type)
    service = known.get(said.service_number) if isinstance(said.service_number, int) else None
    if service is None:
        return asked
    before = describe_service(said.service_type, service.details, "member", called)
    old = dict(before)
    head = [("Service", f"{title(said.service_type, 'member')} {service.number}")]
    if service.account_id not in actor.account_ids:
        return head  # another member's unit ends with its private VLAN; what else it is stays theirs
    if not asked:
        return head + before
    return head + [(label, f"{old[label]} → {value}" if label in old else value) for label, value in asked]


def bundles_of(setups: Iterable[ItemSetup]) -> dict[uuid.UUID, PackageService]:
    wanted = {one.package_service_id for one in setups if one.package_service_id is not None}
    if not wanted:
        return {}
    return {row.id: row for row in db.session.scalars(select(PackageService).where(PackageService.id.in_(wanted)))}


def beside(setup: ItemSetup | None, bundles: Mapping[uuid.UUID, PackageService]) -> list[Row]:
    """Features and contacts of the service, as chosen."""
    if setup is None:
        return []
    service = bundles.get(setup.package_service_id) if setup.package_service_id else None
    roles = service.contacts if service else service_contacts.USUAL
    contacts = [
        (told["label"], named_people.in_words(setup.contacts[role]))
        for role, told in roles.items()
        if role in setup.contacts
    ]
    return (features(setup, service) if service else []) + contacts


def features(setup: ItemSetup, service: PackageService) -> list[Row]:
    """Features of a service of a package, as chosen."""
    return [
        (feature["label"], _feature(feature, setup.features.get(code, {})))
        for code, feature in service.features.items()
    ]


def _feature(feature: Mapping[str, Any], said: Mapping[str, Any]) -> str:
    if not said.get("enabled"):
        return "Not wanted"
    labels = {choice["value"]: choice["label"] for choice in feature.get("choices", [])}
    return str(labels.get(said.get("value"), said.get("value"))) if labels else "Yes"


def _needs(order: Order) -> tuple[dict[int, tuple[int, ...]], dict[int, list[str]]]:
    """Which items come first; and which services that others still set up, in words."""
    ids = {account for account in (order.account_id, order.sub_account_id) if account}
    checked = order_checks.check(drafts.stored_input(order), ids).items
    known = portal_choices.services_named([number for one in checked for number in one.awaits])
    awaited = {
        one.number: [f"{title(known[number].service_type, 'member')} {number}" for number in one.awaits]
        for one in checked if one.awaits
    }  # fmt: skip
    return {one.number: one.depends_on for one in checked}, awaited


def _named(items: Sequence[OrderItem]) -> dict[int, tuple[int, ...]]:
    numbers = {one.item_number for one in items}
    return {
        one.item_number: tuple(
            value["item"] for value in one.details.values()
            if isinstance(value, dict) and value.get("item") in numbers and value["item"] != one.item_number
        )
        for one in items
    }  # fmt: skip


def rows(actor: Actor) -> list[DraftRow]:
    """The drafts of the viewer's accounts, the one that was changed last first."""
    found = db.session.execute(
        select(Order, Account.organisation)
        .outerjoin(Account, Account.id == Order.sub_account_id)
        .where(Order.account_id.in_(actor.account_ids), Order.status == Status.DRAFT)
        .order_by(Order.modified_at.desc(), Order.number.desc())
        .limit(MOST_DRAFTS)
    ).all()
    items = _items([order.id for order, _ in found])
    return [
        DraftRow(
            order.id, order.number, order.version,
            what_is_done(items.get(order.id, ()), order.type) or "Nothing chosen yet", customer or "", order.created_by,
            order.modified_at,
        )
        for order, customer in found
    ]  # fmt: skip


def _items(order_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Any]]:
    """What each of these drafts is about, in one query."""
    found: dict[uuid.UUID, list[Any]] = {}
    for row in db.session.execute(
        select(OrderItem.order_id, OrderItem.service_type, OrderItem.action)
        .where(OrderItem.order_id.in_(order_ids))
        .order_by(OrderItem.order_id, OrderItem.item_number)
    ):
        found.setdefault(row.order_id, []).append(row)
    return found


def begun(account_id: str, service_number: int, action: str) -> uuid.UUID | None:
    """A draft of this account that is about this change of this service, and about nothing else."""
    alone = select(func.count()).where(OrderItem.order_id == Order.id).correlate(Order).scalar_subquery() == 1
    return db.session.scalar(
        select(Order.id)
        .join(OrderItem, OrderItem.order_id == Order.id)
        .where(
            Order.account_id == account_id, Order.status == Status.DRAFT, Order.channel == "portal", alone,
            OrderItem.service_number == service_number, OrderItem.action == action,
        )
        .order_by(Order.number.desc())
        .limit(1)
    )  # fmt: skip


def count(actor: Actor) -> int:
    """How many drafts there are."""
    query = select(func.count()).where(Order.account_id.in_(actor.account_ids), Order.status == Status.DRAFT)
    return db.session.scalar(query) or 0


def options_of(order: Order) -> list[Row]:
    """The options of the order's package as chosen."""
    package = packages.of_order(order)
    if package is None:
        return []
    stands, _ = packages.with_defaults(package.options, order.options or {}, "")
    return [(option["label"], _feature(option, stands[code])) for code, option in package.options.items()]
