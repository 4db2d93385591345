"""Can it be had? Asked without a check, by an identifier, or by an address that was found before.

The answer is kept with its reasons and is believed until `valid_until`; an expired one is asked again. What an order
was qualified for is looked at once more when it is submitted: somebody may have taken the last port meanwhile.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import or_, select

from app.catalogue import SERVICE_TYPES
from app.domain import clock, story
from app.domain.errors import Conflict, Finding, Invalid, NotFound
from app.domain.models import (
    Account,
    Fabric,
    Location,
    Order,
    Qualification,
    Service,
)
from app.domain.states import Status
from app.extensions import db
from app.services import qualified_places
from app.services.actor import Actor
from app.services.draft_items import setups_of
from app.services.offers import Result, offers_at, on_ports, places

__all__ = [
    "Building", "Question", "all_of", "ask", "by_qualification", "cover", "find_addresses", "findings", "ids_of",
    "keep", "of_item", "with_what_there_was",
]  # fmt: skip

VALID_FOR = timedelta(days=14)
METHODS = ("none", "identifier", "address")
IDENTIFIERS = ("port", "service", "asn")
MOST_BUILDINGS = 50
MOST_PORTS = 200


@dataclass(frozen=True)
class Building:
    """An address of the exchange: `code` is what to qualify."""

    code: str
    name: str
    address: str
    fabrics: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """What is asked. `identifier`: port, service or asn, with its number; `address`: a building's code."""

    account_id: str
    method: str = "none"
    identifier: str | None = None
    value: int | None = None
    address: str | None = None
    service_types: tuple[str, ...] = ()


def find_addresses(text: str) -> list[Building]:
    """The buildings whose code, name, address or peering LAN has all of these words."""
    rows = db.session.execute(
        select(Location.code, Location.name, Location.address, Fabric.code.label("fabric"), Fabric.name.label("lan"))
        .join(Fabric, Fabric.code == Location.fabric_code)
        .order_by(Location.code, Fabric.code)
    )
    found: dict[str, Building] = {}
    for row in rows:
        building = found.setdefault(row.code, Building(row.code, row.name, row.address))
        building.fabrics[row.fabric] = row.lan
    words = text.casefold().split()
    return [one for one in found.values() if all(word in _said(one) for word in words)][:MOST_BUILDINGS]


def _said(one: Building) -> str:
    lans = [*one.fabrics, *one.fabrics.values()]
    return " ".join((one.code, one.name, one.address, *lans)).casefold()


