"""What members of the demo exchange have: services with their ports, VLANs and MAC addresses, made one by one.

MAC addresses are those reserved for documentation; each stands once on a fabric.
"""

import random
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.domain.models import Service
from app.services.demo_exchange import (
    CUSTOMER,
    FABRICS,
    GROUP_PORTS,
    HARBOUR,
    HARBOUR_GROUP,
    LIGHTHOUSE,
    ORGANISATIONS,
    PARTNER,
    PORT_GROUP,
    PORTS,
    Organisation,
)  # fmt: skip
from app.services.demo_rows import Kept, Past

PORT, PVLAN, CONNEXIONS = 103127, 104001, 106552
"""The numbers that the documentation's example orders name."""
FIRST_NUMBER = 106_601
SINCE = timedelta(days=400)
FIRST_MAC = 0x02


def _whom_to_call(owner: Organisation, kind: str) -> dict[str, Any]:
    """Ports name somebody at their owner."""
    if kind != "multiservice_port":
        return {}
    return {"technical": {"contact_id": owner.contact_id, "full_name": owner.person, "email": owner.email}}


@dataclass
class Market:
    """The services there are, and what is still free."""

    past: Past
    dice: random.Random
    numbers: "list[int]"
    services: list[Kept] = field(default_factory=list)
    today: datetime | None = None  # None: whatever there is may be used
    _shelves: dict[tuple[str, int], list[str]] = field(default_factory=dict)
    _macs: dict[str, int] = field(default_factory=lambda: defaultdict(lambda: FIRST_MAC))
    _vlans: dict[str, int] = field(default_factory=lambda: defaultdict(lambda: 700))

    def __post_init__(self) -> None:
        for lan in FABRICS:
            for switch in lan.switches.values():
                for kind, capacity, count in PORTS:
                    self._shelves[switch, capacity] = [f"{switch} {kind}{number}" for number in range(count)]

    def of(self, owner: Organisation, kind: str) -> list[Kept]:
        """This organisation's living services of a kind, as of today."""
        return [one for one in self.services if one.owner is owner and one.kind == kind and self._usable(one)]

    def _usable(self, one: Kept) -> bool:
        return one.alive and (one.since is None or self.today is None or one.since <= self.today)

    def next_mac(self, fabric: str) -> str:
        self._macs[fabric] += 1
        return f"00:00:5e:00:53:{self._macs[fabric]:02x}"

    def next_vlan(self, carrier: str) -> int:
        self._vlans[carrier] += self.dice.randint(1, 9)
        return self._vlans[carrier]

    def new_port(self, at: datetime, owner: Organisation, fabric: str, place: str, capacity: int, *,
                 encapsulation: str = "none", quantity: int = 1, number: int | None = None) -> Kept:  # fmt: skip
        switch = next(lan.switches[place] for lan in FABRICS if lan.code == fabric)
        labels = [self._shelves[switch, capacity].pop(0) for _ in range(quantity)]
        details = {
            "fabric": fabric, "location": place, "port_capacity": capacity, "quantity": quantity,
            "encapsulation": encapsulation, "presentation_type": "LC/PC (Single-mode fibre)",
            "connected_via": "Cross Connect",
        }  # fmt: skip
        made = self.keep(at, owner, "multiservice_port", fabric, place, details, capacity=capacity * quantity,
                         number=number, summary=", ".join(labels))  # fmt: skip
        made.ports = labels
        self.past.held_ports |= dict.fromkeys(labels, made.id)
        self.past.service_names[made.number] = ", ".join(labels)
        return made

    def new_peering(self, at: datetime, port: Kept, capacity: int) -> Kept:
        fabric, owner = port.fabric or "", port.owner
        details = {"port": port.number, "fabric": fabric, "location": port.location, "service_capacity": capacity,
                   "mac_address": self.next_mac(fabric), "asn": owner.asn}  # fmt: skip
        return self.keep(at, owner, "peering_unit", fabric, port.location, details, capacity=capacity, on=port)

    def new_pvlan(self, at: datetime, owner: Organisation, fabric: str, name: str, bandwidth: int, *,
                  pvlan_type: str = "mp2mp", number: int | None = None) -> Kept:  # fmt: skip
        details = {"fabric": fabric, "pvlan_type": pvlan_type, "service_name": name, "bandwidth": bandwidth,
                   "mac_acl_protected": False}  # fmt: skip
        made = self.keep(at, owner, "pvlan", fabric, None, details, capacity=bandwidth, number=number, name=name)
        self.past.service_names[made.number] = name
        return made

    def new_unit(self, at: datetime, pvlan: Kept, port: Kept) -> Kept:
        details = {"pvlan": pvlan.number, "port": port.number, "vlan_id": self.next_vlan(str(port.number))}
        return self.keep(at, port.owner, "pvlan_unit", port.fabric, port.location, details, on=port, pvlan=pvlan)

    def new_connexions(self, at: datetime, customer: Organisation, bandwidth: int, *, number: int | None = None,
                       group: str = PORT_GROUP) -> Kept:  # fmt: skip
        details = {
            "port_group_id": group, "bandwidth": bandwidth, "vlan_id": self.next_vlan(group),
            "mac_address": self.next_mac("jsp1"), "location": "Mon", "fabric": "jsp1",
            "connexions_port": GROUP_PORTS[group],
        }  # fmt: skip
        return self.keep(at, customer, "connexions", "jsp1", "Mon", details, capacity=bandwidth, number=number,
                         carrier=f"group:{group}")  # fmt: skip

    def keep(self, at: datetime, owner: Organisation, kind: str, fabric: str | None, place: str | None,
             details: dict[str, Any], *, capacity: int | None = None, number: int | None = None, name: str = "",
             summary: str = "", on: Kept | None = None, pvlan: Kept | None = None,
             carrier: str | None = None) -> Kept:  # fmt: skip
        """A service that is active; what has gone wrong with it is told by `end`."""
        made = Kept(uuid.uuid4(), number or self.numbers.pop(0), kind, owner, fabric, place, details, on=on)
        vlan, mac = details.get("vlan_id"), details.get("mac_address")
        seen = [*(on.ports if on else []), details.get("connexions_port"), f"VLAN {vlan}" if vlan else None, mac]
        reseller = owner.reseller if kind == "connexions" else None
        made.row = self.past.add(
            Service, id=made.id, number=made.number, service_type=kind, name=name, state="active",
            account_id=reseller or owner.id, sub_account_id=owner.id if reseller else None, fabric_code=fabric,
            location_code=place, details=details, port_service_id=on.id if on else None,
            pvlan_service_id=pvlan.id if pvlan else None, carrier=carrier or (f"port:{on.id}" if on else None),
            vlan_id=vlan, vlan_reserved=vlan is not None, mac_address=mac, mac_reserved=mac is not None,
            capacity=capacity, technical_summary=summary or ", ".join(part for part in seen if part),
            billing_start=at, billing_end=None, created_at=at, modified_at=at, contacts=_whom_to_call(owner, kind),
        )  # fmt: skip
        self.services.append(made)
        return made

    def change(self, service: Kept, at: datetime, **details: Any) -> dict[str, Any]:
        """Alter a service's details; answers those that it had."""
        before, service.details = service.details, {**service.details, **details}
        capacity = details.get("bandwidth", details.get("service_capacity", service.row["capacity"]))
        service.row |= {"details": service.details, "modified_at": at, "capacity": capacity}
        return before

    def end(self, service: Kept, at: datetime, state: str = "ceased") -> None:
        """Cease it, or let it never have been; what it held is free again, its ports for the next one."""
        service.alive = False
        ceased = state == "ceased"
        service.row |= {"state": state, "vlan_reserved": False, "mac_reserved": False, "modified_at": at,
                        "billing_end": at if ceased else None}  # fmt: skip
        if not ceased:
            service.row["billing_start"] = None
        for label in service.ports:
            del self.past.held_ports[label]
            self._shelves[label.split(" ")[0], service.details["port_capacity"]].insert(0, label)


def settle(market: Market, now: datetime) -> None:
    """The services that were there before the demo's first order, among them those that example orders name."""
    at, harbour, lighthouse = now - SINCE, ORGANISATIONS[HARBOUR], ORGANISATIONS[LIGHTHOUSE]
    market.new_port(at, harbour, "edi2", "PUL", 10_000, encapsulation="dot1q", number=PORT)
    film = market.new_pvlan(at, lighthouse, "edi2", "Film rushes", 50, number=PVLAN)
    studio = market.new_port(at, lighthouse, "edi2", "PUL", 1_000, encapsulation="dot1q")
    market.new_unit(at, film, studio)
    market.new_connexions(at, lighthouse, 2_000, number=CONNEXIONS, group=HARBOUR_GROUP)
    market.new_connexions(at, ORGANISATIONS[CUSTOMER], 500)
    trunk = market.new_port(at, harbour, "lon1", "THN", 100_000, encapsulation="dot1q")
    market.new_peering(at, trunk, 20_000)
    market.new_port(at, ORGANISATIONS[PARTNER], "lon1", "LD8", 10_000, encapsulation="dot1q")
