"""Orders that are being prepared: create, replace, fill in, delete; submit enters the ordinary path exactly once.

A draft is an order with idle items: nothing sweeps or queues it. What it says must be right, but it may be incomplete.

create(wanted, actor, config)             make one; partial details are allowed
replace(order_id, wanted, actor)          the modifiable fields, whole: what is absent is removed
set_items(order_id, items, dates, actor)  the items only, whole
amend(order_id, changes, actor)           single fields of the order
delete(order_id, actor)                   as if it had never been
problems(order_id, actor)                 everything that submitting would find
submit(order_id, actor, config)           check everything, answer all problems together, or become an order

All but `submit` leave the commit to the caller. `Conflict` where the order is no draft any more, and nothing changed.
"""

import dataclasses
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete as deletion
from sqlalchemy import select, update

from app.catalogue import ItemInput, partial
from app.config import Config
from app.domain import after_commit, clock, lifecycle, story
from app.domain.errors import Conflict, Finding, Invalid, NotFound
from app.domain.models import Account, ItemSetup, Order, OrderItem, OrderLog, Payment
from app.domain.states import Status
from app.domain.together import together
from app.extensions import db
from app.services import (
    access_checks,
    admission,
    draft_items,
    logs,
    named_people,
    order_checks,
    order_dates,
    order_parties,
    orders,
    package_items,
    packages,
    qualification,
    requirements,
    service_contacts,
    terms,
)
from app.services.actor import Actor
from app.services.draft_items import envelope, item_input, setups_of, stored_input, write
from app.services.once import once_and_whole
from app.services.order_changes import locked
from app.services.order_input import OrderInput, WishedDates

__all__ = [
    "AMENDABLE", "NO_DRAFT", "Replacement", "amend", "create", "delete", "draft", "item_input", "problems", "replace",
    "say", "set_items", "setups_of", "stored_input", "submit",
]  # fmt: skip

NO_DRAFT = "The order has been submitted already; it is no draft any more."
AMENDABLE = frozenset({
    "po_number", "additional_cc", "notes", "description", "operator_order_ref", "operator_order_name", "comment",
    "contacts", "owner", "batch_alias", "requested_start_date", "requested_completion_date", "parent_order_id", "enni",
    "payment_reference",
})  # fmt: skip
"""Fields of a draft that can be set one by one; items and options have verbs of their own."""


@dataclass(frozen=True)
class Replacement:
    """What a PUT may change of a draft; whatever is absent here is removed from it, but for the items, which stay as
    they are then. All else of the order stays."""

    items: Sequence[ItemInput] | None = None
    item_dates: Sequence[WishedDates] = ()
    item_contacts: Sequence[dict[str, Any] | None] = ()
    owner: dict[str, Any] | None = None
    comment: str | None = None
    contacts: dict[str, Any] | None = None
    options: dict[str, Any] | None = None
    operator_order_ref: str | None = None
    operator_order_name: str | None = None
    enni: dict[str, Any] | None = None
    batch_alias: str | None = None


def create(wanted: OrderInput, actor: Actor, config: Config) -> Order:
    """Keep an order as a draft. With a product code and no items the package's services become its items."""
    with together():
        return _created(wanted, actor)


def _created(wanted: OrderInput, actor: Actor) -> Order:
    account = order_parties.account(wanted, actor)
    sub_account = order_parties.sub_account(wanted, account, actor)
    ids = order_parties.ids(account, sub_account, actor)
    wanted = order_checks.whole(wanted, ids)
    read, findings = draft_items.read(wanted.type, wanted.items, ids)
    findings += order_checks.of_envelope(wanted, ids)
    product, options, wrong = packages.chosen(wanted.product_code, wanted.options)
    _refuse([*findings, *wrong])
    order = orders.store(wanted, account, sub_account, actor, draft=True, product=product, options=options)
    write(order, read, wanted.items, wanted.wishes())
    package = packages.by_code(wanted.product_code) if wanted.product_code else None
    if package is not None:
        order.package_id = package.id
        if read:
            package_items.tie(order, package)
        else:
            package_items.apply(order, package, {})
    _refuse(requirements.name_people(order, wanted.item_contacts))
    story.audit(actor.name, "draft created", order_id=order.id, subject=order.name, after={"items": len(order.items)})
    return order


