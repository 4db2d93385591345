"""What a program may send: the envelope of each request body. The items' details are the catalogue's to check."""

from typing import Annotated, Any

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from app.web.api.fields import (
    MAX_INT,
    Asn,
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


class Item(OwnedByServer):
    """One item: a service type × an action, with its details."""

    item_number: Unchecked = None
    service_type: Unchecked = None
    item_action: Unchecked = None
    service_number: Unchecked = None
    details: Unchecked = Field(default_factory=dict)
    depends_on: Unchecked = None
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

    @field_validator("status")
    @classmethod
    def _no_drafts(cls, status: Any) -> Any:
        """A status is the exchange's to give, so it is ignored; but a draft must not be placed as an order."""
        if status == "draft":
            raise PydanticCustomError("draft", "Drafts are not taken yet: leave the status out to place the order.")
        return status


class OrderChange(Strict):
    """A merge patch (RFC 7396): what may be changed of an order that is under way; null removes a value."""

    po_number: Line100 | None = None
    additional_cc: Annotated[list[Email], Field(max_length=MAX_COPIES)] | None = None
    notes: Text | None = None
    description: Text | None = None
    operator_order_ref: Line100 | None = None
    operator_order_name: Line200 | None = None
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
    """Agreement to an order that waits for it."""

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
