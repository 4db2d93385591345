"""Where the items of a draft are to be: what to ask before, and what follows from the answer for each of them.

The answer is about one group (`draft_groups`): an item or the services of the package, with the port that is ordered
for them where they are to have a new one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from app.catalogue import ItemInput, action_of
from app.catalogue.common import TAGGED
from app.domain.errors import Finding, Invalid
from app.domain.models import Order, PortGroup, Qualification, Service
from app.extensions import db
from app.services import packages
from app.services.draft_groups import Groups
from app.services.qualification import Question

PORT_TYPE = "multiservice_port"
LIVING = ("pre_active", "active")
"""A port that is still being set up can be named as well: what is put on it waits for it."""


@dataclass(frozen=True)
class Where:
    """One answer: a fabric in a building, a port or a port group that one has, a new port of the same order (`item`),
    or a fabric alone."""

    fabric: str | None = None
    location: str | None = None
    port: int | None = None
    group: str | None = None
    item: int | None = None

    @property
    def site(self) -> dict[str, str]:
        return {name: value for name in ("fabric", "location") if (value := getattr(self, name))}


def read(text: str) -> Where | None:
    """What a form sends: `site|lon1|LD8`, `port|103127`, `item|2`, `group|…`, `fabric|lon1`; None for anything else."""
    kind, *rest = text.split("|")
    if kind == "site" and len(rest) == 2 and all(rest):
        return Where(rest[0], rest[1])
    if kind == "fabric" and len(rest) == 1 and rest[0]:
        return Where(rest[0])
    if kind == "group" and len(rest) == 1 and rest[0]:
        return Where(group=rest[0])
    if kind in ("port", "item") and len(rest) == 1 and rest[0].isascii() and rest[0].isdigit() and len(rest[0]) < 10:
        return Where(port=int(rest[0])) if kind == "port" else Where(item=int(rest[0]))
    return None


def write(where: Where | None) -> str:
    """The other way round; empty for None."""
    if where is None:
        return ""
    for kind in ("port", "item", "group"):
        if getattr(where, kind) is not None:
            return f"{kind}|{getattr(where, kind)}"
    return f"site|{where.fabric}|{where.location}" if where.location else f"fabric|{where.fabric}"


def where_of(groups: Groups, lead: int | None) -> Where | None:
    """What was answered for this group, as its lead tells; None if nothing was yet."""
    if lead is None:
        return None
    details = groups.items[lead].details
    place = {"fabric": details.get("fabric"), "location": details.get("location")}
    if groups.takes(lead, "port_group_id"):
        group = details.get("port_group_id")
        return Where(**place, group=group) if group is not None else None
    if groups.takes(lead, "port"):
        return _on_which_port(groups, lead, place)
    needed = ["fabric", *(["location"] if groups.takes(lead, "location") else [])]
    return Where(**place) if all(details.get(name) for name in needed) else None


def _on_which_port(groups: Groups, lead: int, place: dict[str, Any]) -> Where | None:
    port, item = groups.items[lead].details.get("port"), groups.port_item(lead)
    if isinstance(port, int):
        return Where(**place, port=port)
    if item is None or item not in groups.items:
        return None
    carrier = groups.items[item].details
    there = {"fabric": carrier.get("fabric"), "location": carrier.get("location")}
    if item not in groups.together(lead):
        return Where(**there, item=item)
    return Where(**there) if carrier.get("fabric") else None


def question(groups: Groups, lead: int, where: Where) -> Question:
    """What to ask. Nothing where only the rules of the catalogue decide: of a fabric as a whole, or of a port whose
    encapsulation this order changes first."""
    order = groups.order
    if where.port is not None:
        port = _port(order, where.port)
        if port is None:
            _refuse("There is no such port.")
        else:
            owner = order.account_id if order.account_id == port.account_id else order.sub_account_id or ""
            if _needs_encapsulation(groups, lead, where):
                if port.state != "active":
                    _refuse(f"Port {port.number} is untagged; that can be changed when it has been set up.", "state")
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
            Service.number == number, Service.service_type == PORT_TYPE, Service.state.in_(LIVING),
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


def ports_of_order(groups: Groups, lead: int) -> list[int]:
    """The new ports of this order that another group has, and that this one could be on; each has its place."""
    own = groups.together(lead)
    return [
        number for number, item in groups.items.items()
        if item.service_type == PORT_TYPE and item.action == "new" and number not in own
        and item.details.get("fabric") and item.details.get("location")
    ]  # fmt: skip


def refuse_unless_there(groups: Groups, lead: int, where: Where, found: Qualification) -> None:
    """`Invalid` with the reason if what the group is about cannot be had there."""
    if found.method == "none":
        return
    order = groups.order
    package = packages.of_order(order) if len(groups.mine(lead)) > 1 or lead in groups.bundled() else None
    if package is not None and not any(_same(site, where) for site in packages.sites_of(package, found)):
        _refuse(_why(found, f"“{package.name}” cannot be had there."), "not_offered")
    wanted = PORT_TYPE if where.location and groups.takes(lead, "port") else groups.items[lead].service_type
    if not any(offer["service_type"] == wanted and _same(offer, where) for offer in found.offers):
        _refuse(_why(found, "This cannot be had there."), "not_offered")


def _same(offer: Any, where: Where) -> bool:
    if where.port is not None and offer.get("port") not in (None, where.port):
        return False
    return where.location is None or (offer.get("fabric"), offer.get("location")) == (where.fabric, where.location)


def _why(found: Qualification, otherwise: str) -> str:
    mere_news = ("by_hand", "being_set_up")
    return " ".join(reason["detail"] for reason in found.reasons if reason["rule"] not in mere_news) or otherwise


def _needs_encapsulation(groups: Groups, lead: int, where: Where) -> bool:
    """A unit with a VLAN of its own on a port that is untagged so far."""
    port = _port(groups.order, where.port) if where.port is not None else None
    if port is None or str(port.details.get("encapsulation") or "none") in TAGGED:
        return False
    return _has_unit(groups, lead)


def _has_unit(groups: Groups, lead: int) -> bool:
    items = (groups.items[one] for one in groups.mine(lead))
    return any(item.service_type == "pvlan_unit" and item.action == "new" for item in items)


def placed(groups: Groups, items: Sequence[ItemInput], lead: int, where: Where) -> list[ItemInput]:
    """The draft's items with this group there, with the port or the change of a port that it needs for it."""
    if where.port is not None:
        there = _on_port(groups, items, lead, where.port)
    elif where.item is not None:
        there = _on_item(groups, items, lead, where.item)
    elif where.group is not None:
        there = _in_group(groups, items, lead, where.group)
    else:
        there = _at_site(groups, items, lead, where)
    return _with_their_ports(groups.order, there)


