"""The demo's orders of today. They are placed as every other order is, so that the workers take them on from here:
some run through, some pause for an engineer, for Sales or for a member, one waits for its date, one fails.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select

from app.catalogue import ItemInput
from app.config import Config
from app.domain import clock
from app.domain.models import SwitchConfig, User
from app.extensions import db
from app.services import access, orders
from app.services.actor import Actor
from app.services.demo_exchange import CUSTOMER, HARBOUR, LIGHTHOUSE, ORGANISATIONS, PARTNER, Organisation
from app.services.demo_rows import Kept
from app.services.demo_services import PORT, Market
from app.services.orders import OrderInput, WishedDates


@dataclass
class Counter:
    """The desk at which the orders of today are placed."""

    market: Market
    config: Config
    placed: int = 0

    def place(self, who: str, *items: ItemInput, channel: str = "portal", customer: str | None = None,
              **more: Any) -> None:  # fmt: skip
        """Place one order for an account, as its member would, or as the exchange's CRM where nobody has a login."""
        orderer = ORGANISATIONS[who]
        wanted = OrderInput(
            account_id=who, requestor=dict(orderer.requestor), items=items, channel=channel,
            sub_customer=dict(ORGANISATIONS[customer].as_customer) if customer else None, **more,
        )  # fmt: skip
        orders.place(wanted, _actor(orderer), self.config)
        self.placed += 1


def _actor(orderer: Organisation) -> Actor:
    user = db.session.scalars(select(User).where(User.account_id == orderer.id)).first()
    if user is None:
        return Actor(name="CRM", trusted=True)
    return Actor(user.name, user.id, user.role, account_ids=access.accounts_of(user))


def place_all(market: Market, config: Config) -> int:
    """Place them; answer how many."""
    desk = Counter(market, config)
    for scene in (_ports, _waits_for_sales, _connexions, _peering, _private_vlans, _by_hand, _dated, _fails):
        scene(desk)
    return desk.placed


def _port(fabric: str, place: str, capacity: int, **more: Any) -> ItemInput:
    details = {
        "fabric": fabric, "location": place, "port_capacity": capacity, "quantity": 1, "encapsulation": "none",
        "presentation_type": "LC/PC (Single-mode fibre)", "connected_via": "Cross Connect", **more,
    }  # fmt: skip
    return ItemInput("multiservice_port", "new", details)


def _ports(desk: Counter) -> None:
    """Each pauses until an engineer has patched it; some have peering that waits for them."""
    mac = desk.market.next_mac
    for who, fabric, place in (("account-saltmarsh", "lon1", "LD8"), ("account-granite", "edi2", "PUL"),
                               ("account-kelpie", "edi2", "PUL"), (HARBOUR, "lon2", "LD8")):  # fmt: skip
        desk.place(who, _port(fabric, place, 10_000, encapsulation="dot1q"))
    desk.place("account-tidal", _port("lon1", "THN", 10_000, quantity=2), po_number="TSH-2044")
    for who, fabric, place, channel in (("account-fathom", "lon1", "THN", "api"), ("account-larkfield", "lon2", "LD8",
                                        "portal"), (HARBOUR, "lon1", "LD8", "portal")):  # fmt: skip
        peering = {"port": {"item": 1}, "fabric": fabric, "location": place, "service_capacity": 1_000,
                   "mac_address": mac(fabric)}  # fmt: skip
        desk.place(who, _port(fabric, place, 1_000), ItemInput("peering_unit", "new", peering), channel=channel)


def _waits_for_sales(desk: Counter) -> None:
    """100 Gbit/s and more, and whatever a flagged account orders."""
    desk.place("account-nimbus_yard", _port("lon1", "LD8", 100_000, encapsulation="dot1q"),
               notes="Please call before patching.")  # fmt: skip
    desk.place("account-quarry", _port("lon2", "LD8", 10_000))


def _connexions(desk: Counter) -> None:
    """A partner's customers: new services wait for their members, changes run through."""
    market = desk.market
    like = market.of(ORGANISATIONS[CUSTOMER], "connexions")[0].details
    for customer, bandwidth in ((CUSTOMER, 200), ("customer-2", 500), ("customer-3", 1_000), ("customer-4", 100)):
        details = {**like, "bandwidth": bandwidth, "vlan_id": market.next_vlan(like["port_group_id"]),
                   "mac_address": market.next_mac("jsp1")}  # fmt: skip
        desk.place(PARTNER, ItemInput("connexions", "new", details), customer=customer, channel="api")
    own = [one for one in market.services if one.kind == "connexions" and one.alive and one.owner.reseller == PARTNER]
    for service, wanted in ((own[0], {"bandwidth": 750}), (own[1], {"bandwidth": 250})):
        change = ItemInput("connexions", "modify", wanted, service.number)
        desk.place(PARTNER, change, customer=service.owner.id)
    desk.place(PARTNER, ItemInput("connexions", "cease", {}, own[-1].number), customer=own[-1].owner.id)


