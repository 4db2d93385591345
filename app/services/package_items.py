"""A package becomes items of a draft: selected once, filled in as far as is known; and taken anew when it has changed.

All verbs leave the commit to the caller, who has locked the draft.
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from app.catalogue import action_of, service_type
from app.domain import clock, story
from app.domain.errors import Conflict, Finding, Invalid
from app.domain.models import ItemSetup, Order, OrderItem, Package, PackageService, Qualification
from app.domain.states import State, Status
from app.extensions import db
from app.services.actor import Actor
from app.services.packages import Options, by_code, of_order, product_of, setups_of, sites_of, with_defaults

MAX_SERVICES = 200
SELECTED = "A package was selected for this order already; that is done only once."


def select_for(
    order: Order, code: str, site: Mapping[str, str], actor: Actor, found: Qualification | None = None
) -> Package:  # fmt: skip
    """Select a package for a draft: its services become items. One that has changed since is taken as it is now.
    `found`: by what it was qualified, where that is not what was found out last.

    `Conflict` if another was selected before, or nothing has been qualified; `Invalid` if it cannot be had there.
    A product of an access line has no place of ours: whether it can be had, its eligibility check told.
    """
    before = of_order(order)
    if before is not None and (before.latest or before.code != code):
        raise Conflict(SELECTED if order.items else f"{SELECTED} Send its services as items, or begin a new draft.")
    if found is None and order.qualification_id is not None:
        found = db.session.get(Qualification, order.qualification_id)
    package = by_code(code)
    placed = package is None or not all(_is_access(one.service_type) for one in package.services)
    if placed and found is None:
        raise Conflict("Qualify the order first: what can be had depends on where.")
    if placed and found is not None and found.valid_until <= clock.now():
        raise Conflict("The availability was looked up too long ago to be believed. Please check it again.")
    if package is None:
        raise Invalid("There is no such package.", [Finding("/code", "reference", f"There is no package “{code}”.")])
    if before is None:
        apply(order, package, _site(package, found, site) if found else {}, found)
    else:
        _renew(order, package, _site(package, found, site or _place(order)) if found else {}, found)
    order.version += 1
    order.modified_at = clock.now()
    after = {"package": code, "revision": package.revision}
    story.audit(actor.name, "package selected", order_id=order.id, subject=order.name, after=after)
    return package


def _is_access(key: str) -> bool:
    kind = service_type(key)
    return kind is not None and bool(kind.families)


def _site(package: Package, found: Qualification, said: Mapping[str, str]) -> dict[str, str]:
    """The place: as said if the package can be had there; else the only one there is; else open."""
    sites = sites_of(package, found)
    if not sites:
        words = f"“{package.name}” cannot be had by what was qualified."
        raise Invalid(words, [Finding("/code", "qualification", words)])
    fitting = [site for site in sites if all(site.get(name, said[name]) == said[name] for name in said)]
    if not fitting:
        places = ", ".join("/".join(site.values()) for site in sites)
        words = f"“{package.name}” can be had at {places}."
        raise Invalid("The package cannot be had there.", [Finding("/site", "choice", words)])
    return {**fitting[0], **said} if len(fitting) == 1 or said else {}


def _place(order: Order) -> dict[str, str]:
    """Where the services of the order's package are to be, as far as it is known."""
    setups = setups_of(order)
    details: Sequence[Mapping[str, Any]] = [
        item.details for item in order.items
        if (setup := setups.get(item.id)) is not None and setup.package_service_id is not None
    ]  # fmt: skip
    return {name: str(one[name]) for one in details for name in ("fabric", "location") if one.get(name)}


def apply(order: Order, package: Package, site: Mapping[str, str], found: Qualification | None = None) -> None:
    """Make the package's services items of the draft, behind those that it has."""
    order.package_id = package.id
    order.product = product_of(package)
    order.options = with_defaults(package.options, order.options or {}, "/options")[0]
    _add(order, package.services, {}, site, found)


