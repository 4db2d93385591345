"""The same small exchange and the same people in every test: who they are stands here, once.

load()              everything below, committed; inside an app context
more_ports(n, …)    so many free ports more, committed; inside an app context
ports_go(n, …)      so many free ports fewer, as Harbour's port gets them
guest(number)       Harbour's unit in Lighthouse's private VLAN, committed; inside an app context
another_pvlan()     a second private VLAN of Lighthouse's, committed; inside an app context
order(seed, …)      one of the cleaned seed orders as a program would POST it
token(email, …)     the secret of an API token
program(app, …)     a test client that sends such a token
browser(app, …)     a test client that is signed in, with a valid CSRF header on everything it sends

Harbour Connect (`HARBOUR`) is member@'s account; Lighthouse Media (`LIGHTHOUSE`) is member2@'s, a customer of it, and
owns the private VLAN 104001. Beacon Partners (`PARTNER`) is reseller@'s account, with its customer `CUSTOMER`.
"""

import functools
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer

from app.domain import clock
from app.domain.models import (
    Account,
    Contact,
    Fabric,
    Location,
    Port,
    PortGroup,
    Service,
    Switch,
    User,
    WebSession,
)
from app.domain.permissions import Role, Scope
from app.extensions import db
from app.services import access
from tests.support.truthful import TruthfulClient

PASSWORD = "handoff-demo"
HARBOUR, LIGHTHOUSE = "account-harbour", "account-lighthouse"
PARTNER, CUSTOMER = "2314-cba-122425-71", "4714-uva-122425-71"
PORT_GROUP, HARBOUR_GROUP = "41d3685c-957f-11ec-b007-005056beff67", "group-harbour-jsp1"
PORT, PVLAN, CONNEXIONS = 103127, 104001, 106552

ENGINEER, ENGINEER2, SALES, ADMIN = (f"{who}@handoff.example" for who in ("engineer", "engineer2", "sales", "admin"))
MEMBER, MEMBER2, RESELLER = (f"{who}@handoff.example" for who in ("member", "member2", "reseller"))
PEOPLE: dict[str, tuple[str, Role, str | None]] = {
    ENGINEER: ("Nell Patcher", Role.ENGINEER, None),
    ENGINEER2: ("Ivo Splice", Role.ENGINEER, None),
    SALES: ("Sam Quote", Role.SALES, None),
    ADMIN: ("Ada Keys", Role.ADMIN, None),
    MEMBER: ("Ada Quayside", Role.MEMBER, HARBOUR),
    MEMBER2: ("Lou Lantern", Role.MEMBER, LIGHTHOUSE),
    RESELLER: ("Rae Broker", Role.RESELLER, PARTNER),
}
FABRICS = {
    "lon1": ("LON1 Lab", True, {"LD8": "edge1-lon1", "THN": "edge2-lon1"}),
    "lon2": ("LON2", True, {"LD8": "edge1-lon2"}),
    "edi2": ("EDI2", True, {"PUL": "edge1-edi2"}),
    "jsp1": ("JSP1", True, {"Mon": "edge2-dev"}),
    "imn1": ("IMN1", False, {"SEC": "edge1-imn1"}),
}
EVERY_SCOPE = tuple(scope.value for scope in Scope)
SEEDS = Path(__file__).parent / "seeds"


def load() -> None:
    """The exchange with its people and services, committed."""
    _accounts()
    _stock()
    db.session.flush()
    _services()
    db.session.commit()


def _accounts() -> None:
    db.session.add_all(
        [Account(id=HARBOUR, organisation="Harbour Connect", handle="harbour", asn=64496),
         Account(id=PARTNER, organisation="Beacon Partners", handle="beacon", asn=64499)]
    )  # fmt: skip
    db.session.flush()
    db.session.add_all(
        [Account(id=LIGHTHOUSE, organisation="Lighthouse Media", handle="lighthouse", asn=64500, reseller_id=HARBOUR),
         Account(id=CUSTOMER, organisation="Lamp Studios", handle="lamp_studios", asn=64501, reseller_id=PARTNER)]
    )  # fmt: skip
    db.session.flush()
    db.session.add_all(
        [Contact(id="contact-ada", account_id=HARBOUR, full_name="Ada Quayside", email="ada@harbour-connect.example"),
         Contact(id="4324-efd-432423-23", account_id=PARTNER, full_name="Rae Broker", email="rae@beacon.example")]
    )  # fmt: skip
    for email, (name, role, account) in PEOPLE.items():
        user = User(email=email, name=name, role=role, account_id=account, password_hash=_hash())
        user.contact_id = {HARBOUR: "contact-ada", PARTNER: "4324-efd-432423-23"}.get(account or "")
        db.session.add(user)


@functools.cache
def _hash() -> str:
    return access.hashed_password(PASSWORD)  # slow on purpose, so once


def _stock() -> None:
    """Four ports of 1, 10 and 100 Gbit/s on each switch, and two port groups."""
    db.session.add_all(Fabric(code=code, name=name, automated=auto) for code, (name, auto, _) in FABRICS.items())
    db.session.flush()
    for code, (_, _, places) in FABRICS.items():
        for place, switch in places.items():
            db.session.add(Location(fabric_code=code, code=place, name=place))
            db.session.add(Switch(name=switch, fabric_code=code, location_code=place))
            db.session.flush()
            for kind, capacity in (("ge-0/0/", 1_000), ("xe-0/0/", 10_000), ("et-0/0/", 100_000)):
                db.session.add_all(
                    Port(switch_name=switch, name=f"{kind}{number}", capacity=capacity) for number in range(4)
                )
    for group, account, label in ((PORT_GROUP, PARTNER, "ge-3/0/1"), (HARBOUR_GROUP, HARBOUR, "ge-3/0/2")):
        db.session.add(
            PortGroup(
                id=group, account_id=account, fabric_code="jsp1", location_code="Mon",
                port_label=f"edge2-dev {label}", capacity=10_000,
            )
        )  # fmt: skip


