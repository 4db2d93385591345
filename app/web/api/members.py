"""Accounts and contacts, services, and questions to other accounts."""

import uuid
from collections.abc import Sequence

from flask import Response, g, url_for

from app.domain.errors import Finding, Invalid, NotFound
from app.domain.models import Account, Contact, PackageSubscription, Service
from app.extensions import db
from app.queries import api_members as queries
from app.queries import portal_asked, subscriptions
from app.services import address_book, orders
from app.services.joining import Vlan
from app.web import guard
from app.web.api import answering, bodies, life_bodies, reading, showing
from app.web.api.described import described
from app.web.api.filters import AccountFilters, ContactFilters, NoFilters, ServiceFilters
from app.web.api.life_answers import (
    AccountAnswer,
    AccountList,
    ContactAnswer,
    ContactList,
    PrivateVlanAnswer,
    RequestAnswer,
    RequestList,
    ServiceAnswer,
    ServiceList,
    ServicePackageAnswer,
)
from app.web.api.showing import Shower, shown_product

ACCOUNTS, CONTACTS, SERVICES, REQUESTS = "Accounts", "Contacts", "Services of accounts", "Requests"


@described("List accounts", ACCOUNTS, AccountList, filters=AccountFilters)
def list_accounts() -> Response:
    """Your own and your customers'; a trusted program sees all. By id."""
    asked = reading.query(AccountFilters)
    filters = asked.model_dump(exclude_none=True, exclude={"limit", "cursor"})
    position = answering.position(queries.ACCOUNTS, asked.cursor)
    found = queries.accounts(guard.actor(), filters, asked.limit, position)
    shower = answering.shower()
    return answering.page(found, queries.ACCOUNTS, [_account(row, shower) for row in found.rows])


@described("Make an account", ACCOUNTS, AccountAnswer, status=201, body=life_bodies.Account, keyed=True)
def create_account() -> Response:
    """For trusted programs, and for resellers, whose customer it becomes. Without `account_id` it gets one."""
    reading.query(NoFilters)
    wanted = reading.body(life_bodies.Account)
    _only_the_exchange_gives(wanted.account_id, "account_id")

    def make() -> tuple[AccountAnswer, str]:
        made = address_book.create(address_book.NewAccount(**wanted.model_dump()), guard.actor(), g.token.user)
        return _account(made, answering.shower()), url_for("api.show_account", account_id=made.id)

    return answering.creating(make)


def _only_the_exchange_gives(said: str | None, name: str) -> None:
    """`Invalid` for an id that a member has made up: it could be the one that the CRM is about to give somebody."""
    if said is not None and not guard.actor().trusted:
        words = f"The exchange gives the {name}; leave it out."
        raise Invalid("Ids are given by the exchange.", [Finding(f"/{name}", "read_only", words)])


@described("Read an account", ACCOUNTS, AccountAnswer)
def show_account(account_id: str) -> Response:
    """An account of yours, or of a customer of yours."""
    reading.query(NoFilters)
    return answering.answer(_account(address_book.find(account_id, guard.actor()), answering.shower()))


def _account(row: Account, shower: Shower) -> AccountAnswer:
    return AccountAnswer(
        account_id=row.id, organisation=row.organisation, handle=row.handle, asn=row.asn, reseller_id=row.reseller_id,
        created_at=shower.at(row.created_at),
    )  # fmt: skip


@described("List contacts", CONTACTS, ContactList, filters=ContactFilters)
def list_contacts() -> Response:
    """People at the accounts that you may read. By id."""
    asked = reading.query(ContactFilters)
    filters = asked.model_dump(exclude_none=True, exclude={"limit", "cursor"})
    position = answering.position(queries.CONTACTS, asked.cursor)
    found = queries.contacts(guard.actor(), filters, asked.limit, position)
    shower = answering.shower()
    return answering.page(found, queries.CONTACTS, [_contact(row, shower) for row in found.rows])


@described("Add a contact", CONTACTS, ContactAnswer, status=201, body=life_bodies.Contact, keyed=True)
def create_contact() -> Response:
    """Somebody at your account, or at a customer's. Without `contact_id` it gets one."""
    reading.query(NoFilters)
    wanted = reading.body(life_bodies.Contact)
    _only_the_exchange_gives(wanted.contact_id, "contact_id")

    def make() -> tuple[ContactAnswer, str]:
        account_id = wanted.account_id or g.token.user.account_id
        if account_id is None:
            missing = Finding("/account_id", "required", "Say at which account.")
            raise Invalid("It is not said at which account.", [missing])
        values = wanted.model_dump(include=set(address_book.FIELDS))
        made = address_book.add_contact(account_id, wanted.contact_id, values, guard.actor())
        return _contact(made, answering.shower()), url_for("api.show_contact", contact_id=made.id)

    return answering.creating(make)


@described("Read a contact", CONTACTS, ContactAnswer)
def show_contact(contact_id: str) -> Response:
    """A person at an account that you may read."""
    reading.query(NoFilters)
    return answering.answer(_contact(address_book.find_contact(contact_id, guard.actor()), answering.shower()))


@described("Change a contact", CONTACTS, ContactAnswer, body=life_bodies.ContactChange, merge=True)
def change_contact(contact_id: str) -> Response:
    """A merge patch. What earlier orders say of their requestor stays as it was."""
    reading.query(NoFilters)
    address_book.find_contact(contact_id, guard.actor())
    wanted = reading.body(life_bodies.ContactChange, reading.MERGE_PATCH, reading.JSON)
    changed = address_book.change_contact(contact_id, wanted.model_dump(exclude_unset=True), guard.actor())
    db.session.commit()
    return answering.answer(_contact(changed, answering.shower()))