def _set(one: ItemInput, order: Order, **values: Any) -> ItemInput:
    """The item with those of these details that its action takes; None takes one away."""
    action = action_of(one.service_type, one.action, order.type)
    details = dict(one.details)
    for name, value in values.items():
        if action is None or action.field(name) is None:
            continue
        if value is None:
            details.pop(name, None)
        else:
            details[name] = value
    return replace(one, details=details)


def _with_their_ports(order: Order, items: Sequence[ItemInput]) -> list[ItemInput]:
    """What is on a new port of the order is where that port is."""
    ports = {one.item_number: one.details for one in items if one.service_type == PORT_TYPE and one.action == "new"}

    def follow(one: ItemInput) -> ItemInput:
        ref = one.details.get("port")
        port = ports.get(ref.get("item", 0)) if isinstance(ref, dict) and one.action == "new" else None
        if port is None:
            return one
        return _set(one, order, fabric=port.get("fabric"), location=port.get("location"))

    return [follow(one) for one in items]


def needed_by(groups: Groups, lead: int) -> set[int]:
    """What was added for this group and is still of use to it: the port that it is on, the change of the port."""
    mine = groups.mine(lead)
    return {one for one in groups.made_for(lead) if any(_uses(groups, other, one) for other in mine)}


def needed_by_others(groups: Groups, lead: int) -> set[int]:
    """What was added for this group and is by now of use to another one as well."""
    own = groups.together(lead)
    others = [one for one in groups.items if one not in own]
    return {one for one in groups.made_for(lead) if any(_uses(groups, other, one) for other in others)}


def _uses(groups: Groups, number: int, added: int) -> bool:
    """Whether the item is on this new port, or on the port that is changed so."""
    port = groups.items[number].details.get("port")
    return groups.port_item(number) == added or (isinstance(port, int) and groups.items[added].service_number == port)


