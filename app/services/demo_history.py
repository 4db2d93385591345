"""Half a year of finished orders, so that lists, logs and measured durations of the demo look like an exchange's.

The same on every load except for its dates: the dice have a fixed seed.
"""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from app.domain.states import Status
from app.services import demo_past
from app.services.demo_exchange import CUSTOMERS, MEMBERS, ORGANISATIONS, PARTNER, Organisation
from app.services.demo_rows import Kept, Past, PastItem
from app.services.demo_services import Market

ORDERS = 200
DAYS = 190
LEAST_AGE = timedelta(days=6)
"""The youngest order was placed so long ago that it has ended by now."""
PLACES = (("lon1", "LD8"), ("lon1", "THN"), ("lon2", "LD8"), ("edi2", "PUL"), ("jsp1", "Mon"))
PVLAN_NAMES = (
    "Backup ring", "Trading floor", "Clinic records", "Game state", "Studio feed", "Campus link", "Payroll",
    "Cloud on-ramp", "Rail telemetry", "Disaster recovery", "Voice trunk", "Render farm",
)  # fmt: skip
CHANNELS = ("portal", "portal", "portal", "api", "ixapi", "desk")
OWN_PORTS = tuple(one for one in MEMBERS if one.id != PARTNER)
PARTNERS_OWN = tuple(one for one in CUSTOMERS if one.reseller == PARTNER)


def happen(past: Past, market: Market, now: datetime) -> int:
    """Tell all of it; answer how many orders there were."""
    dice = random.Random(41)
    told = 0
    moments = sorted(_working_hours(dice, now) for _ in range(ORDERS))
    kinds = [kind for kind, weight in SCENES.items() for _ in range(weight)]
    for number, at in enumerate(moments):
        market.today = at
        choices = [_port_with_peering] if number < len(OWN_PORTS) else dice.sample(kinds, len(kinds))
        told += any(scene(past, market, dice, at) for scene in choices)  # the first that is possible on that day
    market.today = None
    return told


def _working_hours(dice: random.Random, now: datetime) -> datetime:
    day = now - LEAST_AGE - timedelta(days=dice.uniform(0, DAYS))
    return day.replace(hour=dice.randint(7, 17), minute=dice.randint(0, 59), second=dice.randint(0, 59))


Scene = Callable[[Past, Market, random.Random, datetime], bool]


def _anybody(dice: random.Random) -> Organisation:
    return dice.choice(OWN_PORTS)


