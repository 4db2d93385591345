"""The demo exchange: who orders, who works here, and what there is to order. All names are invented.

E-mail domains end in .example, AS numbers and MAC addresses are those reserved for documentation (RFC 5398, RFC 7042).
"""

from dataclasses import dataclass, field

from sqlalchemy import insert, select

from app.domain import clock
from app.domain.models import Account, Contact, Fabric, Location, Port, PortGroup, Switch, User
from app.domain.models.base import new_id
from app.domain.permissions import Role
from app.extensions import db
from app.services import access

PASSWORD = "handoff-demo"
HARBOUR, LIGHTHOUSE = "account-harbour", "account-lighthouse"
PARTNER, CUSTOMER = "2314-cba-122425-71", "4714-uva-122425-71"
PORT_GROUP, HARBOUR_GROUP = "41d3685c-957f-11ec-b007-005056beff67", "group-harbour-jsp1"
GROUP_PORTS = {PORT_GROUP: "edge2-dev ge-3/0/1", HARBOUR_GROUP: "edge2-dev ge-3/0/2"}
GROUP_CAPACITY = 10_000


@dataclass(frozen=True)
class Organisation:
    """An account with its first contact; the domain is the handle's."""

    id: str
    name: str
    handle: str
    asn: int
    person: str
    contact_id: str
    reseller: str | None = None
    flagged: bool = False

    @property
    def email(self) -> str:
        return f"{self.person.split()[0].lower()}@{self.handle.replace('_', '-')}.example"

    @property
    def requestor(self) -> dict[str, str]:
        """With the keys of the OMS API."""
        return {
            "contact_id": self.contact_id, "account_id": self.id, "organisation": self.name, "email": self.email,
            "full_name": self.person, "phone": "",
        }  # fmt: skip

    @property
    def as_customer(self) -> dict[str, str]:
        return {"organisation": self.name, "account_id": self.id, "asn": str(self.asn), "handle": self.handle}


def _member(handle: str, name: str, asn: int, person: str, flagged: bool = False) -> Organisation:
    return Organisation(f"account-{handle}", name, handle, asn, person, f"contact-{handle}", flagged=flagged)


def _customer(number: int, handle: str, name: str, asn: int, person: str) -> Organisation:
    return Organisation(f"customer-{number}", name, handle, asn, person, f"contact-{handle}", reseller=PARTNER)


MEMBERS = (
    Organisation(HARBOUR, "Harbour Connect", "harbour", 64496, "Ada Quayside", "contact-ada"),
    Organisation(PARTNER, "Beacon Partners", "beacon", 64499, "Rae Broker", "4324-efd-432423-23"),
    _member("saltmarsh", "Saltmarsh Broadband", 64502, "Edda Reedling"),
    _member("copperline", "Copperline Telecom", 64503, "Tom Filament"),
    _member("nimbus_yard", "Nimbus Yard Cloud", 64504, "Ines Cumulus"),
    _member("tidal", "Tidal Streaming House", 64505, "Olu Current"),
    _member("granite", "Granite Hosting", 64506, "Morag Tarn"),
    _member("kelpie", "Kelpie Net", 64507, "Finn Burnside"),
    _member("signal_box", "Signal Box Rail Data", 64508, "Greta Points"),
    _member("orchard", "Orchard Campus Network", 64509, "Pip Bramley"),
    _member("quarry", "Quarry Lane Games", 64510, "Wim Pixel", flagged=True),
    _member("fathom", "Fathom Subsea", 64511, "Nora Deepwell"),
    _member("larkfield", "Larkfield Clinics", 65536, "Joss Larkfield"),
    _member("mill_race", "Mill Race Media", 65537, "Bea Weir"),
)
DESKS = (
    ("noc", "Night Desk, Network Operations", "+44 20 7946 0142"),
    ("accounts", "Bea Till, Accounts", "+44 20 7946 0143"),
)  # fmt: skip
"""More people of Harbour Connect."""
CUSTOMERS = (
    Organisation(LIGHTHOUSE, "Lighthouse Media", "lighthouse", 64500, "Lou Lantern", "contact-lou", reseller=HARBOUR),
    Organisation(CUSTOMER, "Lamp Studios", "lamp_studios", 64501, "Uma Wick", "contact-uma", reseller=PARTNER),
    _customer(2, "pebble", "Pebble Beach Radio", 65538, "Sol Shingle"),
    _customer(3, "hedgerow", "Hedgerow Internet", 65539, "May Thorn"),
    _customer(4, "skylark", "Skylark Voice", 65540, "Zed Trill"),
    _customer(5, "boatyard", "Boatyard IT", 65541, "Kit Caulker"),
)
ORGANISATIONS = {one.id: one for one in (*MEMBERS, *CUSTOMERS)}

