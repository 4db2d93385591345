"""What a small carrier sells beside an exchange: access lines of three families, and the ENNI where they are handed
over. An exchange that does not load this sees nothing of it."""

from typing import Any

from sqlalchemy import func, select

from app.domain.models import Package, PackageService, ProductFamily, ProductLine
from app.extensions import db
from app.services import access_lines

FAMILIES = {
    "A": ("ADSL", "ADSL: ADSL, VDSL, READSL"),
    "S": ("SDSL", "SDSL"),
    "M": ("SDSL Max", "SDSL Max: as fast as the line bears"),
    "N": ("ENNI", "Where access lines are handed over"),
}
LINES = {
    "AM": ("A", "ADSL-Max", "ADSL-MAX: the best of ADSL and VDSL"),
    "SD": ("S", "SDSL-4M", "SDSL-4M: 4 Mbit/s"),
    "SM": ("M", "SDSL-Max", "SDSL-MAX: up to 20 Mbit/s"),
    "NT": ("N", "ENNI-10G", "ENNI-10G: 10 Gbit/s"),
}
REPAIR: dict[str, Any] = {
    "label": "Repair time", "required": False, "default_value": "4h_bhbd", "help": "How soon the line works again.",
    "choices": [
        {"value": "4h_bhbd", "label": "4 hours, business days"}, {"value": "4h_24_7", "label": "4 hours, day and night"}
    ],
}  # fmt: skip
PRODUCTS: tuple[tuple[Any, ...], ...] = (
    ("AM01", "AM", "collect", "ADSL-Max-FULL", "ADSL, full unbundling", 1_900, {}),
    ("SD01", "SD", "collect", "SDSL-4M-PREMIUM-G-1P", "SDSL 4 Mbit/s, guaranteed, 1 pair", 6_900, {"grt": REPAIR}),
    ("SM01", "SM", "collect", "SDSL-MAX-4P", "SDSL up to 20 Mbit/s, 4 pairs", 12_900, {"grt": REPAIR}),
    ("NT01", "NT", "enni", "ENNI-10G-LR", "10 Gbit/s handover", None, {}),
)
LINE = ("line_number", "0199000001")
ADDRESS = {
    "street_number": "12", "street_name": "RUE DES LAMPES", "floor": "02", "city": "VILLENEUVE",
    "insee_code": "99001", "rivoli_code": "0440",
}  # fmt: skip
"""A line of the local loop that is active already."""


def build() -> None:
    """Families, lines and products, unless they are there; and one active line. Flushes; the caller commits."""
    if db.session.get(ProductFamily, "N") is not None:
        return
    db.session.add_all(ProductFamily(code=code, name=name, description=why) for code, (name, why) in FAMILIES.items())
    db.session.flush()
    db.session.add_all(
        ProductLine(code=code, family_code=family, name=name, description=why)
        for code, (family, name, why) in LINES.items()
    )
    db.session.flush()
    after = (db.session.scalar(select(func.max(Package.position))) or 0) + 1
    db.session.add_all(_package(after + at, *product) for at, product in enumerate(PRODUCTS))
    access_lines.enter(*LINE, ADDRESS)


def _package(
    position: int, code: str, line: str, kind: str, name: str, why: str, price: int | None, options: dict[str, Any]
) -> Package:
    return Package(
        code=code, line_code=line, type="access", name=name, description=why, options=options, position=position,
        services=[PackageService(service_type=kind, position=1)], price_minor=price,
        currency="EUR" if price is not None else None,
    )  # fmt: skip