def _port_with_peering(past: Past, market: Market, dice: random.Random, at: datetime) -> bool:
    """A new port, mostly with peering on it in the same order."""
    who, (fabric, place) = _anybody(dice), dice.choice(PLACES)
    capacity = dice.choice((1_000, 10_000, 10_000, 10_000))
    tagged = dice.random() < 0.4
    port = market.new_port(at, who, fabric, place, capacity, encapsulation="dot1q" if tagged else "none")
    items = [PastItem("multiservice_port", "new", port.details, port)]
    if not tagged and dice.random() < 0.8:
        unit = market.new_peering(at, port, capacity // dice.choice((1, 2, 10)))
        items.append(PastItem("peering_unit", "new", {**unit.details, "port": {"item": 1}}, unit, needs=True))
    demo_past.order(past, at, who, items, channel=dice.choice(CHANNELS))
    return True


def _connexions(past: Past, market: Market, dice: random.Random, at: datetime) -> bool:
    customer = dice.choice(PARTNERS_OWN)
    made = market.new_connexions(at, customer, dice.choice((100, 200, 500, 1_000)))
    item = PastItem("connexions", "new", made.details, made)
    demo_past.order(past, at, customer, [item], reseller=ORGANISATIONS[PARTNER], channel=dice.choice(("portal", "api")))
    return True


def _connexions_modify(past: Past, market: Market, dice: random.Random, at: datetime) -> bool:
    customer = dice.choice(PARTNERS_OWN)
    service = _pick(dice, market.of(customer, "connexions"))
    if service is None:
        return False
    wanted = {"bandwidth": dice.choice([mbps for mbps in (100, 500, 1_000) if mbps != service.details["bandwidth"]])}
    item = PastItem("connexions", "modify", wanted, service, before=market.change(service, at, **wanted))
    demo_past.order(past, at, customer, [item], reseller=ORGANISATIONS[PARTNER])
    return True


def _connexions_cease(past: Past, market: Market, dice: random.Random, at: datetime) -> bool:
    customer = dice.choice(PARTNERS_OWN)
    service = _pick(dice, market.of(customer, "connexions")[1:])
    if service is None:
        return False
    item = PastItem("connexions", "cease", {}, service, before=service.details)
    market.end(service, demo_past.order(past, at, customer, [item], reseller=ORGANISATIONS[PARTNER]))
    return True


def _peering_modify(past: Past, market: Market, dice: random.Random, at: datetime) -> bool:
    who = _anybody(dice)
    unit = _pick(dice, market.of(who, "peering_unit"))
    if unit is None or unit.on is None:
        return False
    room = unit.on.details["port_capacity"]
    wanted = {"service_capacity": dice.choice([room, room // 2, room // 5])}
    item = PastItem("peering_unit", "modify", wanted, unit, before=market.change(unit, at, **wanted))
    demo_past.order(past, at, who, [item], channel=dice.choice(CHANNELS))
    return True


def _peering_cease(past: Past, market: Market, dice: random.Random, at: datetime) -> bool:
    who = _anybody(dice)
    unit = _pick(dice, market.of(who, "peering_unit")[2:])
    if unit is None:
        return False
    market.end(unit, demo_past.order(past, at, who, [PastItem("peering_unit", "cease", {}, unit, before=unit.details)]))
    return True


def _pvlan(past: Past, market: Market, dice: random.Random, at: datetime) -> bool:
    """A private VLAN with its first unit, on a tagged port that the member has."""
    who = _anybody(dice)
    port = _pick(dice, _tagged(market, who))
    if port is None:
        return False
    name = f"{dice.choice(PVLAN_NAMES)} {dice.randint(1, 9)}"
    pvlan = market.new_pvlan(at, who, port.fabric or "", name, dice.choice((50, 100, 500)),
                             pvlan_type=dice.choice(("p2p", "mp2mp")))  # fmt: skip
    unit = market.new_unit(at, pvlan, port)
    inside = {**unit.details, "pvlan": {"item": 1}}
    items = [PastItem("pvlan", "new", pvlan.details, pvlan), PastItem("pvlan_unit", "new", inside, unit, needs=True)]
    demo_past.order(past, at, who, items, channel=dice.choice(CHANNELS))
    return True


def _unit(past: Past, market: Market, dice: random.Random, at: datetime) -> bool:
    who = _anybody(dice)
    port = _pick(dice, _tagged(market, who))
    open_ones = [one for one in market.of(who, "pvlan") if one.details["pvlan_type"] == "mp2mp"]
    pvlan = _pick(dice, [one for one in open_ones if port is not None and one.fabric == port.fabric])
    if port is None or pvlan is None:
        return False
    unit = market.new_unit(at, pvlan, port)
    demo_past.order(past, at, who, [PastItem("pvlan_unit", "new", unit.details, unit)], channel=dice.choice(CHANNELS))
    return True


def _edit_encap(past: Past, market: Market, dice: random.Random, at: datetime) -> bool:
    who = _anybody(dice)
    free = [one for one in market.of(who, "multiservice_port") if one.details["encapsulation"] == "none"]
    port = _pick(dice, [one for one in free if not any(unit.on is one and unit.alive for unit in market.services)])
    if port is None:
        return False
    wanted = {"encapsulation": "dot1q"}
    item = PastItem("multiservice_port", "edit_encap", wanted, port, before=market.change(port, at, **wanted))
    demo_past.order(past, at, who, [item])
    return True


def _by_hand(past: Past, market: Market, dice: random.Random, at: datetime) -> bool:
    """On the fabric that nothing automates."""
    who = _anybody(dice)
    port = market.new_port(at, who, "imn1", "SEC", 1_000)
    unit = market.new_peering(at, port, 1_000)
    items = [
        PastItem("multiservice_port", "new", port.details, port, by_hand=True),
        PastItem("peering_unit", "new", {**unit.details, "port": {"item": 1}}, unit, needs=True, by_hand=True),
    ]
    demo_past.order(past, at, who, items, channel="desk")
    return True


def _cancelled(past: Past, market: Market, dice: random.Random, at: datetime) -> bool:
    """The member thought better of it while the port was not patched yet."""
    who, (fabric, place) = _anybody(dice), dice.choice(PLACES)
    port = market.new_port(at, who, fabric, place, 10_000)
    item = PastItem("multiservice_port", "new", port.details, port, ends=Status.CANCELLED,
                    stops_at="patch_cross_connect")  # fmt: skip
    ended = demo_past.order(past, at, who, [item], reason="Cancelled: the member moves its racks elsewhere.")
    market.end(port, ended, "cancelled")
    return True


def _rejected(past: Past, market: Market, dice: random.Random, at: datetime) -> bool:
    """Sales did not confirm."""
    who = _anybody(dice)
    port = market.new_port(at, who, "lon1", "LD8", 100_000)
    item = PastItem("multiservice_port", "new", port.details, port, ends=Status.REJECTED)
    ended = demo_past.order(past, at, who, [item], reason="The order was declined: it repeats an earlier one.")
    market.end(port, ended, "cancelled")
    return True


def _tagged(market: Market, who: Organisation) -> list[Kept]:
    return [one for one in market.of(who, "multiservice_port") if one.details["encapsulation"] == "dot1q"]


def _pick(dice: random.Random, choices: list[Kept]) -> Kept | None:
    return dice.choice(choices) if choices else None


SCENES: dict[Scene, int] = {
    _port_with_peering: 9, _connexions: 8, _connexions_modify: 4, _connexions_cease: 2, _peering_modify: 5,
    _peering_cease: 2, _pvlan: 6, _unit: 5, _edit_encap: 3, _by_hand: 2, _cancelled: 2, _rejected: 1,
}  # fmt: skip
"""How often each happens, compared with the others."""
