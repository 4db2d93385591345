"""Answers of the calls around an order, and of accounts, contacts and services."""

from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from app.web.api.answers import (
    ALIAS,
    AskAnswer,
    FindingAnswer,
    Next,
    OptionAnswer,
    OrderPriceAnswer,
    PersonAnswer,
    ProductAnswer,
    Time,
    Uuid,
    closed,
)

Value = str | int | bool | None


@closed
class AddressAnswer(TypedDict):
    """A building of the exchange; qualify its `code`."""

    code: str
    name: str
    address: str
    fabrics: Annotated[dict[str, str], Field(description="Peering LANs that are present there: key → name.")]


@closed
class AddressList(TypedDict):
    items: list[AddressAnswer]
    next: Next


@closed
class OfferAnswer(TypedDict):
    service_type: str
    fabric: str
    location: str
    port: Annotated[int | None, Field(description="The port that would carry it.")]
    capacity_left: Annotated[int | None, Field(description="Mbit/s that the port's services leave.")]
    capacities: Annotated[list[int] | None, Field(description="Speeds of free ports in Mbit/s.")]
    free: Annotated[dict[str, int], Field(description="Speed in Mbit/s → how many ports are free.")]
    by_hand: bool


@closed
class ReasonAnswer(TypedDict):
    rule: str
    detail: str


@closed
class QualificationAnswer(TypedDict):
    id: Uuid
    account_id: str
    method: str
    asked: dict[str, Any]
    qualified: bool
    offers: list[OfferAnswer]
    reasons: list[ReasonAnswer]
    created_at: Time
    valid_until: Time
    expired: bool


@closed
class PriceAnswer(TypedDict):
    amount_minor: Annotated[int, Field(description="In the currency's smallest unit.")]
    currency: str | None
    period: str
    per: Annotated[
        Literal["package", "port"], Field(description="port: the package leaves it open how many ports there are.")
    ]


@closed
class ChoiceAnswer(TypedDict):
    value: Value
    label: str


@closed
class OptionRule(TypedDict):
    code: str
    label: str
    help: str
    required: bool
    default_value: Value
    choices: list[ChoiceAnswer]


@closed
class ContactRule(TypedDict):
    role: str
    label: str
    required: bool


@closed
class PackageServiceAnswer(TypedDict):
    position: int
    service_type: str
    defaults: dict[str, Any]
    fixed: list[str]
    features: list[OptionRule]
    contacts: list[ContactRule]


@closed
class PackageAnswer(TypedDict):
    code: str
    name: str
    description: str
    type: str
    product: ProductAnswer
    options: list[OptionRule]
    services: list[PackageServiceAnswer]
    sites: Annotated[list[dict[str, str]], Field(description="Where it can be had; empty = anywhere.")]
    details_view: str
    price: Annotated[PriceAnswer | None, Field(description="null: on request.")]


@closed
class PackageList(TypedDict):
    items: list[PackageAnswer]
    next: Next


@closed
class ServiceSubscriptionAnswer(TypedDict):
    id: Uuid
    item_number: int
    service_type: str
    service_number: int | None
    state: Annotated[str | None, Field(description="The service's: pre_active, active, ceased, cancelled.")]
    features: dict[str, OptionAnswer]
    contacts: dict[str, PersonAnswer]


@closed
class SubscriptionAnswer(TypedDict):
    id: Uuid
    order_id: Uuid
    account_id: Annotated[str, Field(description="Who has it: the order's account, or the customer it is for.")]
    product: ProductAnswer
    options: dict[str, OptionAnswer]
    price: Annotated[OrderPriceAnswer | None, Field(description="null: on request.")]
    created_at: Time
    services: list[ServiceSubscriptionAnswer]


@closed
class FieldAnswer(TypedDict):
    name: str
    label: str
    kind: str
    unit: str
    help: str
    required: bool
    fixed: bool
    default_value: Any
    minimum: int | None
    maximum: int | None
    choices: list[ChoiceAnswer]
    fields: Annotated[list["FieldAnswer"], Field(description="The parts of an object, or of each object of a list.")]
    value: Any


@closed
class IdentifierAnswer(FieldAnswer):
    realm: Annotated[str, Field(description="Within what it must be unique, or known.")]


@closed
class FeatureAnswer(OptionAnswer):
    code: str
    label: str
    help: str
    required: bool
    choices: list[ChoiceAnswer]


@closed
class ServiceContactAnswer(TypedDict):
    role: str
    label: str
    required: bool
    contact: PersonAnswer | None


