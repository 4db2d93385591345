"""What a service carries, and what carries it: to be told before it is ended."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select

from app.catalogue import title
from app.domain.models import Account, Service
from app.extensions import db
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


@dataclass(frozen=True)
class Use:
    """What ending a service would touch. `last_on`: the port that would then carry nothing."""

    carried: list[Carried]
    last_on: int | None

    @property
    def stands_in_the_way(self) -> list[Carried]:
        return [one for one in self.carried if not one.ending]


def of_service(service: ServicePart, actor: Actor) -> Use:
    """Read in a fixed number of queries."""
    if service.service_type == PORT:
        return Use(_carried(Service.port_service_id == service.id, actor, others_too=False), None)
    if service.service_type == PVLAN:
        return Use(_carried(Service.pvlan_service_id == service.id, actor, others_too=True), None)
    return Use([], _last_on(service.id, actor))


def _carried(which: ColumnElement[bool], actor: Actor, *, others_too: bool) -> list[Carried]:
    rows = db.session.execute(
        select(Service.number, Service.service_type, Service.name, Service.account_id, Service.state, Service.vlan_id,
               Account.organisation)
        .join(Account, Account.id == Service.account_id)
        .where(which, Service.state.in_(LIVING))
        .order_by(Service.number)
        .limit(MOST)
    )  # fmt: skip
    return [_one(row, actor, others_too) for row in rows]


def _one(row: Any, actor: Actor, others_too: bool) -> Carried:
    own = row.account_id in actor.account_ids
    vlan = f"VLAN {row.vlan_id}" if own and row.vlan_id is not None else ""  # on another's port it is theirs to know
    owner = "" if own else row.organisation
    ending = (own or others_too) and row.state == "active"
    word = title(row.service_type, "member")
    return Carried(row.number, row.service_type, word, row.name or vlan, owner, ending)


def _last_on(service_id: uuid.UUID, actor: Actor) -> int | None:
    """The viewer's own port that carries this service and nothing else."""
    port_id = db.session.scalar(select(Service.port_service_id).where(Service.id == service_id))
    if port_id is None:
        return None
    count = select(func.count()).where(Service.port_service_id == port_id, Service.state.in_(LIVING))
    if (db.session.scalar(count) or 0) > 1:
        return None
    return db.session.scalar(
        select(Service.number).where(
            Service.id == port_id, Service.state == "active", Service.account_id.in_(actor.account_ids)
        )
    )