def _add(
    order: Order, services: Sequence[PackageService], numbers: Mapping[int, int], site: Mapping[str, str],
    found: Qualification | None,
) -> dict[int, int]:  # fmt: skip
    """Items for these services. `numbers`: position → item number of services that are there; answered whole."""
    first = max((item.item_number for item in order.items), default=0)
    if first + len(services) > MAX_SERVICES:
        raise Conflict("The draft has too many items for another package.")
    places = {**numbers, **{one.position: first + step for step, one in enumerate(services, start=1)}}
    for service in services:
        item = OrderItem(
            id=uuid.uuid4(), order=order, item_number=places[service.position], service_type=service.service_type,
            action="new", details=_filled(service, places, site, found), state=State.IDLE, status=Status.DRAFT,
        )  # fmt: skip
        features = with_defaults(service.features, {}, "")[0]
        setup = ItemSetup(item=item, package_service_id=service.id, features=features, contacts={})
        setup.qualification_id = found.id if found else None
        db.session.add(setup)
    db.session.flush()
    return places


def _filled(
    service: PackageService, numbers: Mapping[int, int], site: Mapping[str, str], found: Qualification | None
) -> dict[str, Any]:
    """The details that are known: the package's own, the place, and the port or service that was qualified."""
    action = action_of(service.service_type, "new")
    names = {field.name for field in action.fields} if action else set()
    details: dict[str, Any] = {name: value for name, value in site.items() if name in names}
    port = next((offer["port"] for offer in found.offers if offer.get("port")), None) if found else None
    if port is not None and "port" in names:
        details["port"] = port
    return details | {name: _default(service, name, numbers) for name in service.defaults}


def _default(service: PackageService, name: str, numbers: Mapping[int, int]) -> Any:
    """A detail that comes with the package; a reference names the item that the other service became."""
    value = service.defaults.get(name)
    return {"item": numbers[value["item"]]} if isinstance(value, dict) and "item" in value else value


def _renew(order: Order, package: Package, site: Mapping[str, str], found: Qualification | None) -> None:
    """Take the package as it is sold now. What the member said stays; what is fixed is as the package has it now.

    Items that the package does not bring any more stay in the draft as services on their own.
    """
    for setup in setups_of(order).values():
        setup.package_service_id = None
    order.package_id = package.id
    order.product = product_of(package)
    order.options = with_defaults(package.options, _still_there(package.options, order.options or {}), "/options")[0]
    tie(order, package)
    setups = setups_of(order)
    item_of = {setups[item.id].package_service_id: item for item in order.items if item.id in setups}
    tied = {one.position: item_of[one.id].item_number for one in package.services if one.id in item_of}
    numbers = _add(order, [one for one in package.services if one.id not in item_of], tied, site, found)
    for service in package.services:
        if service.id in item_of:
            item = item_of[service.id]
            brought = {name: _default(service, name, numbers) for name in service.defaults}
            item.details = {**brought, **item.details, **{name: brought.get(name) for name in service.fixed}}
    db.session.flush()


def _still_there(known: Mapping[str, Any], said: Options) -> Options:
    """What was said about options or features that there still are, where it can still be chosen."""
    return {code: said[code] for code, option in known.items() if code in said and _can_be(option, said[code])}


def _can_be(option: Mapping[str, Any], one: Mapping[str, Any]) -> bool:
    choices = [choice["value"] for choice in option.get("choices", [])]
    fits = one.get("value") in choices if choices else one.get("value") is None
    return fits and (bool(one.get("enabled")) or not option.get("required"))


def tie(order: Order, package: Package) -> None:
    """Say which items of the order are the package's services: for each the first new item of its type that is none
    yet. Done again after the items changed, it ties what is new."""
    db.session.flush()
    setups = setups_of(order)
    tied = {setup.package_service_id for setup in setups.values() if setup.package_service_id}
    for service in package.services:
        if service.id in tied:
            continue
        for item in order.items:
            setup = setups.get(item.id)
            free = setup is None or setup.package_service_id is None
            if free and (item.service_type, item.action) == (service.service_type, "new"):
                if setup is None:
                    setup = setups[item.id] = ItemSetup(item=item, contacts={})
                    db.session.add(setup)
                setup.package_service_id = service.id
                said = _still_there(service.features, setup.features or {})
                setup.features = with_defaults(service.features, said, "")[0]
                break
    db.session.flush()