def _without_its_port(groups: Groups, items: Sequence[ItemInput], lead: int) -> list[ItemInput]:
    """Without what was added for this group only, as far as nothing else is on it."""
    gone = groups.made_for(lead) - needed_by_others(groups, lead)
    return [one for one in items if one.item_number not in gone]


def _on_port(groups: Groups, items: Sequence[ItemInput], lead: int, number: int) -> list[ItemInput]:
    order = groups.order
    port = _port(order, number)
    if port is None:
        _refuse("There is no such port.")
        return []
    place = {"fabric": port.fabric_code, "location": port.location_code}
    kept = [
        _set(one, order, **place, **({} if _port_of_package(groups, one) else {"port": number}))
        if one.item_number in groups.mine(lead) else one
        for one in _without_its_port(groups, items, lead)
    ]  # fmt: skip
    if not _needs_encapsulation(groups, lead, Where(port=number)) or _changes_it(kept, number):
        return kept
    change = ItemInput(PORT_TYPE, "edit_encap", {"encapsulation": "dot1q"}, number, _next(kept))
    return [*kept, change]


def _changes_it(items: Sequence[ItemInput], port: int) -> bool:
    """Whether the order changes this port's encapsulation already, for the sake of another item."""
    return any(one.action == "edit_encap" and one.service_number == port for one in items)


def _port_of_package(groups: Groups, one: ItemInput) -> bool:
    """Whether its port is one that comes with the same package."""
    ref = one.details.get("port")
    return isinstance(ref, dict) and ref.get("item") in groups.bundled()


def _next(items: Sequence[ItemInput]) -> int:
    return max((one.item_number for one in items), default=0) + 1


def _on_item(groups: Groups, items: Sequence[ItemInput], lead: int, number: int) -> list[ItemInput]:
    """On a new port that another item of the order makes; tagged, where the service needs a VLAN of its own."""
    if number not in ports_of_order(groups, lead):
        _refuse("There is no such port in this order.")
    mine, order = groups.mine(lead), groups.order
    tag = _has_unit(groups, lead)
    return [
        _set(one, order, port={"item": number}) if one.item_number in mine and not _port_of_package(groups, one)
        else _tagged(one) if tag and one.item_number == number
        else one
        for one in _without_its_port(groups, items, lead)
    ]  # fmt: skip


def _tagged(port: ItemInput) -> ItemInput:
    if str(port.details.get("encapsulation") or "none") in TAGGED:
        return port
    return replace(port, details={**port.details, "encapsulation": "dot1q"})


def _in_group(groups: Groups, items: Sequence[ItemInput], lead: int, group_id: str) -> list[ItemInput]:
    group = _group(groups.order, group_id)
    place = {
        "port_group_id": group.id, "fabric": group.fabric_code, "location": group.location_code,
        "connexions_port": group.port_label,
    }  # fmt: skip
    mine = groups.mine(lead)
    return [_set(one, groups.order, **place) if one.item_number in mine else one for one in items]


def _at_site(groups: Groups, items: Sequence[ItemInput], lead: int, where: Where) -> list[ItemInput]:
    mine, made = groups.mine(lead), groups.made_for(lead)
    place = {"fabric": where.fabric, "location": where.location}
    own_ports = {one for one in mine | made if groups.items[one].service_type == PORT_TYPE}
    carried = {one for one in made if groups.items[one].action == "new"}
    gone = made - carried - needed_by_others(groups, lead)
    kept = [
        _set(one, groups.order, **place) if one.item_number in mine | carried else one
        for one in items if one.item_number not in gone
    ]  # fmt: skip
    bare = {
        one.item_number for one in kept
        if one.item_number in mine and groups.takes(one.item_number, "port")
        and groups.port_item(one.item_number) not in own_ports
    }  # fmt: skip
    if not bare or where.location is None:
        return kept
    return _with_new_port(kept, bare, place)


def _with_new_port(items: Sequence[ItemInput], numbers: set[int], place: dict[str, str | None]) -> list[ItemInput]:
    """With the new port that these items are to be on."""
    number = _next(items)
    tagged = {"encapsulation": "dot1q"} if any(
        one.service_type == "pvlan_unit" for one in items if one.item_number in numbers
    ) else {}  # fmt: skip
    there = [
        replace(one, details={**one.details, "port": {"item": number}}) if one.item_number in numbers else one
        for one in items
    ]
    return [*there, ItemInput(PORT_TYPE, "new", {**place, **tagged}, None, number)]
