"""Where the items of a draft are to be: what to ask before, and what follows from the answer for each of them.

A draft is started with one item. What is put somewhere is that item, or the services of the package that took its
place, together with the port that is ordered for them where they are to have a new one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from app.catalogue import ItemInput, action_of
from app.catalogue.common import TAGGED
from app.domain.errors import Finding, Invalid
from app.domain.models import Order, PortGroup, Qualification, Service
from app.extensions import db
from app.services import drafts, packages
from app.services.qualification import Question

PORT_TYPE = "multiservice_port"


@dataclass(frozen=True)
class Where:
    """One answer: a fabric in a building, a port or a port group that one has, or a fabric alone."""

    fabric: str | None = None
    location: str | None = None
    port: int | None = None
    group: str | None = None

    @property
    def site(self) -> dict[str, str]:
        return {name: value for name in ("fabric", "location") if (value := getattr(self, name))}


def read(text: str) -> Where | None:
    """What a form sends: `site|lon1|LD8`, `port|103127`, `group|…`, `fabric|lon1`; None for anything else."""
    kind, *rest = text.split("|")
    if kind == "site" and len(rest) == 2 and all(rest):
        return Where(rest[0], rest[1])
    if kind == "fabric" and len(rest) == 1 and rest[0]:
        return Where(rest[0])
    if kind == "group" and len(rest) == 1 and rest[0]:
        return Where(group=rest[0])
    if kind == "port" and len(rest) == 1 and rest[0].isascii() and rest[0].isdigit() and len(rest[0]) < 10:
        return Where(port=int(rest[0]))
    return None


def write(where: Where | None) -> str:
    """The other way round; empty for None."""
    if where is None:
        return ""
    if where.port is not None:
        return f"port|{where.port}"
    if where.group is not None:
        return f"group|{where.group}"
    return f"site|{where.fabric}|{where.location}" if where.location else f"fabric|{where.fabric}"


def where_of(order: Order) -> Where | None:
    """What was answered for this draft, as its first item tells; None if nothing was yet."""
    if not order.items:
        return None
    details = order.items[0].details
    group, port = details.get("port_group_id"), details.get("port")
    if group is not None:
        return Where(details.get("fabric"), details.get("location"), group=group)
    if isinstance(port, int):
        return Where(details.get("fabric"), details.get("location"), port=port)
    carrier = _made_by(order, port) if isinstance(port, dict) else details
    if not carrier.get("fabric"):
        return None
    return Where(carrier["fabric"], carrier.get("location"))


def _made_by(order: Order, ref: dict[str, int]) -> dict[str, Any]:
    return next((item.details for item in order.items if item.item_number == ref.get("item")), {})


def question(order: Order, where: Where) -> Question:
    """What to ask. Nothing where only the rules of the catalogue decide: of a fabric as a whole, or of a port whose
    encapsulation this order changes first."""
    if where.port is not None:
        port = _port(order, where.port)
        if port is None:
            _refuse("There is no such port.")
        else:
            owner = order.account_id if order.account_id == port.account_id else order.sub_account_id or ""
            if _needs_encapsulation(order, where):
                return Question(owner)
            return Question(owner, "identifier", "port", where.port)
    if where.group is not None:
        return Question(order.account_id, "address", address=_group(order, where.group).location_code)
    if where.location is not None:
        return Question(order.account_id, "address", address=where.location)
    return Question(order.account_id)


def _port(order: Order, number: int) -> Service | None:
    ids = [account for account in (order.account_id, order.sub_account_id) if account]
    return db.session.scalars(
        select(Service).where(
            Service.number == number, Service.service_type == PORT_TYPE, Service.state == "active",
            Service.account_id.in_(ids),
        )
    ).one_or_none()  # fmt: skip


def _group(order: Order, group_id: str) -> PortGroup:
    group = db.session.get(PortGroup, group_id)
    if group is None or group.account_id not in (order.account_id, order.sub_account_id):
        raise Invalid("There is no such port group.", [Finding("/where", "reference", "There is no such port group.")])
    return group


def _refuse(words: str, rule: str = "reference") -> None:
    raise Invalid(words, [Finding("/where", rule, words)])


def refuse_unless_there(order: Order, where: Where, found: Qualification) -> None:
    """`Invalid` with the reason if what the draft is about cannot be had there."""
    if found.method == "none":
        return
    package = packages.of_order(order)
    if package is not None and not any(_same(site, where) for site in packages.sites_of(package, found)):
        _refuse(_why(found, f"“{package.name}” cannot be had there."), "not_offered")
    wanted = PORT_TYPE if where.location and _takes_port(order) else order.items[0].service_type
    if not any(offer["service_type"] == wanted and _same(offer, where) for offer in found.offers):
        _refuse(_why(found, "This cannot be had there."), "not_offered")


def _same(offer: Any, where: Where) -> bool:
    if where.port is not None and offer.get("port") not in (None, where.port):
        return False
    return where.location is None or (offer.get("fabric"), offer.get("location")) == (where.fabric, where.location)


def _why(found: Qualification, otherwise: str) -> str:
    return " ".join(reason["detail"] for reason in found.reasons if reason["rule"] != "by_hand") or otherwise


def _takes_port(order: Order) -> bool:
    return _takes(order.items[0].service_type, "port", order.type) if order.items else False


def _takes(service_type: str, name: str, order_type: str, action: str = "new") -> bool:
    found = action_of(service_type, action, order_type)
    return found is not None and found.field(name) is not None


def _needs_encapsulation(order: Order, where: Where) -> bool:
    """A unit with a VLAN of its own on a port that is untagged so far."""
    port = _port(order, where.port) if where.port is not None else None
    if port is None or str(port.details.get("encapsulation") or "none") in TAGGED:
        return False
    return any(item.service_type == "pvlan_unit" and item.action == "new" for item in order.items)


def beside_the_first(order: Order, items: Sequence[ItemInput]) -> list[ItemInput]:
    """The items that a package would not take the place of."""
    taken = {order.items[0].item_number, *_made_for(order)} if order.items else set()
    return [one for one in items if one.item_number not in taken]


def _made_for(order: Order) -> Iterator[int]:
    """The numbers of items that were added for the first one only: its new port, the change of its port."""
    ref = order.items[0].details.get("port")
    made = ref.get("item") if isinstance(ref, dict) else None
    setups = drafts.setups_of(order)
    for item in order.items[1:]:
        setup = setups.get(item.id)
        bundled = setup is not None and setup.package_service_id is not None
        changes = item.action == "edit_encap" and isinstance(ref, int) and item.service_number == ref
        if changes or (item.item_number == made and not bundled):
            yield item.item_number


def placed(order: Order, items: Sequence[ItemInput], where: Where) -> list[ItemInput]:
    """The draft's items put there, with the port or the change of a port that they need for it."""
    if where.port is not None:
        return _on_port(order, items, where.port)
    if where.group is not None:
        return _in_group(order, items, where.group)
    return _at_site(order, items, where)