def more_ports(count: int, switch: str = "edge1-lon1", capacity: int = 10_000) -> None:
    there = db.session.query(Port).filter_by(switch_name=switch).count()
    names = [f"fpc-9/0/{number}" for number in range(there, there + count)]
    db.session.add_all(Port(switch_name=switch, name=name, capacity=capacity) for name in names)
    db.session.commit()


def ports_go(count: int, switch: str = "edge1-lon1", capacity: int = 10_000) -> None:
    holder = db.session.query(Service).filter_by(number=PORT).one()
    free = db.session.query(Port).filter_by(switch_name=switch, capacity=capacity, service_id=None)
    for port in sorted(free, key=lambda one: (len(one.name), one.name))[-count:]:
        port.service_id = holder.id
    db.session.commit()


def _services() -> None:
    """Harbour's port 103127 (edi2, dot1q) and its customer's ConneXions 106552; Lighthouse's private VLAN 104001."""
    port = Service(
        number=PORT, service_type="multiservice_port", state="active", account_id=HARBOUR, fabric_code="edi2",
        location_code="PUL", capacity=10_000,
        details={"fabric": "edi2", "location": "PUL", "port_capacity": 10_000, "quantity": 1, "encapsulation": "dot1q"},
    )  # fmt: skip
    pvlan = {"fabric": "edi2", "pvlan_type": "mp2mp", "service_name": "Film rushes", "bandwidth": 50}
    connexions = {
        "port_group_id": HARBOUR_GROUP, "bandwidth": 2_000, "vlan_id": 701, "mac_address": "00:00:5e:00:53:02",
        "location": "Mon", "fabric": "jsp1", "connexions_port": "edge2-dev ge-3/0/2",
    }  # fmt: skip
    db.session.add_all(
        [port,
         Service(number=PVLAN, service_type="pvlan", state="active", account_id=LIGHTHOUSE, fabric_code="edi2",
                 name="Film rushes", capacity=50, details=pvlan),
         Service(number=CONNEXIONS, service_type="connexions", state="active", account_id=HARBOUR,
                 sub_account_id=LIGHTHOUSE, fabric_code="jsp1", location_code="Mon", capacity=2_000, vlan_id=701,
                 vlan_reserved=True, mac_address="00:00:5e:00:53:02", carrier=f"group:{HARBOUR_GROUP}",
                 details=connexions)]
    )  # fmt: skip
    db.session.flush()
    held = db.session.query(Port).filter_by(switch_name="edge1-edi2", name="xe-0/0/3").one()
    held.service_id = port.id


def guest(number: int = 107_777, vlan_id: int = 321, state: str = "active") -> None:
    """Harbour has a unit of this number in Lighthouse's private VLAN, on its port."""
    vlan, port = (db.session.query(Service).filter_by(number=one).one() for one in (PVLAN, PORT))
    db.session.add(
        Service(number=number, service_type="pvlan_unit", state=state, account_id=HARBOUR, fabric_code="edi2",
                location_code="PUL", vlan_id=vlan_id, vlan_reserved=True, carrier=f"port:{port.id}",
                port_service_id=port.id, pvlan_service_id=vlan.id,
                details={"pvlan": PVLAN, "port": PORT, "vlan_id": vlan_id})
    )  # fmt: skip
    db.session.commit()


def another_pvlan(name: str = "Rushes archive", number: int = 104_002, owner: str = LIGHTHOUSE) -> None:
    """This account, else Lighthouse, owns a further private VLAN."""
    details = {"fabric": "edi2", "pvlan_type": "mp2mp", "service_name": name, "bandwidth": 10}
    db.session.add(
        Service(number=number, service_type="pvlan", state="active", account_id=owner, fabric_code="edi2",
                name=name, capacity=10, details=details)
    )  # fmt: skip
    db.session.commit()


def order(seed: str, **more: Any) -> dict[str, Any]:
    """A cleaned seed order as JSON, with its server-owned fields; `more` replaces members of it."""
    found: dict[str, Any] = json.loads((SEEDS / f"{seed}.json").read_text())
    return {**found, **more}


def user(email: str) -> User:
    return db.session.query(User).filter_by(email=email).one()


def token(email: str, *scopes: str) -> str:
    """The secret of a new token of this person; of every scope if none is named. Staff's are trusted programs."""
    return access.add_token(user(email), list(scopes or EVERY_SCOPE), name=f"{email} program")


def program(app: Flask, email: str = SALES, *scopes: str) -> FlaskClient:
    """A program with a token of this person, that holds what it is answered against the API's document."""
    with app.app_context():
        secret = token(email, *scopes)
    client = TruthfulClient(app, app.response_class)
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    return client


def browser(app: Flask, email: str) -> FlaskClient:
    """This person's signed-in browser. Takes the short way in; tests/web tests the sign-in page itself."""
    secret, csrf = f"browser-of-{email}-{clock.now().timestamp()}", "0" * 40
    with app.app_context():
        db.session.add(
            WebSession(
                secret_hash=access.digest(secret), user_id=user(email).id, csrf="",
                expires_at=clock.now() + timedelta(hours=1),
            )
        )  # fmt: skip
        db.session.commit()
    client = app.test_client()
    with client.session_transaction() as session:
        session.update({"_user_id": secret, "_fresh": True, "csrf_token": csrf})
    signed = URLSafeTimedSerializer(app.secret_key or "", salt="wtf-csrf-token").dumps(csrf)
    client.environ_base["HTTP_X_CSRFTOKEN"] = signed
    return client
