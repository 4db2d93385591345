"""Whether the services of a package are configured to be where they were qualified for.

Only of a package: items that somebody names themselves need no qualification.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from app.domain.errors import Finding
from app.domain.models import ItemSetup, Order, OrderItem, Qualification, Service
from app.extensions import db

Offer = Mapping[str, Any]
ASKED = ("fabric", "location", "port")


def findings(order: Order, found: Qualification, numbers: Collection[int]) -> list[Finding]:
    """A finding for each service of the package that is to be elsewhere, at what is other than it was qualified.
    `numbers`: the items that this was found out for."""
    if found.method == "none" or order.package_id is None:
        return []
    bundled = _bundled(order)
    return [
        one
        for index, item in enumerate(order.items)
        if item.id in bundled and item.item_number in numbers
        for one in _elsewhere(index, item, found)
    ]


def _bundled(order: Order) -> set[Any]:
    ids = [item.id for item in order.items]
    query = select(ItemSetup.item_id).where(ItemSetup.item_id.in_(ids), ItemSetup.package_service_id.is_not(None))
    return set(db.session.scalars(query))


def _elsewhere(index: int, item: OrderItem, found: Qualification) -> Iterator[Finding]:
    offers: Sequence[Offer] = [one for one in found.offers if one["service_type"] == item.service_type]
    if not offers:
        words = "The availability of this service was not looked up. Please check it."
        yield Finding(f"/items/{index}/service_type", "not_qualified", words)
        return
    for name in ASKED:
        fitting = [one for one in offers if _fits(one, name, item.details)]
        if not fitting:
            yield Finding(f"/items/{index}/details/{name}", "not_qualified", _sentence(name, offers))
            return
        offers = fitting


def _fits(offer: Offer, name: str, details: Mapping[str, Any]) -> bool:
    """Whether the offer is for this. What is not said yet, or follows from another item, may be anything."""
    said = details.get(name)
    if said is None or isinstance(said, dict):
        return True
    if name != "port":
        return bool(offer[name] == said)
    return bool(offer["port"] == said if offer["port"] is not None else _stands_at(said, offer))


def _stands_at(number: int, offer: Offer) -> bool:
    """A building was qualified: any port in it will do."""
    place = (Service.fabric_code == offer["fabric"], Service.location_code == offer["location"])
    return db.session.scalars(select(Service.id).where(Service.number == number, *place)).first() is not None


def _sentence(name: str, offers: Sequence[Offer]) -> str:
    ports = sorted({str(one["port"]) for one in offers if one["port"] is not None})
    there = f"port {', '.join(ports)}" if name == "port" and ports else _places(offers)
    return f"The availability was looked up for {there}. Choose that, or check the availability for this one."


def _places(offers: Sequence[Offer]) -> str:
    places = ((one["fabric"], one["location"]) for one in offers)
    return ", ".join(dict.fromkeys(f"“{lan}” at “{building}”" if building else f"“{lan}”" for lan, building in places))
