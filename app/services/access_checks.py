"""What an order with access products must say beside its items: a product of a fitting family, whom to turn to, where
the line is handed over."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from sqlalchemy import select

from app.catalogue import Action, ServiceType, action_of, service_type
from app.catalogue.parsing import FIRST_VLAN, LAST_VLAN
from app.domain import clock
from app.domain.errors import Finding
from app.domain.models import Order, Service
from app.domain.models.inventory import called
from app.extensions import db
from app.services import packages
from app.services.order_input import OrderInput

DESK = "desk"
MOST_ENNIS = 500


def is_line(key: object) -> bool:
    """Whether this service type is one that may be handed over at an ENNI."""
    kind = service_type(key)
    return kind is not None and bool(kind.handed_over)


def is_handed_over(order: Order) -> bool:
    """Whether the order's product needs an ENNI."""
    family = order.product["line"]["family"]["code"] if order.product else None
    kinds = [service_type(item.service_type) for item in order.items]
    return any(kind is not None and family in kind.handed_over for kind in kinds)


def ennis(account_ids: AbstractSet[str]) -> list[tuple[str, str]]:
    """The active ENNIs of these accounts: alias, words."""
    own = (Service.service_type == "enni", Service.state == "active", Service.account_id.in_(account_ids))
    found = db.session.scalars(select(Service).where(*own).order_by(Service.number).limit(MOST_ENNIS))
    return [(one.alias, " · ".join(filter(None, [one.alias, *_pop(one)]))) for one in found]


def _pop(service: Service) -> list[str]:
    pop = service.details.get("pop") or {}
    return [str(pop.get(name) or "") for name in ("code", "interface")]


class Ordered(Protocol):
    """An item, as it was sent or as it is stored."""

    @property
    def service_type(self) -> Any: ...


@dataclass(frozen=True)
class _Access:
    """One item of an access product."""

    index: int
    kind: ServiceType
    action: Action
    details: Any

    def finding(self, where: str, rule: str, words: str) -> Finding:
        return Finding(f"/items/{self.index}/{where}", rule, words)


def wrong(wanted: OrderInput, account_ids: AbstractSet[str]) -> Iterator[Finding]:
    """What must not be said, not even in a draft."""
    several = _items(wanted)
    for one in several:
        if one.action.desk_only and wanted.channel != DESK:
            yield one.finding("item_action", "not_orderable", one.action.desk_only)
    family = packages.family_of(wanted.product_code) if several and wanted.product_code else None
    yield from _product_is_wrong(wanted, family, several)
    if any(one.kind.handed_over for one in several):
        yield from _enni_is_wrong(wanted, account_ids)


def missing(wanted: OrderInput) -> Iterator[Finding]:
    """What must be said by the time that it is ordered."""
    several = _items(wanted)
    if not several:
        return
    made = _made(several)
    if made and wanted.product_code is None:
        yield Finding("/product/code", "required", _sold_as(made[0].kind))
    family = packages.family_of(wanted.product_code) if wanted.product_code else None
    if any(family in one.kind.handed_over for one in made):
        for name, words in (("enni_vlan", "the VLAN"), ("enni_service_ref", "the ENNI service")):
            if not (wanted.enni or {}).get(name):
                yield Finding(f"/enni/{name}", "required", f"Say {words} at which the line is handed over.")
    yield from _appointments(made)


def nobody(items: Iterable[Ordered], contacts: Mapping[str, Any] | None) -> list[Finding]:
    """A finding if an order of access lines names no contact of the operator."""
    person = (contacts or {}).get("operator")
    if (isinstance(person, dict) and person.get("contact_id")) or not any(is_line(one.service_type) for one in items):
        return []
    words = "Say whom of yours we turn to about this order, by the id of a contact."
    return [Finding("/contacts/operator/contact_id", "required", words)]


def _items(wanted: OrderInput) -> list[_Access]:
    found = []
    for index, one in enumerate(wanted.items):
        kind, action = service_type(one.service_type), action_of(one.service_type, one.action, wanted.type)
        if kind is not None and kind.families and action is not None:
            found.append(_Access(index, kind, action, one.details))
    return found


def _made(several: Sequence[_Access]) -> list[_Access]:
    """Those that are ordered as a product."""
    return [one for one in several if not one.action.changes and not one.action.desk_only]


def _product_is_wrong(wanted: OrderInput, family: str | None, several: Sequence[_Access]) -> Iterator[Finding]:
    made = _made(several)
    for one in made[1:]:
        words = f"A product brings one {one.kind.noun}; please make another order for this one."
        yield one.finding("service_type", "once", words)
    if made and made[0].kind.key not in packages.sold_types():
        yield made[0].finding("service_type", "not_sold", f"{made[0].kind.plural} are not sold here.")
    elif made and family is not None and family not in made[0].kind.families:
        yield Finding("/product/code", "family", _sold_as(made[0].kind))


def _sold_as(kind: ServiceType) -> str:
    families = [f"{name} ({code})" for code, name in kind.families.items()]
    subject = kind.a_noun[0].upper() + kind.a_noun[1:]
    return f"{subject} is ordered as a product of the family {_or(families)}: give its code."


def _or(words: Sequence[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def _enni_is_wrong(wanted: OrderInput, account_ids: AbstractSet[str]) -> Iterator[Finding]:
    said = wanted.enni or {}
    family = packages.family_of(wanted.product_code) if wanted.product_code else None
    kind = next(one.kind for one in _items(wanted) if one.kind.handed_over)
    if said and family is not None and family not in kind.handed_over:
        names = _or([kind.families[code] for code in sorted(kind.handed_over)])
        yield Finding("/enni", "not_wanted", f"Only products of the family {names} are handed over at an ENNI.")
        return
    vlan, ref = str(said.get("enni_vlan") or ""), str(said.get("enni_service_ref") or "")
    if vlan and not (vlan.isascii() and vlan.isdigit() and len(vlan) < 5 and FIRST_VLAN <= int(vlan) <= LAST_VLAN):
        yield Finding("/enni/enni_vlan", "range", f"The VLAN must be between {FIRST_VLAN} and {LAST_VLAN}.")
    if ref and not _is_own_enni(ref, account_ids):
        words = f"There is no active ENNI “{ref[:60]}” of this account; name one by its alias."
        yield Finding("/enni/enni_service_ref", "reference", words)


def _is_own_enni(ref: str, account_ids: AbstractSet[str]) -> bool:
    own = (Service.service_type == "enni", Service.state == "active", Service.account_id.in_(account_ids))
    return db.session.scalar(select(Service.id).where(called(ref), *own)) is not None


def _appointments(made: Sequence[_Access]) -> Iterator[Finding]:
    today = clock.now().date()
    for one in made:
        appointment = one.details.get("appointment") if isinstance(one.details, dict) else None
        day = appointment.get("day") if isinstance(appointment, dict) else None
        try:
            past = isinstance(day, str) and date.fromisoformat(day) < today
        except ValueError:
            past = False  # that it is no day has a finding of its own
        if past:
            yield one.finding("details/appointment/day", "past", "The appointment lies in the past.")
