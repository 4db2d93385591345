"""What a program may send: the envelope of each request body. The items' details are the catalogue's to check."""

from typing import Annotated, Any

from pydantic import Field

from app.web.api.fields import (
    MAX_INT,
    Asn,
    BatchAlias,
    Code,
    Email,
    Id,
    Key,
    Line100,
    Line200,
    MaybeEmail,
    Moment,
    OrderType,
    Phone,
    Reason,
    ServerOwned,
    StepKey,
    Strict,
    Text,
    Unchecked,
    Version,
)

MAX_ITEMS = 200
MAX_COPIES = 50
MAX_OPTIONS = 50


class Requestor(Strict):
    """Who orders. A token bound to an account need not say; for others `account_id` is required."""

    contact_id: Key | None = None
    account_id: Key | None = None
    organisation: Line200 | None = None
    email: MaybeEmail | None = None
    full_name: Line200 | None = None
    phone: Phone | None = None


class SubCustomer(Strict):
    """The reseller's customer that the order is for; absent in direct orders."""

    organisation: Line200 | None = None
    account_id: Key
    asn: Asn | None = None
    handle: Line100 | None = None


class OwnedByServer(Strict):
    """What every record has and nobody sends in earnest: a record that was read may be sent back as it is."""

    id: ServerOwned = None
    name: ServerOwned = None
    created_at: ServerOwned = None
    modified_at: ServerOwned = None
    deskpro_ticket_id: ServerOwned = None
    expected_completion_date: ServerOwned = None
    completion_date: ServerOwned = None
    version: ServerOwned = None


class Product(Strict):
    """What is bought, by its code; the exchange adds the name, the line and the family."""

    code: Code
    name: ServerOwned = None
    description: ServerOwned = None
    line: ServerOwned = None


class Option(Strict):
    """An option of the product. Without a value it has its default; it is enabled where the product requires it."""

    value: str | int | bool | None = None
    enabled: bool | None = None
    default_value: ServerOwned = None


Options = Annotated[dict[Code, Option], Field(max_length=MAX_OPTIONS)]


class Person(Strict):
    """Somebody to turn to: a contact of the account by its id, or in words."""

    contact_id: Key | None = None
    full_name: Line200 | None = None
    first_name: Line100 | None = None
    last_name: Line100 | None = None
    email: MaybeEmail | None = None
    phone: Phone | None = None
    cell_phone: Phone | None = None


class Contacts(Strict):
    """Whom to turn to about the order: at the operator's, at the owner's, about technical matters, about the bill."""

    operator: Person | None = None
    owner: Person | None = None
    technical: Person | None = None
    billing: Person | None = None


class Owner(Strict):
    """The end customer."""

    type: Line100 | None = None
    name: Line200 | None = None
    first_name: Line100 | None = None
    last_name: Line100 | None = None
    email: MaybeEmail | None = None
    phone: Phone | None = None


class Enni(Strict):
    """Where an access product is handed over."""

    enni_vlan: Line100 | None = None
    enni_service_ref: Line100 | None = None


class ServiceContact(Strict):
    """Whom to call about one service: a contact of the account by its id, or in words. The account's contacts stay as
    they are."""

    contact_id: Key | None = None
    full_name: Line200 | None = None
    email: MaybeEmail | None = None
    phone: Phone | None = None


ServiceContacts = Annotated[dict[Code, ServiceContact | None], Field(max_length=MAX_OPTIONS)]


class Item(OwnedByServer):
    """One item: a service type × an action, with its details."""

    item_number: Unchecked = None
    service_type: Unchecked = None
    item_action: Unchecked = None
    service_number: Unchecked = None
    service_alias: ServerOwned = None
    details: Unchecked = Field(default_factory=dict)
    depends_on: Unchecked = None
    contacts: ServiceContacts | None = None
    requested_start_date: Moment | None = None
    requested_completion_date: Moment | None = None

    status: ServerOwned = None
    order_id: ServerOwned = None
    order_name: ServerOwned = None
    stage: ServerOwned = None
    status_since: ServerOwned = None
    held_reason: ServerOwned = None
    error: ServerOwned = None
    wait: ServerOwned = None


