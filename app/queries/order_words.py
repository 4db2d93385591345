"""What an order says as a whole beside its items, in words for our staff and for tickets."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.catalogue.describe import Row
from app.domain.models import Order, Package
from app.extensions import db
from app.services import named_people
from app.services.change_words import ROLES

ENNI = {"enni_service_ref": "ENNI", "enni_vlan": "VLAN at the ENNI"}


def beside(order: Order) -> list[Row]:
    """Product, options, end customer, where it is handed over, comment; nothing of what was not said."""
    return [
        *_product(order),
        *([("End customer", _end_customer(order.owner))] if order.owner else []),
        *((label, str(order.enni[name])) for name, label in ENNI.items() if order.enni and order.enni.get(name)),
        *([("Comment", order.comment)] if order.comment else []),
    ]


def people(order: Order) -> list[Row]:
    """Whom to turn to, by their roles."""
    return [(ROLES.get(role, role), named_people.in_words(who)) for role, who in (order.contacts or {}).items()]


def handed_over(enni: Mapping[str, Any]) -> list[str]:
    """The ENNI and its VLAN, as far as they are said."""
    return [str(enni[name]) for name in ENNI if enni.get(name)]


def _end_customer(said: Mapping[str, Any]) -> str:
    return named_people.in_words({"full_name": said.get("name"), **said})


def _product(order: Order) -> Iterator[Row]:
    if not order.product:
        return
    family = order.product["line"]["family"]["name"]
    yield "Product", f"{order.product['name']} ({order.product['code']}), {family}"
    package = db.session.get(Package, order.package_id) if order.package_id else None
    for code, said in (order.options or {}).items():
        option = package.options.get(code, {}) if package else {}
        yield str(option.get("label", code)), _option(option, said)


def _option(option: Mapping[str, Any], said: Mapping[str, Any]) -> str:
    if not said["enabled"]:
        return "Not wanted"
    labels = {choice["value"]: choice["label"] for choice in option.get("choices", [])}
    return str(labels.get(said["value"], said["value"])) if said["value"] is not None else "Wanted"
