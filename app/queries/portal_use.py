"""What a service carries, and what carries it: to be told before it is ended."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select

from app.catalogue import Names, title
from app.domain.models import Account, Service
from app.extensions import db
from app.queries import names, portal_traits
from app.queries.portal_services import ServicePart
from app.services.actor import Actor

LIVING = ("pre_active", "active")
MOST = 200
PORT, PVLAN = "multiservice_port", "pvlan"


@dataclass(frozen=True)
class Carried:
    """A service on a port or in a private VLAN. `owner`: whose it is, where it is another member's."""

    number: int
    service_type: str
    title: str
    name: str
    owner: str
    ending: bool  # it can be ended together with what carries it
    id: uuid.UUID | None = None  # only where the viewer may open it


@dataclass(frozen=True)
class Use:
    """What ending a service would touch. `last_on`: the port that would then carry nothing."""

    carried: list[Carried]
    last_on: Carried | None

    @property
    def stands_in_the_way(self) -> list[Carried]:
        return [one for one in self.carried if not one.ending]


def of_service(service: ServicePart, actor: Actor) -> Use:
    """Read in a fixed number of queries."""
    if service.service_type in (PORT, PVLAN):
        return Use(carried_by(service, actor), None)
    return Use([], _last_on(service.id, actor))


def carried_by(service: ServicePart, actor: Actor) -> list[Carried]:
    """What is on a port or in a private VLAN; nothing for any other service. Who has it sees all of it."""
    if not actor.acts_for(service.account_id):
        return []
    if service.service_type == PORT:
        return _carried(Service.port_service_id == service.id, actor, others_too=False)
    if service.service_type == PVLAN:
        return _carried(Service.pvlan_service_id == service.id, actor, others_too=True)
    return []


def _carried(which: ColumnElement[bool], actor: Actor, *, others_too: bool) -> list[Carried]:
    rows = db.session.execute(
        select(
            Service.id, Service.number, Service.service_type, Service.name, Service.account_id, Service.state,
            Service.vlan_id, Service.mac_address, Service.capacity, Service.details, Service.sub_account_id,
            Account.organisation,
        )
        .join(Account, Account.id == Service.account_id)
        .where(which, Service.state.in_(LIVING))
        .order_by(Service.number)
        .limit(MOST)
    ).all()  # fmt: skip
    called = names.for_details([row.details for row in rows], [row.number for row in rows])
    return [_one(row, called, actor, others_too) for row in rows]


def _one(row: Any, called: Names, actor: Actor, others_too: bool) -> Carried:
    """Of another member's service its name at most: on which port and VLAN it is, is theirs to know."""
    own = row.account_id in actor.account_ids
    known = portal_traits.PVLAN if others_too else portal_traits.PORT
    name = portal_traits.traits(row, called, but=[known]) if own else row.name
    owner = "" if own else row.organisation
    ending = (own or others_too) and row.state == "active"
    word = title(row.service_type, "member")
    seen = own or row.sub_account_id in actor.account_ids
    return Carried(row.number, row.service_type, word, name, owner, ending, row.id if seen else None)


def carriers(service_id: uuid.UUID, actor: Actor) -> list[Carried]:
    """The port and the private VLAN that the service is on, as far as the viewer may open them."""
    row = db.session.execute(
        select(Service.port_service_id, Service.pvlan_service_id).where(Service.id == service_id)
    ).one()
    ids = [one for one in (row.port_service_id, row.pvlan_service_id) if one is not None]
    if not ids:
        return []
    return [one for one in _carried(Service.id.in_(ids), actor, others_too=False) if one.id is not None]


def _last_on(service_id: uuid.UUID, actor: Actor) -> Carried | None:
    """The viewer's own port that carries this service and nothing else."""
    port_id = db.session.scalar(select(Service.port_service_id).where(Service.id == service_id))
    if port_id is None:
        return None
    count = select(func.count()).where(Service.port_service_id == port_id, Service.state.in_(LIVING))
    if (db.session.scalar(count) or 0) > 1:
        return None
    port = _carried(Service.id == port_id, actor, others_too=False)
    return port[0] if port and port[0].ending else None