class Order(OwnedByServer):
    """An order as it is placed."""

    requestor: Requestor = Field(default_factory=Requestor)
    sub_customer: SubCustomer | None = None
    po_number: Line100 | None = None
    additional_cc: Annotated[list[Email], Field(max_length=MAX_COPIES)] | None = None
    notes: Text | None = None
    type: OrderType = "normal"
    description: Text | None = None
    items: Annotated[list[Item], Field(min_length=1, max_length=MAX_ITEMS)]
    parent_order_id: Id | None = None
    operator_order_ref: Line100 | None = None
    operator_order_name: Line200 | None = None
    requested_start_date: Moment | None = None
    requested_completion_date: Moment | None = None
    product: Product | None = None
    options: Options | None = None
    contacts: Contacts | None = None
    owner: Owner | None = None
    comment: Text | None = None
    batch_alias: BatchAlias | None = None
    enni: Enni | None = None

    price: ServerOwned = None
    subscription: ServerOwned = None
    qualification_id: ServerOwned = None
    qualifications: ServerOwned = None
    service_alias: ServerOwned = None
    status: ServerOwned = None
    channel: ServerOwned = None
    outcome: ServerOwned = None
    alias: ServerOwned = None
    origin: ServerOwned = None
    submission_date: ServerOwned = None
    acknowledged_date: ServerOwned = None
    processing_date: ServerOwned = None
    pending_date: ServerOwned = None
    held_date: ServerOwned = None
    cancellation_date: ServerOwned = None
    rejection_date: ServerOwned = None


class NewOrder(Order):
    """An order to be placed, or a draft: one whose `status` is `draft`, or that is sent with `?draft=true`."""


class Draft(Order):
    """An order that is being prepared: everything may be missing, but what is there must be right."""

    items: Annotated[list[Item], Field(max_length=MAX_ITEMS)] = Field(default_factory=list)


class DraftReplacement(Draft):
    """The whole document. The modifiable fields (owner, comment, contacts, options, operator_order_ref,
    operator_order_name, enni, batch_alias) become what it says, so those that are absent are removed. The items become
    what it says if it has any, or an empty list; without `items` they stay, as all other fields do."""

    version: Version | None = None


class OrderChange(Strict):
    """A merge patch (RFC 7396): what may be changed of an order that is under way; null removes a value, or one of the
    contacts. A person is replaced whole."""

    po_number: Line100 | None = None
    additional_cc: Annotated[list[Email], Field(max_length=MAX_COPIES)] | None = None
    notes: Text | None = None
    description: Text | None = None
    operator_order_ref: Line100 | None = None
    operator_order_name: Line200 | None = None
    comment: Text | None = None
    contacts: Contacts | None = None
    requested_start_date: Moment | None = None
    requested_completion_date: Moment | None = None
    version: Version | None = None


class ItemChange(Strict):
    """A merge patch of what may be changed of an item that is under way; null removes a date, or a contact of the
    service that it makes. A person is replaced whole."""

    requested_start_date: Moment | None = None
    requested_completion_date: Moment | None = None
    bandwidth: Annotated[int, Field(ge=0, le=MAX_INT)] | None = None
    contacts: ServiceContacts | None = None
    version: Version | None = None


class OrderLog(Strict):
    """A line of an order's story: a message for the member, one for staff (trusted programs only), or both."""

    order_id: Id
    order_item_id: Id | None = None
    user_message: Text | None = None
    debug_message: Text | None = None

    id: ServerOwned = None
    name: ServerOwned = None
    order_item_name: ServerOwned = None
    account: ServerOwned = None
    status: ServerOwned = None
    order_item_status: ServerOwned = None
    created_at: ServerOwned = None


class Consent(Strict):
    """Agreement to an order that waits for it, with the answers to what is asked together with it."""

    answers: dict[str, Any] = Field(default_factory=dict)
    reason: Reason | None = None
    version: Version | None = None


class Because(Strict):
    """An action that needs a reason, and may say which version it is meant for."""

    reason: Reason
    version: Version | None = None


class Free(Strict):
    """An action that needs no reason."""

    version: Version | None = None


class Resume(Strict):
    """The answers to what an item waits for, and the version of the item at which the question was read."""

    answers: dict[str, Any] = Field(default_factory=dict)
    version: Annotated[int, Field(ge=1, le=MAX_INT)]
    reason: Reason | None = None


class Retry(Strict):
    """Try the failed step again; `from` goes back to an earlier step, named by its key."""

    version: Annotated[int, Field(ge=1, le=MAX_INT)]
    reason: Reason | None = None
    from_step: StepKey | None = Field(None, alias="from")


class ByHand(Strict):
    """What a person decides about a step that the machine could not do, with the reason."""

    version: Annotated[int, Field(ge=1, le=MAX_INT)]
    reason: Reason