def together(order: Order) -> set[int]:
    """The numbers of all items that the answer to “where” places."""
    return {*_mine(order), *_made_for(order)} if order.items else set()


def _mine(order: Order) -> set[int]:
    """The numbers of the items that are placed together: the first one, and the services of the package."""
    setups = drafts.setups_of(order)
    numbers = {item.item_number for item in order.items[:1]}
    for item in order.items:
        setup = setups.get(item.id)
        if setup is not None and setup.package_service_id is not None:
            numbers.add(item.item_number)
    return numbers


def _set(one: ItemInput, order: Order, **values: Any) -> ItemInput:
    """The item with those of these details that its action takes; None takes one away."""
    details = dict(one.details)
    for name, value in values.items():
        if not _takes(one.service_type, name, order.type, one.action):
            continue
        if value is None:
            details.pop(name, None)
        else:
            details[name] = value
    return replace(one, details=details)


def _on_port(order: Order, items: Sequence[ItemInput], number: int) -> list[ItemInput]:
    port = _port(order, number)
    if port is None:
        _refuse("There is no such port.")
        return []
    mine, gone = _mine(order), set(_made_for(order))
    place = {"fabric": port.fabric_code, "location": port.location_code}
    kept = [
        _set(one, order, **place, **({} if _of_package(one, mine, items) else {"port": number}))
        if one.item_number in mine else one
        for one in items if one.item_number not in gone
    ]  # fmt: skip
    if not _needs_encapsulation(order, Where(port=number)):
        return kept
    change = ItemInput(PORT_TYPE, "edit_encap", {"encapsulation": "dot1q"}, number, _next(kept))
    return [*kept, change]


def _of_package(one: ItemInput, mine: set[int], items: Sequence[ItemInput]) -> bool:
    """Whether its port is one that comes with the same package."""
    ref = one.details.get("port")
    makers = {other.item_number for other in items if other.service_type == PORT_TYPE and other.item_number in mine}
    return isinstance(ref, dict) and ref.get("item") in makers


def _next(items: Sequence[ItemInput]) -> int:
    return max((one.item_number for one in items), default=0) + 1


def _in_group(order: Order, items: Sequence[ItemInput], group_id: str) -> list[ItemInput]:
    group = _group(order, group_id)
    place = {
        "port_group_id": group.id, "fabric": group.fabric_code, "location": group.location_code,
        "connexions_port": group.port_label,
    }  # fmt: skip
    mine = _mine(order)
    return [_set(one, order, **place) if one.item_number in mine else one for one in items]


def _at_site(order: Order, items: Sequence[ItemInput], where: Where) -> list[ItemInput]:
    mine = _mine(order)
    ports = {one.item_number for one in items if one.service_type == PORT_TYPE and one.action == "new"}
    place = {"fabric": where.fabric, "location": where.location}
    carried = {
        ref["item"] for one in items
        if one.item_number in mine and isinstance(ref := one.details.get("port"), dict) and ref["item"] in ports
    }  # fmt: skip
    changes = {one for one in _made_for(order) if one not in carried}
    kept = [
        _set(one, order, **place) if one.item_number in mine | carried else one
        for one in items if one.item_number not in changes
    ]  # fmt: skip
    bare = [one for one in kept if one.item_number in mine - carried and _takes_new_port(one, order)]
    bare = [one for one in bare if not isinstance(one.details.get("port"), dict)]
    if not bare or where.location is None:
        return kept
    return _with_new_port(kept, {one.item_number for one in bare}, place)


def _takes_new_port(one: ItemInput, order: Order) -> bool:
    return one.action == "new" and _takes(one.service_type, "port", order.type)


def _with_new_port(items: Sequence[ItemInput], numbers: set[int], place: dict[str, str | None]) -> list[ItemInput]:
    """With the new port that these items are to be on."""
    number = _next(items)
    tagged = {"encapsulation": "dot1q"} if any(one.service_type == "pvlan_unit" for one in items) else {}
    there = [
        replace(one, details={**one.details, "port": {"item": number}}) if one.item_number in numbers else one
        for one in items
    ]
    return [*there, ItemInput(PORT_TYPE, "new", {**place, **tagged}, None, number)]
