"""What every order must fulfil, placed at once or submitted as a draft: all findings together."""

import re
import uuid
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from app.catalogue import CheckedItem, check_order, units_too
from app.domain.errors import Finding
from app.domain.models import Order
from app.extensions import db
from app.queries.catalogue_world import DatabaseWorld
from app.services import access_checks, named_people, order_dates, order_links, order_parties
from app.services.order_input import OrderInput

BATCH_ALIAS = re.compile(r"B\d{6}_\d{5}", re.ASCII)


@dataclass(frozen=True)
class CheckedOrder:
    """`wanted` is the order as it will be placed, with what ends together. `items` are empty as long as there are
    findings of the catalogue. `needs`: ids of items in other orders."""

    wanted: OrderInput
    items: list[CheckedItem]
    needs: list[list[uuid.UUID]]
    findings: list[Finding]


def check(wanted: OrderInput, account_ids: AbstractSet[str]) -> CheckedOrder:
    """Check everything of the order that does not depend on how it came to be."""
    wanted = whole(wanted, account_ids)
    links = order_links.resolve(wanted.items, account_ids, _dated(wanted))
    checked = check_order(wanted.type, links.items, DatabaseWorld(account_ids))
    findings = [
        *checked.findings, *links.findings, *of_envelope(wanted, account_ids), *order_dates.past(wanted),
        *_customer_is_missing(wanted), *_people_to_call(wanted), *access_checks.missing(wanted),
    ]  # fmt: skip
    if not findings:
        findings += _changed_before_made(wanted, checked.items)
    needs = links.needs
    if checked.items:
        needs = [[*said, *implied] for said, implied in zip(needs, order_links.setting_up(checked.items), strict=True)]
    return CheckedOrder(wanted, checked.items, needs, findings)


def whole(wanted: OrderInput, account_ids: AbstractSet[str]) -> OrderInput:
    """The order with the units that end with the private VLANs it ceases, each at its private VLAN's dates."""
    more = units_too(wanted.items, _dated(wanted), DatabaseWorld(account_ids))
    if not more:
        return wanted
    dates = wanted.wishes()
    return replace(
        wanted, items=[*wanted.items, *(one for _, one in more)], item_dates=[*dates, *(dates[at] for at, _ in more)]
    )


def of_envelope(wanted: OrderInput, account_ids: AbstractSet[str]) -> list[Finding]:
    """What is wrong beside the items; also asked of drafts, which must not name what is somebody else's."""
    findings = list(order_dates.backwards(wanted))
    if wanted.parent_order_id is not None:
        parent = db.session.get(Order, wanted.parent_order_id)
        if parent is None or parent.account_id not in account_ids:
            findings.append(Finding("/parent_order_id", "reference", "There is no such order of this account."))
    if wanted.batch_alias is not None and not BATCH_ALIAS.fullmatch(wanted.batch_alias):
        words = "A batch's alias is B, six digits of a date, an underscore and five digits: B261120_00001."
        findings.append(Finding("/batch_alias", "text", words))
    findings += named_people.settled(wanted.contacts or {}, order_parties.people_of(wanted), "/contacts")[1]
    return [*findings, *access_checks.wrong(wanted, account_ids)]


def _people_to_call(wanted: OrderInput) -> Iterator[Finding]:
    accounts = order_parties.people_of(wanted)
    for index, said in enumerate(wanted.item_contacts):
        people, strangers = named_people.settled(said or {}, accounts, f"/items/{index}/contacts")
        yield from strangers
        yield from named_people.faults(people, f"/items/{index}/contacts")


def _dated(wanted: OrderInput) -> list[bool]:
    """For each item whether a date is wished for it."""
    return [one.within(wanted.dates).moment is not None for one in wanted.wishes()]


def _customer_is_missing(wanted: OrderInput) -> list[Finding]:
    """A reseller's peering unit is for one of its customers, so the order has to say for which."""
    asked = any(one.service_type == "reseller_peering_unit" and one.action == "new" for one in wanted.items)
    if not asked or wanted.sub_customer is not None:
        return []
    return [Finding("/sub_customer", "required", "Say for which of your customers the reseller peering unit is.")]


def _changed_before_made(wanted: OrderInput, items: Sequence[CheckedItem]) -> Iterator[Finding]:
    """On and off again in one order: the end must not be wished before the beginning."""
    wishes = wanted.wishes()
    index_of = {one.number: index for index, one in enumerate(items)}
    for index, one in enumerate(items):
        maker = one.service_number["item"] if isinstance(one.service_number, dict) else None
        if maker is None or maker not in index_of:
            continue
        begins = wishes[index_of[maker]].within(wanted.dates).moment
        ends = wishes[index].within(wanted.dates).moment
        if begins and ends and ends < begins:
            name = "requested_start_date" if wishes[index].start else "requested_completion_date"
            words = f"Item {one.number} would come before item {maker}, whose service it is about."
            yield Finding(f"/items/{index}/{name}", "order", words)


def origin(wanted: OrderInput) -> str:
    """Computed, never told: part of a batch of a migration; a single service replaced by another; or neither."""
    if wanted.batch_alias:
        return "mass_migration"
    ended = {one.service_type for one in wanted.items if one.action == "cease" and not _of_this_order(one)}
    made = {one.service_type for one in wanted.items if one.action == "new"}
    hashable = {word for word in ended & made if isinstance(word, str)}
    return "unit_migration" if hashable else "standard"


def _of_this_order(one: object) -> bool:
    return isinstance(getattr(one, "service_number", None), dict)