def _peering(desk: Counter) -> None:
    """Changes of what members have: they run through by themselves."""
    units = [one for one in desk.market.services if one.kind == "peering_unit" and one.alive]
    taken: set[str] = {HARBOUR}
    for unit in units:
        free = unit.owner.id not in taken and not unit.owner.flagged
        if free and unit.fabric != "imn1" and len(taken) < 5:
            taken.add(unit.owner.id)
            wanted = {"service_capacity": unit.details["service_capacity"] // 2}
            desk.place(unit.owner.id, ItemInput("peering_unit", "modify", wanted, unit.number), channel="ixapi")


def _private_vlans(desk: Counter) -> None:
    """Two new ones with a unit each; and one that member@ wants to join, which asks member2@."""
    ports = [one for one in desk.market.services if _carries_vlans(one)]
    for port, name in zip(ports[:2], ("Archive ring", "Newsroom"), strict=True):
        pvlan = {"fabric": port.fabric, "pvlan_type": "mp2mp", "service_name": name, "bandwidth": 100}
        unit = {"pvlan": {"item": 1}, "port": port.number, "vlan_id": desk.market.next_vlan(str(port.number))}
        desk.place(port.owner.id, ItemInput("pvlan", "new", pvlan), ItemInput("pvlan_unit", "new", unit))
    desk.place(
        HARBOUR,
        ItemInput("pvlan", "new", {"pvlan_service_account_id": LIGHTHOUSE}),
        ItemInput("multiservice_port", "edit_encap", {"encapsulation": "dot1q"}, PORT),
        type="join_pvlan",
    )


def _carries_vlans(one: Kept) -> bool:
    """A tagged port of somebody whose orders nobody has to confirm."""
    tagged = one.kind == "multiservice_port" and one.details["encapsulation"] == "dot1q"
    return tagged and one.alive and not one.owner.flagged and one.owner.id not in (HARBOUR, LIGHTHOUSE, PARTNER)


def _by_hand(desk: Counter) -> None:
    """Nothing automates this fabric: Sales see to it."""
    peering = {"port": {"item": 1}, "fabric": "imn1", "location": "SEC", "service_capacity": 1_000,
               "mac_address": desk.market.next_mac("imn1")}  # fmt: skip
    desk.place("account-signal_box", _port("imn1", "SEC", 1_000), ItemInput("peering_unit", "new", peering))
    desk.place("account-mill_race", _port("imn1", "SEC", 10_000), notes="The rack is shared with the studio next door.")


def _dated(desk: Counter) -> None:
    """One that starts in three days, one that is switched on tomorrow."""
    now = clock.now()
    desk.place("account-orchard", _port("lon1", "LD8", 10_000), dates=WishedDates(start=now + timedelta(days=3)))
    unit = next(one for one in desk.market.services if one.kind == "peering_unit" and one.owner.id == HARBOUR)
    wanted = {"service_capacity": 40_000}
    desk.place(HARBOUR, ItemInput("peering_unit", "modify", wanted, unit.number),
               dates=WishedDates(completion=now + timedelta(days=1)))  # fmt: skip


def _fails(desk: Counter) -> None:
    """A member whose router does not answer yet: its simulated port pretends so, and the item stops for an engineer."""
    port = next(one for one in desk.market.services if _carries_vlans(one) and one.fabric == "lon1")
    switch, name = port.ports[0].split(" ")
    running = {"ports": {}, "services": {}, "pvlans": {}, "pretended": {name: {"arp_nd": {"value": False}}}}
    db.session.execute(
        insert(SwitchConfig), [{"switch_name": switch, "revision": 1, "running": running, "modified_at": clock.now()}]
    )
    peering = {"port": port.number, "fabric": port.fabric, "location": port.location, "service_capacity": 1_000,
               "mac_address": desk.market.next_mac("lon1")}  # fmt: skip
    desk.place(port.owner.id, ItemInput("peering_unit", "new", peering))
