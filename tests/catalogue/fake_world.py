"""A small exchange for the catalogue's tests: two members' services as the ordering account sees them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.catalogue import PortGroupFacts, ServiceFacts

FABRICS = {
    "lon1": ("LON1 Lab", ("LD8", "THN")),
    "lon2": ("LON2", ("LD8",)),
    "edi2": ("EDI2", ("PUL",)),
    "jsp1": ("JSP1", ("Mon",)),
    "imn1": ("IMN1", ("SEC",)),
}
PORT, OTHER_PORT, SMALL_PORT, UNTAGGED_PORT, BUNDLE, FOREIGN_PORT = 103127, 103128, 103129, 103130, 103131, 103199
PVLAN, P2P_PVLAN = 104001, 104002
UNIT, PEERING, CONNEXIONS, NEW_BORN, ENDED = 105001, 106001, 106552, 106700, 106800
GROUP = "41d3685c-957f-11ec-b007-005056beff67"
OWNER, OTHER_OWNER = "account-lighthouse", "account-beacon"

LINE = "0199000001"
HOUSE = {
    "street_number": "12",
    "street_name": "RUE DES LAMPES",
    "floor": "02",
    "city": "VILLENEUVE",
    "insee_code": "99001",
    "rivoli_code": "0440",
}
"""An active line of the local loop, and where it is."""


def port(number: int, capacity: int = 10_000, encapsulation: str = "dot1q", fabric: str = "edi2", quantity: int = 1):
    place = FABRICS[fabric][1][0]
    details = {"port_capacity": capacity, "quantity": quantity, "encapsulation": encapsulation}
    return ServiceFacts(
        number,
        "multiservice_port",
        fabric=fabric,
        location=place,
        capacity=capacity * quantity,
        encapsulation=encapsulation,
        details=details,
    )


def pvlan(number: int, pvlan_type: str, bandwidth: int = 50, fabric: str = "edi2"):
    return ServiceFacts(number, "pvlan", fabric=fabric, capacity=bandwidth, details={"pvlan_type": pvlan_type})


def unit(number: int, of_pvlan: int, on_port: int, vlan_id: int):
    return ServiceFacts(number, "pvlan_unit", fabric="edi2", vlan_id=vlan_id, port=on_port, pvlan=of_pvlan)


def usual_services() -> list[ServiceFacts]:
    return [
        port(PORT),
        port(OTHER_PORT),
        port(SMALL_PORT, capacity=1_000),
        port(UNTAGGED_PORT, encapsulation="none"),
        port(BUNDLE, encapsulation="none", quantity=2),
        pvlan(PVLAN, "mp2mp"),
        pvlan(P2P_PVLAN, "p2p"),
        unit(UNIT, PVLAN, OTHER_PORT, 300),
        ServiceFacts(
            PEERING,
            "peering_unit",
            fabric="edi2",
            location="PUL",
            capacity=1_000,
            mac_address="00:00:5e:00:53:01",
            port=UNTAGGED_PORT,
        ),
        ServiceFacts(
            CONNEXIONS,
            "connexions",
            fabric="jsp1",
            location="Mon",
            capacity=2_000,
            vlan_id=701,
            mac_address="00:00:5e:00:53:02",
            port_group=GROUP,
        ),
        ServiceFacts(NEW_BORN, "multiservice_port", state="pre_active", fabric="edi2", capacity=1_000),
        ServiceFacts(ENDED, "multiservice_port", state="ceased", fabric="edi2", capacity=1_000),
    ]


@dataclass
class FakeWorld:
    """Answers like the database would; `own` is what the account may name, `all_services` what there is."""

    own: list[ServiceFacts] = field(default_factory=usual_services)
    foreign: list[ServiceFacts] = field(default_factory=lambda: [port(FOREIGN_PORT)])
    groups: list[PortGroupFacts] = field(
        default_factory=lambda: [PortGroupFacts(GROUP, "jsp1", "Mon", 10_000, ("edge2-dev ge-3/0/1",))]
    )
    free: tuple[int, ...] = (200,)

    lines: dict[tuple[str, str], dict[str, str]] = field(default_factory=lambda: {("line_number", LINE): dict(HOUSE)})

    @property
    def live(self) -> list[ServiceFacts]:
        return [one for one in (*self.own, *self.foreign) if one.state != "ceased"]

    def fabrics(self) -> Mapping[str, str]:
        return {key: name for key, (name, _) in FABRICS.items()}

    def locations(self, fabric: str) -> Mapping[str, str]:
        return {code: code for code in FABRICS[fabric][1]}

    def fabric_is_automated(self, fabric: str) -> bool:
        return fabric != "imn1"

    def service(self, number: int) -> ServiceFacts | None:
        return next((one for one in self.own if one.number == number), None)

    def port_group(self, group_id: str) -> PortGroupFacts | None:
        return next((one for one in self.groups if one.id == group_id), None)

    def free_ports(self, fabric: str, location: str, capacity: int) -> Sequence[int]:
        return self.free

    def may_be_joined(self, owner: str, fabric: str | None) -> bool:
        return owner in (OWNER, OTHER_OWNER) and fabric in (None, "edi2")

    def line_address(self, ref_type: str, ref: str) -> Mapping[str, str] | None:
        return self.lines.get((ref_type, ref))

    def units_on_port(self, port: int) -> Sequence[ServiceFacts]:
        return [one for one in self.live if one.port == port]

    def units_of_pvlan(self, pvlan: int) -> Sequence[ServiceFacts]:
        return [one for one in self.live if one.pvlan == pvlan]

    def vlan_holder(self, port: int, vlan_id: int) -> int | None:
        return next((one.number for one in self.units_on_port(port) if one.vlan_id == vlan_id), None)

    def group_vlan_holder(self, group_id: str, vlan_id: int) -> int | None:
        return next((o.number for o in self.live if o.port_group == group_id and o.vlan_id == vlan_id), None)

    def mac_holder(self, fabric: str, mac_address: str) -> int | None:
        return next((o.number for o in self.live if o.fabric == fabric and o.mac_address == mac_address), None)
