"""Bodies of the calls around an order: qualify, select, configure, accept, pay; accounts and contacts."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from app.web.api.bodies import ServiceContacts
from app.web.api.fields import (
    LAST_ASN,
    MAX_INT,
    Code,
    Id,
    Key,
    Line100,
    Line200,
    MaybeEmail,
    Phone,
    Reason,
    ServerOwned,
    ServiceTypeWord,
    Strict,
    Text,
    Version,
)

Currency = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]
ItemNumber = Annotated[int, Field(ge=1, le=MAX_INT)]
Amount = Annotated[int, Field(ge=1, le=10**12, description="In the currency's smallest unit.")]
MAX_SERVICES = 200


class Identifier(Strict):
    """What there is already: one of your ports or services by its number, or an AS number."""

    type: Literal["port", "service", "asn"]
    value: Annotated[int, Field(ge=1, le=LAST_ASN)]


class Qualification(Strict):
    """What is to be found out. `none`: no check is needed; `address`: the code of an address that was found."""

    method: Literal["none", "identifier", "address"]
    order_id: Annotated[Id | None, Field(description="A draft on which the result is kept.")] = None
    items: Annotated[
        list[ItemNumber] | None,
        Field(max_length=MAX_SERVICES, description="The items of the draft that it is for; all of them without this."),
    ] = None
    account_id: Annotated[Key | None, Field(description="For whom; needed from trusted programs without an order.")] = (
        None
    )
    identifier: Identifier | None = None
    address: Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_.-]{1,30}$")] | None = None
    service_types: Annotated[list[ServiceTypeWord], Field(max_length=20)] | None = None


class Site(Strict):
    fabric: Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_.-]{1,30}$")] | None = None
    location: Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_.-]{1,30}$")] | None = None


class PackageChoice(Strict):
    """The package to be ordered, and where, if it can be had at several places."""

    code: Code
    site: Site | None = None
    version: Version | None = None


class Feature(Strict):
    value: str | int | bool | None = None
    enabled: bool | None = None


class ServiceValues(Strict):
    """What to set for one service, by its item's number."""

    item_number: ItemNumber
    configuration: dict[str, Any] | None = None
    identifiers: dict[str, Any] | None = None
    features: dict[Code, Feature] | None = None
    contacts: ServiceContacts | None = None


class Requirements(Strict):
    services: Annotated[list[ServiceValues], Field(min_length=1, max_length=MAX_SERVICES)]
    version: Version | None = None


class Acceptance(Strict):
    """The version of the terms that was read and is accepted."""

    version: Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_.-]{1,20}$")]


class Note(Strict):
    note: Annotated[Text, Field(min_length=1)]


class Payment(Strict):
    """A reference to a payment made elsewhere, or (`collect`) money to be collected for the order."""

    reference: Line100 | None = None
    collect: bool = False
    amount_minor: Amount | None = None
    currency: Currency | None = None


class Account(Strict):
    account_id: Annotated[str, StringConstraints(pattern="^[A-Za-z0-9._~-]{1,64}$")] | None = None
    organisation: Annotated[Line200, Field(min_length=1)]
    handle: Line100 | None = None
    asn: Annotated[int, Field(ge=1, le=LAST_ASN)] | None = None
    reseller_id: Key | None = None


class Contact(Strict):
    contact_id: Annotated[str, StringConstraints(pattern="^[A-Za-z0-9._~-]{1,64}$")] | None = None
    account_id: Annotated[Key | None, Field(description="The token's own account, if it is bound to one.")] = None
    full_name: Annotated[Line200, Field(min_length=1)]
    email: MaybeEmail | None = None
    phone: Phone | None = None
    created_at: ServerOwned = None


class ContactChange(Strict):
    """A merge patch."""

    full_name: Annotated[Line200, Field(min_length=1)] | None = None
    email: MaybeEmail | None = None
    phone: Phone | None = None


class Decline(Strict):
    """Why not; the other side reads it."""

    reason: Reason