def replace(order_id: uuid.UUID, wanted: Replacement, actor: Actor, *, version: int | None = None) -> Order:
    """Replace the modifiable fields whole; `Invalid` names what is wrong, and nothing is changed then."""
    order = draft(order_id, actor, version)
    ids = _ids(order, actor)
    said = wanted if wanted.items is not None else stored_input(order)
    whole = order_checks.whole(envelope(order, said.items or (), said.item_dates), ids)
    read, findings = draft_items.read(order.type, whole.items if wanted.items is not None else (), ids)
    known = packages.of_order(order)
    options, wrong = packages.with_defaults(known.options if known else {}, wanted.options or {}, "/options")
    people, strangers = named_people.settled(wanted.contacts or {}, service_contacts.accounts_of(order), "/contacts")
    values = {
        "owner": wanted.owner, "comment": wanted.comment, "contacts": people or None,
        "options": options if known else None, "operator_order_ref": wanted.operator_order_ref,
        "operator_order_name": wanted.operator_order_name, "enni": wanted.enni, "batch_alias": wanted.batch_alias,
    }  # fmt: skip
    for name, value in values.items():
        setattr(order, name, value)
    with db.session.no_autoflush:
        findings += order_checks.of_envelope(envelope(order, whole.items, whole.wishes()), ids)
    _refuse([*findings, *wrong, *strangers])
    if wanted.items is not None:
        write(order, read, whole.items, whole.wishes())
        if known is not None:
            package_items.tie(order, known)
        _refuse(requirements.name_people(order, wanted.item_contacts))
    _changed(order, actor, "draft replaced")
    return order


def set_items(
    order_id: uuid.UUID,
    items: Sequence[ItemInput],
    item_dates: Sequence[WishedDates],
    actor: Actor,
    *,
    version: int | None = None,
) -> Order:
    """Replace the draft's items whole; those that keep number, service type and action keep their id and set-up."""
    order = draft(order_id, actor, version)
    _refuse(say(order, items, item_dates, actor))
    return order


def say(order: Order, items: Sequence[ItemInput], dates: Sequence[WishedDates], actor: Actor) -> list[Finding]:
    """Write into a draft, which is locked, what can be read of these items, and answer what cannot. Whoever is answered
    something refuses in the end, which undoes all of it; until then the rest can be looked at as if it stood."""
    ids = _ids(order, actor)
    whole = order_checks.whole(envelope(order, items, dates), ids)
    read, findings = draft_items.read(order.type, whole.items, ids)
    findings += order_checks.of_envelope(whole, ids)
    if len(read) < len(whole.items):
        return findings
    write(order, read, whole.items, whole.wishes())
    package = packages.of_order(order)
    if package is not None:
        package_items.tie(order, package)
    _changed(order, actor, "draft replaced")
    return findings


def amend(order_id: uuid.UUID, changes: Mapping[str, Any], actor: Actor, *, version: int | None = None) -> Order:
    """Set single fields of the draft (`AMENDABLE`); None removes a value."""
    order = draft(order_id, actor, version)
    refused = [
        Finding(f"/{name}", "read_only", f"“{name}” cannot be changed.") for name in changes if name not in AMENDABLE
    ]
    _refuse(refused)
    people, strangers = named_people.settled(
        changes.get("contacts") or {}, service_contacts.accounts_of(order), "/contacts"
    )
    empty: dict[str, Any] = {"additional_cc": [], "contacts": None}
    for name, value in {**changes, **({"contacts": people} if "contacts" in changes else {})}.items():
        setattr(order, name, value or empty[name] if name in empty else value)
    with db.session.no_autoflush:
        found = order_checks.of_envelope(dataclasses.replace(stored_input(order), item_dates=()), _ids(order, actor))
        found += order_dates.against_items(order_dates.of(order), order.items, changes)
    _refuse([*strangers, *found])
    _changed(order, actor, "draft changed")
    return order


def delete(order_id: uuid.UUID, actor: Actor, *, version: int | None = None) -> None:
    """Forget the draft. The audit trail alone keeps that it was there."""
    order = draft(order_id, actor, version)
    if db.session.execute(select(Order.id).where(Order.parent_order_id == order_id).limit(1)).first():
        raise Conflict("Another order has this draft as its parent; change or delete that one first.")
    if db.session.execute(select(Payment.id).where(Payment.order_id == order_id).limit(1)).first():
        raise Conflict("A payment is recorded for this draft, so it cannot be deleted.")
    story.audit(actor.name, "draft deleted", order_id=order_id, subject=order.name)
    ids = [item.id for item in order.items]
    db.session.expunge_all()
    db.session.execute(deletion(ItemSetup).where(ItemSetup.item_id.in_(ids)))
    db.session.execute(deletion(OrderLog).where(OrderLog.order_id == order_id))
    db.session.execute(deletion(OrderItem).where(OrderItem.order_id == order_id))
    db.session.execute(deletion(Order).where(Order.id == order_id))
    after_commit.signal(f"order-{order_id}")