@described("Delete a contact", CONTACTS, None, status=204, conflicts=True)
def delete_contact(contact_id: str) -> Response:
    """Not while orders, or somebody who signs in, are known by it."""
    reading.query(NoFilters)
    address_book.delete_contact(contact_id, guard.actor())
    db.session.commit()
    return Response(status=204)


def _contact(row: Contact, shower: Shower) -> ContactAnswer:
    return ContactAnswer(
        contact_id=row.id, account_id=row.account_id, full_name=row.full_name, email=row.email, phone=row.phone,
        created_at=shower.at(row.created_at),
    )  # fmt: skip


@described("List services", SERVICES, ServiceList, filters=ServiceFilters)
def list_services() -> Response:
    """Newest first: what your accounts have, and what a reseller has for them."""
    asked = reading.query(ServiceFilters)
    filters = asked.model_dump(exclude_none=True, exclude={"limit", "cursor"})
    position = answering.position(queries.SERVICES, asked.cursor)
    found = queries.services(guard.actor(), filters, asked.limit, position)
    shower = answering.shower()
    return answering.page(found, queries.SERVICES, _services(found.rows, shower))


@described("Read a service", SERVICES, ServiceAnswer)
def show_service(service_id: uuid.UUID) -> Response:
    """One service with its details as they are now."""
    reading.query(NoFilters)
    found = queries.service(guard.actor(), service_id)
    if found is None:
        raise NotFound("There is no such service.")
    return answering.answer(_services([found], answering.shower())[0])


def _services(rows: Sequence[Service], shower: Shower) -> list[ServiceAnswer]:
    bought = subscriptions.of_services([one.id for one in rows])
    return [_service(one, bought.get(one.id), shower) for one in rows]


def _service(row: Service, bought: PackageSubscription | None, shower: Shower) -> ServiceAnswer:
    return ServiceAnswer(
        id=str(row.id), service_number=row.number, service_alias=row.alias, service_type=row.service_type,
        name=row.name, state=row.state, account_id=row.account_id, sub_account_id=row.sub_account_id,
        fabric=row.fabric_code, location=row.location_code, capacity=row.capacity, details=row.details,
        contacts=row.contacts if shower.actor.acts_for(row.account_id) else {},
        subscription=_package(bought, shower) if bought is not None else None,
        billing_start=shower.maybe(row.billing_start), billing_end=shower.maybe(row.billing_end),
        created_at=shower.at(row.created_at), modified_at=shower.at(row.modified_at),
    )  # fmt: skip


def _package(bought: PackageSubscription, shower: Shower) -> ServicePackageAnswer:
    return ServicePackageAnswer(
        id=str(bought.id), order_id=str(bought.order_id), product=shown_product(bought.product),
        created_at=shower.at(bought.created_at),
    )  # fmt: skip


@described("List requests", REQUESTS, RequestList)
def list_requests() -> Response:
    """Open questions from orders of other accounts, such as whether they may join your private VLAN."""
    reading.query(NoFilters)
    shower = answering.shower()
    items = [_request(one, shower) for one in portal_asked.requests(guard.actor())]
    return answering.answer({"items": items, "next": None})


@described("Read a request", REQUESTS, RequestAnswer)
def show_request(request_id: uuid.UUID) -> Response:
    """One question, open or answered. The order that asks stays unseen."""
    reading.query(NoFilters)
    return answering.answer(_request(_find_request(request_id), answering.shower()))


@described("Agree to a request", REQUESTS, RequestAnswer, body=bodies.Consent, keyed=True, bodiless=True)
def agree_request(request_id: uuid.UUID) -> Response:
    """For your own account; who else must agree to that order is asked on their own. Where you have several private
    VLANs that may be meant, `answers` says which one, as `asks` tells."""
    reading.query(NoFilters)
    wanted = reading.body(bodies.Consent, empty=True)
    asked = _find_request(request_id)
    return answering.acting(
        lambda: orders.confirm(asked.order_id, guard.actor(), reason=wanted.reason, given=wanted.answers),
        lambda: _request(_find_request(request_id), answering.shower()),
    )


@described("Decline a request", REQUESTS, RequestAnswer, body=life_bodies.Decline, keyed=True)
def decline_request(request_id: uuid.UUID) -> Response:
    """With a reason, which who asked reads."""
    reading.query(NoFilters)
    wanted = reading.body(life_bodies.Decline)
    asked = _find_request(request_id)
    return answering.acting(
        lambda: orders.reject(asked.order_id, guard.actor(), wanted.reason),
        lambda: _request(_find_request(request_id), answering.shower()),
    )


def _find_request(request_id: uuid.UUID) -> portal_asked.Request:
    found = portal_asked.request(guard.actor(), request_id)
    if found is None:
        raise NotFound("There is no such request.")
    return found


def _request(one: portal_asked.Request, shower: Shower) -> RequestAnswer:
    return RequestAnswer(
        id=str(one.wait_id), order_name=str(one.order_number), asked_by=one.joiner, question=one.tell,
        fabric=one.fabric, private_vlans=[_vlan(vlan) for vlan in one.vlans], asks=showing.asked(one.frozen),
        asked_at=shower.at(one.asked_at), respond_by=shower.maybe(one.respond_by), open=one.open, agreed=one.agreed,
    )  # fmt: skip


def _vlan(one: Vlan) -> PrivateVlanAnswer:
    return PrivateVlanAnswer(service_number=one.number, service_name=one.name, fabric=one.place)