@closed
class ServiceRequirements(TypedDict):
    item_number: int
    item_id: Uuid
    service_type: str
    item_action: str
    label: str
    configuration: list[FieldAnswer]
    identifiers: list[IdentifierAnswer]
    features: list[FeatureAnswer]
    contacts: list[ServiceContactAnswer]


@closed
class RealmAnswer(TypedDict):
    realm: str
    kind: str
    values: list[int]


@closed
class RequirementsAnswer(TypedDict):
    order_id: Uuid
    version: int
    services: list[ServiceRequirements]
    realms: list[RealmAnswer]
    missing: list[FindingAnswer]


@closed
class TermsAnswer(TypedDict):
    version: str
    text: str
    in_force_from: Time


@closed
class AcceptedAnswer(TypedDict):
    version: str
    accepted_by: str
    accepted_at: Time


@closed
class OrderTermsAnswer(TypedDict):
    """`to_accept`: the version of the day has not been accepted for this order yet."""

    current: TermsAnswer | None
    accepted: AcceptedAnswer | None
    to_accept: bool


@closed
class PaymentAnswer(TypedDict):
    id: Uuid
    order_id: Uuid
    kind: Literal["reference", "collected"]
    state: Literal["recorded", "started", "collected", "refused"]
    amount_minor: int | None
    currency: str | None
    reference: str | None
    provider: str | None
    provider_reference: str | None
    error: str | None
    created_at: Time


@closed
class PaymentList(TypedDict):
    items: list[PaymentAnswer]
    next: Next


@closed
class AccountAnswer(TypedDict):
    account_id: str
    organisation: str
    handle: str | None
    asn: int | None
    reseller_id: str | None
    created_at: Time


@closed
class AccountList(TypedDict):
    items: list[AccountAnswer]
    next: Next


@closed
class ContactAnswer(TypedDict):
    contact_id: str
    account_id: str
    full_name: str
    email: str
    phone: str
    created_at: Time


@closed
class ContactList(TypedDict):
    items: list[ContactAnswer]
    next: Next


@closed
class ServicePackageAnswer(TypedDict):
    """The package subscription that a service is part of."""

    id: Uuid
    order_id: Uuid
    product: ProductAnswer
    created_at: Time


@closed
class ServiceAnswer(TypedDict):
    """A service. `state`: pre_active from the order until it carries traffic, active, ceased, cancelled."""

    id: Uuid
    service_number: int
    service_alias: Annotated[str, Field(description="What people call it; it never changes.", examples=[ALIAS])]
    service_type: str
    name: str
    state: str
    account_id: str
    sub_account_id: str | None
    fabric: str | None
    location: str | None
    capacity: Annotated[int | None, Field(description="Mbit/s.")]
    details: dict[str, Any]
    contacts: Annotated[dict[str, PersonAnswer], Field(description="Whom to call about it, by role.")]
    subscription: Annotated[ServicePackageAnswer | None, Field(description="The package that it came with.")]
    billing_start: Time | None
    billing_end: Time | None
    created_at: Time
    modified_at: Time


@closed
class ServiceList(TypedDict):
    items: list[ServiceAnswer]
    next: Next


@closed
class PrivateVlanAnswer(TypedDict):
    service_number: int
    service_name: str
    fabric: str


@closed
class RequestAnswer(TypedDict):
    """Somebody else's order asks for your agreement; nothing else of that order is told. `private_vlans`: those of
    yours that are meant, as far as that is clear; `asks` what you say together with a yes."""

    id: Uuid
    order_name: str
    asked_by: str
    question: str
    fabric: str
    private_vlans: list[PrivateVlanAnswer]
    asks: list[AskAnswer]
    asked_at: Time
    respond_by: Time | None
    open: bool
    agreed: bool | None


@closed
class RequestList(TypedDict):
    items: list[RequestAnswer]
    next: Next


@closed
class EndingAnswer(TypedDict):
    """What would become of one item. `detail` says it all in words; `undone` and `stays` are sentences of it."""

    item_id: Uuid
    item_number: int
    service_number: int | None
    ends: bool
    detail: str
    undone: list[str]
    stays: list[str]


@closed
class CancellationAnswer(TypedDict):
    """What cancelling the order would do now. `by`: who may, the member who ordered or the exchange."""

    order_id: Uuid
    order_name: str
    possible: Annotated[bool, Field(description="Whether this program may do it now.")]
    why_not: str | None
    by: list[Literal["member", "exchange"]]
    items: list[EndingAnswer]
    version: Annotated[int, Field(description="The order's: send it with the cancel.")]
