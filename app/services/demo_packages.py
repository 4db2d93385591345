"""What the demo exchange sells: packages for every service type, and the terms of the day."""

from datetime import UTC, datetime
from typing import Any

from app.domain.models import Package, PackageService, ProductFamily, ProductLine, Terms
from app.extensions import db

FAMILIES = {
    "P": ("Ports", "Ports of the exchange"),
    "E": ("Peering", "Peering on the exchange's LANs"),
    "V": ("Private VLANs", "Closed user groups between members"),
    "C": ("ConneXions", "Services carried by partners"),
}
LINES = {
    "PM": ("P", "Multiservice port", "Ports that carry peering and private VLANs"),
    "EU": ("E", "Peering unit", "Peering over a port of your own"),
    "ER": ("E", "Reseller peering unit", "Peering for a reseller's customer"),
    "VG": ("V", "Private VLAN", "A VLAN between ports of one LAN"),
    "VU": ("V", "Private VLAN unit", "A port's place in a private VLAN"),
    "CX": ("C", "ConneXions", "A partner's port carries the service"),
}
SUPPORT: dict[str, Any] = {
    "label": "Support", "required": True, "default_value": "4h_bhbd", "help": "How soon somebody comes.",
    "choices": [
        {"value": "4h_bhbd", "label": "4 hours, business days"}, {"value": "4h_24_7", "label": "4 hours, day and night"}
    ],
}  # fmt: skip
ROUTE_SERVER: dict[str, Any] = {
    "label": "Route server sessions", "required": False, "default_value": "both", "help": "One session, many peers.",
    "choices": [{"value": "both", "label": "IPv4 and IPv6"}, {"value": "ipv6", "label": "IPv6 only"}],
}  # fmt: skip
TECHNICAL = {"technical": {"label": "Technical contact", "required": True}}
OPTIONAL_TECHNICAL = {"technical": {"label": "Technical contact", "required": False}}
TERMS = (
    "1. The service is delivered at the place that the order names.\n"
    "2. One MAC address per peering unit; no broadcast beyond what address resolution needs.\n"
    "3. The service can be ended with 30 days' notice."
)


def build() -> None:
    """Everything that is sold. Flushes; the caller commits."""
    db.session.add_all(ProductFamily(code=code, name=name, description=why) for code, (name, why) in FAMILIES.items())
    db.session.flush()
    db.session.add_all(
        ProductLine(code=code, family_code=family, name=name, description=why)
        for code, (family, name, why) in LINES.items()
    )
    db.session.flush()
    for position, package in enumerate(_packages()):
        package.position = position
        db.session.add(package)
    db.session.flush()


def enable_terms(
    version: str = "2026-1", text: str = TERMS, since: datetime = datetime(2020, 1, 1, tzinfo=UTC)
) -> None:
    """From `since` on orders that are submitted need this version accepted."""
    db.session.add(Terms(version=version, text=text, in_force_from=since))
    db.session.flush()


def _packages() -> list[Package]:
    ports = [_port(speed, price) for speed, price in ((1, 25_000), (10, 60_000), (100, 220_000), (400, None))]
    return [*ports, _starter(), *_peering(), *_private(), _connexions()]


def _package(code: str, line: str, kind: str, name: str, why: str, *services: PackageService, **more: Any) -> Package:
    for position, service in enumerate(services, start=1):
        service.position = position
    price = more.pop("price", None)
    return Package(
        code=code, line_code=line, type=kind, name=name, description=why, services=list(services), price_minor=price,
        currency="GBP" if price is not None else None, **more,
    )  # fmt: skip


def _port(gigabits: int, price: int | None) -> Package:
    return _package(
        f"PORT-{gigabits}G", "PM", "connect", f"{gigabits} Gbit/s port", f"One port of {gigabits} Gbit/s",
        PackageService(
            service_type="multiservice_port", defaults={"port_capacity": gigabits * 1_000}, fixed=["port_capacity"],
            contacts=OPTIONAL_TECHNICAL,
        ),
        price=price, options={"support": SUPPORT},
        details_text="A port in the building of your choice. Cross-connects to it are ordered from the building.",
    )  # fmt: skip


def _starter() -> Package:
    return _package(
        "START-10G", "PM", "connect", "10 Gbit/s port with peering", "A port and a peering unit on it",
        PackageService(
            service_type="multiservice_port", defaults={"port_capacity": 10_000, "quantity": 1},
            fixed=["port_capacity", "quantity"], contacts=OPTIONAL_TECHNICAL,
        ),
        PackageService(
            service_type="peering_unit", defaults={"port": {"item": 1}, "service_capacity": 10_000}, fixed=["port"],
            features={"route_server": ROUTE_SERVER}, contacts=TECHNICAL,
        ),
        price=75_000, options={"support": SUPPORT},
        details_text="The peering unit starts when the port is there.",
    )  # fmt: skip


def _peering() -> list[Package]:
    def unit(kind: str) -> PackageService:
        return PackageService(service_type=kind, features={"route_server": ROUTE_SERVER}, contacts=TECHNICAL)

    return [
        _package("PEER", "EU", "peering", "Peering unit", "Peering over a port that you have", unit("peering_unit"),
                 price=10_000, details_text="One MAC address on the peering LAN."),
        _package("PEER-R", "ER", "peering", "Reseller peering unit", "Peering for one of your customers",
                 unit("reseller_peering_unit"), price=8_000, details_text="One MAC address of your customer."),
    ]  # fmt: skip


def _private() -> list[Package]:
    group = PackageService(
        service_type="pvlan", defaults={"pvlan_type": "mp2mp", "bandwidth": 0}, contacts=OPTIONAL_TECHNICAL
    )
    unit = PackageService(service_type="pvlan_unit", contacts=OPTIONAL_TECHNICAL)
    return [
        _package("CUG", "VG", "private", "Closed user group", "A private VLAN between members", group,
                 details_text="Units join it from ports of the same peering LAN."),
        _package("CUG-UNIT", "VU", "private", "CUG unit", "A port's place in a private VLAN", unit, price=5_000,
                 details_text="One VLAN on the port."),
    ]  # fmt: skip


def _connexions() -> Package:
    return _package(
        "CONNEX", "CX", "partner", "ConneXions service", "Peering carried by a partner's port",
        PackageService(service_type="connexions", defaults={"bandwidth": 1_000}, contacts=TECHNICAL),
        price=15_000, details_text="The partner's port group carries the service.",
    )  # fmt: skip