def draft(order_id: uuid.UUID, actor: Actor, version: int | None = None) -> Order:
    """The draft, locked, for who may write it. `NotFound` for somebody else's, `Conflict` if it is none any more."""
    lifecycle.lock_items(order_id)  # items before the order, as everybody does
    order = locked(order_id, None)
    if not (actor.trusted or actor.is_staff or order.account_id in actor.account_ids):
        raise NotFound("There is no such order.")
    if order.status is not Status.DRAFT:
        raise Conflict(NO_DRAFT)
    return locked(order_id, version)


def problems(order_id: uuid.UUID, actor: Actor) -> list[Finding]:
    """Everything that stands in the way of submitting the draft; reads only."""
    order = db.session.get(Order, order_id)
    if order is None or not (actor.trusted or actor.is_staff or order.account_id in actor.account_ids):
        raise NotFound("There is no such order.")
    if order.status is not Status.DRAFT:
        raise Conflict(NO_DRAFT)
    return _problems(order, order_checks.check(stored_input(order), _ids(order, actor)))


def submit(
    order_id: uuid.UUID, actor: Actor, config: Config, *, version: int | None = None, form_key: str | None = None
) -> None:
    """Make an order of the draft, in one transaction. Sent twice it is one order: under the same form key the second
    succeeds without effect, otherwise it is a `Conflict`.

    `Invalid` answers all problems together; the draft stays as it was.
    """

    def do() -> None:
        with together():
            _submit(draft(order_id, actor, version), actor, config)

    once_and_whole(actor, "submit order", form_key, do, order_id)


def _submit(order: Order, actor: Actor, config: Config) -> None:
    wanted = stored_input(order)
    checked = order_checks.check(wanted, _ids(order, actor))
    _refuse(_problems(order, checked))
    _complete(order, checked.wanted)
    stored = {item.item_number: item for item in order.items}
    for one in checked.items:
        _ready(stored[one.number], one.details, not one.automated)
    _leave_draft(order, order_checks.origin(wanted))
    account = db.session.get_one(Account, order.account_id)
    admission.admit(order, checked.items, checked.needs, stored, account, actor, config)
    packages.subscribe(order, stored)
    service_contacts.take_over(stored.values())
    story.tell_all(order.id, logs.notes_of_draft(order.id))
    after_commit.signal(f"order-{order.id}")


def _problems(order: Order, checked: order_checks.CheckedOrder) -> list[Finding]:
    """What every order must fulfil, and what is asked of drafts beyond that."""
    return [
        *qualification.with_what_there_was(order, checked.findings), *packages.findings(order),
        *requirements.findings(order), *qualification.findings(order), *terms.findings(order),
        *access_checks.nobody(order.items, order.contacts),
    ]  # fmt: skip


def _refuse(findings: Sequence[Finding]) -> None:
    if findings:
        raise Invalid("Some values of the order are not right.", list(findings))


def _complete(order: Order, wanted: OrderInput) -> None:
    """Units that came into a private VLAN since the draft was written end with it as well."""
    if len(wanted.items) > len(order.items):
        read, _ = partial.read(order.type, wanted.items)
        write(order, read, wanted.items, wanted.wishes())


def _ready(item: OrderItem, details: dict[str, Any], by_hand: bool) -> None:
    now = clock.now()
    item.details, item.by_hand = details, by_hand
    item.status, item.status_since, item.modified_at = Status.ORDERED, now, now


def _leave_draft(order: Order, origin: str) -> None:
    """The order's row says from now on what it says of every order; references stand in their own table."""
    now = clock.now()
    order.status, order.origin, order.version = Status.ORDERED, origin, order.version + 1
    order.submission_date = order.acknowledged_date = order.modified_at = now
    db.session.execute(
        update(ItemSetup)
        .where(ItemSetup.item_id.in_([item.id for item in order.items]))
        .values(service_ref=None, depends_on=None)
        .execution_options(synchronize_session=False)
    )
    db.session.flush()


def _ids(order: Order, actor: Actor) -> set[str]:
    account = db.session.get_one(Account, order.account_id)
    sub = db.session.get(Account, order.sub_account_id) if order.sub_account_id else None
    return order_parties.ids(account, sub, actor)


def _changed(order: Order, actor: Actor, what: str) -> None:
    order.version += 1
    order.modified_at = clock.now()
    order.origin = order_checks.origin(stored_input(order))
    _note(order, actor, what)


def _note(order: Order, actor: Actor, what: str) -> None:
    db.session.flush()
    story.audit(actor.name, what, order_id=order.id, subject=order.name, after={"items": len(order.items)})
    after_commit.signal(f"order-{order.id}")