PEOPLE: dict[str, tuple[str, Role, str | None]] = {
    "engineer@handoff.example": ("Nell Patcher", Role.ENGINEER, None),
    "engineer2@handoff.example": ("Ivo Splice", Role.ENGINEER, None),
    "sales@handoff.example": ("Sam Quote", Role.SALES, None),
    "admin@handoff.example": ("Ada Keys", Role.ADMIN, None),
    "member@handoff.example": ("Ada Quayside", Role.MEMBER, HARBOUR),
    "member2@handoff.example": ("Lou Lantern", Role.MEMBER, LIGHTHOUSE),
    "reseller@handoff.example": ("Rae Broker", Role.RESELLER, PARTNER),
}

PLACES = {"LD8": "Docklands 8", "THN": "Thames North", "PUL": "Pulteney Lane", "Mon": "Monument Wharf",
          "SEC": "Sea Cliff"}  # fmt: skip
ADDRESSES = {
    "LD8": "8 Mirror Dock, London E14", "THN": "2 Thimble Lane, London E1", "PUL": "31 Pulteney Lane, Edinburgh EH11",
    "Mon": "Monument Wharf, St Helier JE2", "SEC": "Sea Cliff Road, Douglas IM1",
}  # fmt: skip


@dataclass(frozen=True)
class Lan:
    """A fabric with its switches by building."""

    code: str
    automated: bool = True
    switches: dict[str, str] = field(default_factory=dict)


FABRICS = (
    Lan("lon1", switches={"LD8": "edge1-ld8", "THN": "edge1-thn"}),
    Lan("lon2", switches={"LD8": "edge2-ld8"}),
    Lan("edi2", switches={"PUL": "edge1-pul"}),
    Lan("jsp1", switches={"Mon": "edge2-dev"}),
    Lan("imn1", automated=False, switches={"SEC": "edge1-sec"}),
)
PORTS = (("ge-0/0/", 1_000, 24), ("xe-0/1/", 10_000, 48), ("et-0/2/", 100_000, 16), ("et-0/3/", 400_000, 4))
"""On each switch: how the ports are called, Mbit/s, how many."""


def build() -> None:
    """All of it, in the caller's transaction."""
    _accounts()
    _people()
    _stock()
    db.session.flush()


def _accounts() -> None:
    for organisations in (MEMBERS, CUSTOMERS):  # resellers before their customers
        db.session.execute(
            insert(Account),
            [{"id": one.id, "organisation": one.name, "handle": one.handle, "asn": one.asn, "flagged": one.flagged,
              "reseller_id": one.reseller, "created_at": clock.now()} for one in organisations],
        )  # fmt: skip
    db.session.execute(
        insert(Contact),
        [{"id": one.contact_id, "account_id": one.id, "full_name": one.person, "email": one.email, "phone": "",
          "created_at": clock.now()} for one in ORGANISATIONS.values()]
        + [{"id": f"contact-{at}", "account_id": HARBOUR, "full_name": name, "email": f"{at}@harbour.example",
            "phone": phone, "created_at": clock.now()} for at, name, phone in DESKS],
    )  # fmt: skip


def _people() -> None:
    known = set(db.session.scalars(select(User.email).where(User.email.in_(PEOPLE))))
    hashed = access.hashed_password(PASSWORD)  # slow on purpose, so once
    for email, (name, role, account) in PEOPLE.items():
        if email not in known:
            contact = ORGANISATIONS[account].contact_id if account else None
            db.session.add(
                User(email=email, name=name, role=role, account_id=account, contact_id=contact, password_hash=hashed)
            )


def _stock() -> None:
    db.session.execute(
        insert(Fabric), [{"code": lan.code, "name": lan.code.upper(), "automated": lan.automated} for lan in FABRICS]
    )
    switches = [(lan.code, place, name) for lan in FABRICS for place, name in lan.switches.items()]
    db.session.execute(
        insert(Location),
        [
            {"id": new_id(), "fabric_code": code, "code": place, "name": PLACES[place], "address": ADDRESSES[place]}
            for code, place, _ in switches
        ],
    )
    db.session.execute(
        insert(Switch),
        [{"name": name, "fabric_code": code, "location_code": place} for code, place, name in switches],
    )
    db.session.execute(
        insert(Port),
        [{"id": new_id(), "switch_name": switch, "name": f"{kind}{number}", "capacity": capacity}
         for _, _, switch in switches for kind, capacity, count in PORTS for number in range(count)],
    )  # fmt: skip
    db.session.execute(
        insert(PortGroup),
        [{"id": group, "account_id": account, "fabric_code": "jsp1", "location_code": "Mon",
          "port_label": GROUP_PORTS[group], "capacity": GROUP_CAPACITY}
         for group, account in ((PORT_GROUP, PARTNER), (HARBOUR_GROUP, HARBOUR))],
    )  # fmt: skip