def ask(question: Question, actor: Actor) -> Qualification:
    """Find out and keep the answer; the caller commits. `Invalid` if the question cannot be understood."""
    _check(question)
    result = _answer(question)
    made = Qualification(
        id=uuid.uuid4(), account_id=question.account_id, method=question.method,
        asked={
            "identifier": question.identifier, "value": question.value, "address": question.address,
            "service_types": list(question.service_types),
        },
        qualified=question.method == "none" or bool(result.offers), offers=result.offers, reasons=result.reasons,
        created_by=actor.name, created_at=clock.now(), valid_until=clock.now() + VALID_FOR,
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    return made


def keep(order: Order, found: Qualification, actor: Actor, numbers: Collection[int] | None = None) -> None:
    """Keep the qualification on a draft, which is locked. A package that was selected by another one stays selected.

    `numbers`: the items that it is for, so that the others keep theirs; None: all that there are, and that will be.
    """
    if order.status is not Status.DRAFT:
        raise Conflict("The order has been submitted already; it is no draft any more.")
    if found.account_id not in (order.account_id, order.sub_account_id):
        raise NotFound("There is no such qualification.")
    before = order.qualification_id
    setups = setups_of(order)
    for item in order.items:
        setup = setups.get(item.id)
        if setup is not None:
            others = (setup.qualification_id or before) if numbers is not None else None
            setup.qualification_id = found.id if numbers is not None and item.item_number in numbers else others
    order.qualification_id = found.id
    order.version += 1
    order.modified_at = clock.now()
    story.audit(actor.name, "order qualified", order_id=order.id, subject=order.name,
                after={"qualification": str(found.id), "qualified": found.qualified,
                       **({"items": sorted(numbers)} if numbers is not None else {})})  # fmt: skip


def cover(order: Order, numbers: Collection[int], like: int) -> None:
    """These items are where another one is, so what was found out for that one is theirs as well."""
    known = setups_of(order)
    setups = {item.item_number: known[item.id] for item in order.items}
    for number in numbers:
        setups[number].qualification_id = setups[like].qualification_id


def ids_of(order: Order) -> dict[uuid.UUID, list[int]]:
    """Every qualification of the order with the numbers of the items that it covers. The latest one covers all that
    have none of their own."""
    own = {item_id: one.qualification_id for item_id, one in setups_of(order).items() if one.qualification_id}
    return by_qualification(order, own)


def by_qualification(order: Order, own: Mapping[uuid.UUID, uuid.UUID]) -> dict[uuid.UUID, list[int]]:
    """The same for who has read them already. `own`: item → the qualification that was made for it."""
    found: dict[uuid.UUID, list[int]] = {}
    for item in order.items:
        mine = own.get(item.id, order.qualification_id)
        if mine is not None:
            found.setdefault(mine, []).append(item.item_number)
    if not order.items and order.qualification_id is not None:
        found[order.qualification_id] = []
    return found


def all_of(order: Order) -> list[tuple[Qualification, list[int]]]:
    """The same, read."""
    ids = ids_of(order)
    rows = db.session.scalars(select(Qualification).where(Qualification.id.in_(ids))) if ids else ()
    return sorted(((row, ids[row.id]) for row in rows), key=lambda pair: (pair[1], pair[0].created_at))


def of_item(order: Order, number: int) -> Qualification | None:
    """The one that covers this item."""
    return next((found for found, numbers in all_of(order) if number in numbers), None)


def _check(question: Question) -> None:
    findings = []
    if question.method not in METHODS:
        findings.append(Finding("/method", "choice", f"The method must be one of {', '.join(METHODS)}."))
    if question.method == "identifier":
        if question.identifier not in IDENTIFIERS:
            findings.append(Finding("/identifier/type", "choice", f"It must be one of {', '.join(IDENTIFIERS)}."))
        if question.value is None:
            findings.append(Finding("/identifier/value", "required", "Say which one."))
    if question.method == "address" and not question.address:
        findings.append(Finding("/address", "required", "Find the address first, then say its code."))
    findings += [
        Finding("/service_types", "choice", f"There is no service type “{word}”.")
        for word in question.service_types
        if word not in SERVICE_TYPES
    ]
    if findings:
        raise Invalid("Some values of the question are not right.", findings)


def _answer(question: Question) -> Result:
    result = Result()
    if question.method == "none":
        result.because("none", "No check was asked for.")
    elif question.method == "address":
        _by_address(question, result)
    elif question.identifier == "asn":
        _by_asn(question, result)
    else:
        _by_service(question, result)
    if question.service_types and question.method != "none":
        wanted = set(question.service_types)
        result.offers = [offer for offer in result.offers if offer["service_type"] in wanted]
        for word in sorted(wanted - {offer["service_type"] for offer in result.offers}):
            result.because("not_offered", f"{SERVICE_TYPES[word].label} cannot be had there.")
    return result


def _by_address(question: Question, result: Result) -> None:
    found = places(Location.code == question.address)
    if not found:
        result.because("unknown", f"The exchange is not present at “{question.address}”.")
        return
    result.offers = list(offers_at(found, question.account_id))
    for fabric, location, name, automated in found:
        if not any(offer["fabric"] == fabric and offer["free"] for offer in result.offers):
            result.because("no_ports", f"No port is free on {name} at “{location}” at the moment.")
        if not automated:
            result.because("by_hand", f"Orders for {name} are worked by hand, which takes longer.")


def _by_service(question: Question, result: Result) -> None:
    number = question.value or 0
    own = or_(Service.account_id == question.account_id, Service.sub_account_id == question.account_id)
    known = 0 < number < 2**31
    service = db.session.scalars(select(Service).where(Service.number == number, own)).one_or_none() if known else None
    wants_port = question.identifier == "port"
    if service is None or (wants_port and service.service_type != "multiservice_port"):
        result.because("unknown", f"There is no {question.identifier} {number} of this account.")
    elif service.state == "pre_active" and wants_port:
        result.because(
            "being_set_up", f"Port {number} is still being set up; what is put on it starts when it is there."
        )
        on_ports([service], result)
    elif service.state != "active":
        result.because("state", f"Service {number} is {service.state.replace('_', ' ')}.")
    elif service.service_type == "multiservice_port":
        on_ports([service], result)
    else:
        result.offers.append(
            {"service_type": service.service_type, "fabric": service.fabric_code or "",
             "location": service.location_code or "", "capacities": None, "free": {}, "port": None, "by_hand": False}
        )  # fmt: skip


def _by_asn(question: Question, result: Result) -> None:
    own = or_(Account.id == question.account_id, Account.reseller_id == question.account_id)
    ids = list(db.session.scalars(select(Account.id).where(own, Account.asn == question.value)))
    if not ids:
        result.because("unknown", f"AS{question.value} is not known for this account.")
        return
    ports = db.session.scalars(
        select(Service)
        .where(
            Service.account_id.in_([*ids, question.account_id]), Service.service_type == "multiservice_port",
            Service.state == "active",
        )
        .order_by(Service.number)
        .limit(MOST_PORTS)
    ).all()  # fmt: skip
    if ports:
        on_ports(ports, result)
    else:
        result.because("no_port", "There is no port yet: order one together with the service.")
        result.offers = list(offers_at(places(), question.account_id))


def findings(order: Order) -> list[Finding]:
    """What stands in the way of submitting: the qualification expired, said no, or is for another place."""
    every = all_of(order)
    told = []
    for found, numbers in every:
        whose = "order" if len(every) == 1 else f"order's item {' and '.join(map(str, numbers))}"
        if found.valid_until <= clock.now():
            words = (
                f"The availability of the {whose} was looked up more than {VALID_FOR.days} days ago, "
                "and is not believed any more. Please check it again."
            )
            told.append(Finding("/qualification", "expired", words))
        elif not found.qualified:
            words = " ".join(reason["detail"] for reason in found.reasons) or "Nothing can be had there."
            told.append(Finding("/qualification", "not_qualified", words))
    return told or [one for found, numbers in every for one in qualified_places.findings(order, found, numbers)]


def with_what_there_was(order: Order, findings: Sequence[Finding]) -> list[Finding]:
    """Findings that ports are sold out say also how many there were when the order was qualified."""
    if not any(one.rule == "sold_out" for one in findings):
        return list(findings)
    by = {number: found for found, numbers in all_of(order) for number in numbers}
    return [_with_before(one, order, by) if one.rule == "sold_out" else one for one in findings]


def _with_before(finding: Finding, order: Order, by: Mapping[int, Qualification]) -> Finding:
    index = int(finding.pointer.split("/")[2])
    item = order.items[index] if index < len(order.items) else None  # what an order's check added has none yet
    found = by.get(item.item_number) if item is not None else None
    before = _free_before(found, item.details) if found is not None and item is not None else 0
    if not before:
        return finding
    words = f"{before} {'port was' if before == 1 else 'ports were'} free there when it was looked up."
    return replace(finding, detail=f"{finding.detail} {words}")


def _free_before(found: Qualification, details: Mapping[str, Any]) -> int:
    for offer in found.offers:
        if (offer["fabric"], offer["location"]) == (details.get("fabric"), details.get("location")):
            count = offer["free"].get(str(details.get("port_capacity")))
            if count is not None:
                return int(count)
    return 0
