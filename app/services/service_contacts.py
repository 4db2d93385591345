"""Whom to call about a service: named when it is ordered, changed while the order is under way and afterwards."""

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import and_, select

from app.domain import after_commit, clock, lifecycle, story
from app.domain.errors import Finding, Invalid, NotFound, Stale
from app.domain.models import ItemSetup, Order, OrderItem, PackageService, Service
from app.domain.states import ENDED_STATUSES
from app.extensions import db
from app.services import change_words, named_people
from app.services.actor import Actor
from app.services.once import once_and_whole

Roles = dict[str, dict[str, Any]]
USUAL: Roles = {"technical": {"label": "Technical contact", "required": False}}
"""Roles of a service's contacts where no package says otherwise."""
LIVING = ("pre_active", "active")


def take_over(stored: Iterable[OrderItem]) -> None:
    """The services that these items make are called for as was said when they were ordered."""
    ids = [item.id for item in stored if item.action == "new" and item.service_id is not None]
    rows = db.session.execute(
        select(ItemSetup.contacts, Service)
        .join(OrderItem, OrderItem.id == ItemSetup.item_id)
        .join(Service, Service.id == OrderItem.service_id)
        .where(ItemSetup.item_id.in_(ids))
    )
    for people, service in rows.all() if ids else ():
        if people:
            service.contacts = people
    db.session.flush()


def roles_of(service_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Roles]:
    """Service → role → {label, required}, as the package asks that it was ordered with."""
    wanted = list(service_ids)
    rows = db.session.execute(
        select(OrderItem.service_id, PackageService.contacts)
        .join(ItemSetup, ItemSetup.item_id == OrderItem.id)
        .join(PackageService, PackageService.id == ItemSetup.package_service_id)
        .where(OrderItem.service_id.in_(wanted), OrderItem.action == "new")
    )
    return dict.fromkeys(wanted, USUAL) | {row.service_id: row.contacts for row in rows.all() if wanted}


def put_for(item: OrderItem, said: Mapping[str, Any], at: str) -> story.Line | None:
    """As `put`, for the service that this item makes; `Invalid` if it makes none."""
    service = db.session.get(Service, item.service_id, populate_existing=True) if item.service_id else None
    if item.action != "new" or service is None or service.account_id != item.order.account_id:
        words = "This item makes no service that somebody could be called about."
        raise Invalid(words, [Finding(at, "read_only", words)])
    return put(service, said, accounts_of(item.order), at)


def put(service: Service, said: Mapping[str, Any], account_ids: set[str], at: str) -> story.Line | None:
    """Name people for some roles of the service (None: nobody any more), the others stay; answer what is told of it,
    None if nobody is another now. The caller commits.

    `Invalid` for a role that the service does not have, a contact that is not there, a required one taken away.
    """
    roles = roles_of([service.id])[service.id]
    people, findings = named_people.settled(said, account_ids, at)
    findings += named_people.faults(people, at)
    for role in said:
        if role not in roles:
            words = f"There is no such role; it can be {', '.join(roles) or 'none'}."
            findings.append(Finding(f"{at}/{role}", "unknown", words))
        elif role not in people and roles[role].get("required") and service.contacts.get(role):
            findings.append(Finding(f"{at}/{role}", "required", f"{roles[role]['label']}: this service needs one."))
    if findings:
        raise Invalid("Some contacts are not right.", findings)
    before = service.contacts
    after = {role: person for role, person in {**before, **dict.fromkeys(said), **people}.items() if person}
    service.contacts = after
    service.modified_at = clock.now()
    db.session.flush()
    changed = {role: str(roles[role]["label"]) for role in said if before.get(role) != after.get(role)}
    return change_words.of_people(changed, after)


def mark_of(people: Mapping[str, Any]) -> str:
    """What a form carries to say which people it was made from."""
    return hashlib.sha256(json.dumps(people, sort_keys=True).encode()).hexdigest()[:16]


def change(service_id: uuid.UUID, said: Mapping[str, Any], seen: str, actor: Actor, form_key: str) -> None:
    """Name other people for a service that the actor's account has; one transaction.

    `seen`: the `mark_of` that the form was made from; `Stale` if somebody was faster. `Invalid` as of `put`, at
    `/contacts/<role>`, and if nobody is another.
    """

    def do() -> None:
        making = _being_made(service_id)
        service = db.session.get(Service, service_id, with_for_update=True, populate_existing=True)
        if service is None or service.account_id not in actor.account_ids or service.state not in LIVING:
            raise NotFound("There is no such service.")
        if mark_of(service.contacts) != seen:
            raise Stale("The contacts of this service were changed meanwhile.")
        before = service.contacts
        people = named_people.kept(said, service.sub_account_id or service.account_id, actor)
        told = put(service, people, accounts_of(service), "/contacts")
        if told is None:
            words = "Nothing was changed: say who is to be another."
            raise Invalid(words, [Finding("", "required", words)])
        story.audit(actor.name, "service contacts changed", subject=str(service.number), before=before,
                    after=service.contacts)  # fmt: skip
        if making is not None:
            _tell(*making, told, actor)

    once_and_whole(actor, "service contacts", form_key, do, service_id)


def accounts_of(one: Service | Order) -> set[str]:
    """Whose contacts may be named: of who ordered, and of the customer for whom."""
    return {account for account in (one.account_id, one.sub_account_id) if account}


def _being_made(service_id: uuid.UUID) -> tuple[OrderItem, Order] | None:
    """The order that still makes the service, locked: the item first, then the order, as everybody does."""
    item_id = db.session.scalar(
        select(OrderItem.id)
        .join(Order, Order.id == OrderItem.order_id)
        .join(Service, and_(Service.id == OrderItem.service_id, Service.account_id == Order.account_id))
        .where(Service.id == service_id, OrderItem.action == "new", OrderItem.status.not_in(ENDED_STATUSES))
    )
    if item_id is None:
        return None
    lifecycle.lock(item_id)
    item = db.session.get_one(OrderItem, item_id)
    order = db.session.get_one(Order, item.order_id, with_for_update={"key_share": True}, populate_existing=True)
    return item, order


def _tell(item: OrderItem, order: Order, told: story.Line, actor: Actor) -> None:
    """The order is another version now, and says so."""
    order.version += 1
    order.modified_at = clock.now()
    story.log(order.id, told, item_id=item.id, by=actor.name)
    after_commit.signal(f"order-{order.id}")
