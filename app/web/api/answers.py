"""What programs read: the shapes of all answers. The views fill them in, /openapi.json publishes them.

The fields of the order management system's CRM come first, exactly as its printed example nests and names them; ours
stand beside them. Times are RFC 3339 with the offset of the exchange's zone.
"""

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field, with_config
from typing_extensions import TypedDict

from app.domain.states import Outcome, Stage, Status, WaitKind

Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Uuid = Annotated[str, Field(json_schema_extra={"format": "uuid"})]

ALIAS = "S261120_106001"

closed = with_config({"extra": "forbid"})


@closed
class RequestorAnswer(TypedDict):
    contact_id: str | None
    account_id: str
    organisation: str | None
    email: str | None
    full_name: str | None
    phone: str | None


@closed
class SubCustomerAnswer(TypedDict):
    organisation: str | None
    account_id: str
    asn: str | None
    handle: str | None


@closed
class AskAnswer(TypedDict):
    """One thing that a wait asks: answer it under `name`."""

    name: str
    label: str
    kind: Literal["number", "text", "choice", "flag", "objection"]
    unit: str
    required: bool
    help: str
    pattern: str
    minimum: float | None
    maximum: float | None
    choices: list[str]
    labels: Annotated[list[str], Field(description="What people read for each of the choices; empty: themselves.")]
    max_length: int


@closed
class WaitAnswer(TypedDict):
    """What an item waits for. `audience`: team:<name>, account:<id>, system:<name>, item:<id> or time.

    A member's program sees what is its own to answer, dates and other items, and that somebody else must agree: an
    account, or for whatever the exchange looks at `exchange`.
    """

    kind: Annotated[str, Field(json_schema_extra={"enum": [kind.value for kind in WaitKind]})]
    title: str
    tell: str | None
    asks: list[AskAnswer]
    audience: str
    since: Time
    due: Time | None
    expires: Time | None
    claimed_by: str | None
    claimed_until: Time | None
    version: Annotated[int, Field(description="The item's version: send it with the answer.")]


@closed
class ItemRef(TypedDict):
    """Another item of the same order, by its number."""

    item: int


@closed
class OrderItemRef(TypedDict):
    """An item of another order."""

    order_item: Uuid


@closed
class ServiceRef(TypedDict):
    """A service, by its number."""

    service: int


@closed
class PersonAnswer(TypedDict):
    contact_id: NotRequired[str | None]
    full_name: NotRequired[str | None]
    first_name: NotRequired[str | None]
    last_name: NotRequired[str | None]
    email: NotRequired[str | None]
    phone: NotRequired[str | None]
    cell_phone: NotRequired[str | None]


@closed
class OptionAnswer(TypedDict):
    value: str | int | bool | None
    enabled: bool
    default_value: str | int | bool | None


@closed
class FamilyAnswer(TypedDict):
    name: str
    code: str
    description: str


@closed
class LineAnswer(TypedDict):
    name: str
    code: str
    description: str
    family: FamilyAnswer


@closed
class ProductAnswer(TypedDict):
    """The product, its line and its family."""

    name: str
    code: str
    description: str
    line: LineAnswer


@closed
class OrderPriceAnswer(TypedDict):
    """What an order for a package costs."""

    amount_minor: Annotated[int, Field(description="Of one piece, in the currency's smallest unit.")]
    quantity: Annotated[int, Field(description="How many pieces: the ports, where the package lets one say how many.")]
    total_minor: int
    currency: str
    period: Annotated[str, Field(description="month or once.")]
    frozen: Annotated[bool, Field(description="As it was when the order was submitted; false: today's, of a draft.")]


@closed
class OrderServiceAnswer(TypedDict):
    """A service of the package that an order is for."""

    item_number: int
    service_number: int | None
    features: dict[str, OptionAnswer]
    contacts: Annotated[dict[str, PersonAnswer], Field(description="Whom to call about it, by role.")]


@closed
class OrderSubscriptionAnswer(TypedDict):
    """What an order for a package has subscribed to; more of it at `/oms/orders/{id}/subscription`."""

    id: Uuid
    created_at: Time
    services: list[OrderServiceAnswer]


@closed
class ItemAnswer(TypedDict):
    id: Uuid
    item_number: int
    status: Annotated[str, Field(json_schema_extra={"enum": [status.value for status in Status]})]
    item_action: str
    service_type: str
    service_number: Annotated[int | ItemRef | None, Field(description="In a draft also another item of the order.")]
    deskpro_ticket_id: Annotated[int | None, Field(description="The item's own ticket, else the order's.")]
    created_at: Time
    modified_at: Time
    details: dict[str, Any]

    name: Annotated[str, Field(description="Order number and item number.", examples=["100472/1"])]
    service_alias: Annotated[str | None, Field(description="What people call the service.", examples=[ALIAS])]
    order_id: Uuid
    order_name: str
    stage: Annotated[str | None, Field(json_schema_extra={"enum": [*(stage.value for stage in Stage), None]})]
    status_since: Time
    held_reason: str | None
    depends_on: Annotated[
        list[int | OrderItemRef | ServiceRef], Field(description="What must complete first: items by their numbers.")
    ]
    requested_start_date: Time | None
    requested_completion_date: Time | None
    expected_completion_date: Time | None
    completion_date: Time | None
    contacts: Annotated[dict[str, PersonAnswer], Field(description="Whom to call about the service that it makes.")]
    error: Annotated[str | None, Field(description="Why the item stopped; for the exchange's own programs only.")]
    wait: WaitAnswer | None
    version: int


@closed
class OrderQualificationAnswer(TypedDict):
    """What was found out, and the numbers of the items that it is for."""

    id: Uuid
    items: list[int]


@closed
class OrderAnswer(TypedDict):
    id: Uuid
    name: Annotated[str, Field(description="The order number.")]
    status: Annotated[str, Field(json_schema_extra={"enum": [status.value for status in Status]})]
    requestor: RequestorAnswer
    sub_customer: NotRequired[Annotated[SubCustomerAnswer, Field(description="Absent in direct orders.")]]
    deskpro_ticket_id: int | None
    po_number: str | None
    additional_cc: list[str]
    notes: str | None
    type: str
    description: str | None
    created_at: Time
    modified_at: Time
    items: list[ItemAnswer]

    channel: str
    outcome: Annotated[str | None, Field(json_schema_extra={"enum": [*(one.value for one in Outcome), None]})]
    alias: str | None
    origin: str
    parent_order_id: Uuid | None
    operator_order_ref: str | None
    operator_order_name: str | None
    product: ProductAnswer | None
    options: dict[str, OptionAnswer] | None
    price: Annotated[OrderPriceAnswer | None, Field(description="null: no package, or on request.")]
    subscription: Annotated[OrderSubscriptionAnswer | None, Field(description="From the submission of a package on.")]
    contacts: dict[str, PersonAnswer] | None
    owner: dict[str, Any] | None
    comment: str | None
    batch_alias: str | None
    service_alias: Annotated[str | None, Field(description="Of an order of one item: what people call its service.")]
    enni: dict[str, Any] | None
    qualification_id: Annotated[Uuid | None, Field(description="The latest one.")]
    qualifications: list[OrderQualificationAnswer]
    requested_start_date: Time | None
    requested_completion_date: Time | None
    expected_completion_date: Time | None
    completion_date: Time | None
    submission_date: Time | None
    acknowledged_date: Time | None
    processing_date: Time | None
    pending_date: Time | None
    held_date: Time | None
    cancellation_date: Time | None
    rejection_date: Time | None
    version: int


@closed
class LogAnswer(TypedDict):
    """A line of an order's story, with the statuses as they were when it was written."""

    id: Uuid
    name: Annotated[str, Field(examples=["103679 - Inventory"])]
    order_id: Uuid
    order_item_id: Uuid | None
    order_item_name: str | None
    account: Annotated[str, Field(description="The ordering organisation.")]
    status: Annotated[str, Field(json_schema_extra={"enum": [status.value for status in Status]})]
    order_item_status: Annotated[
        str | None, Field(json_schema_extra={"enum": [*(status.value for status in Status), None]})
    ]
    user_message: str | None
    debug_message: Annotated[str | None, Field(description="For the exchange's own programs only.")]
    created_at: Time


Next = Annotated[str | None, Field(description="The cursor of the next page; null on the last one.")]


@closed
class OrderList(TypedDict):
    items: list[OrderAnswer]
    next: Next


@closed
class ItemList(TypedDict):
    items: list[ItemAnswer]
    next: Next


@closed
class LogList(TypedDict):
    items: list[LogAnswer]
    next: Next


@closed
class FindingAnswer(TypedDict):
    pointer: Annotated[str, Field(description="A JSON pointer into the body, or `?name` for a query parameter.")]
    rule: str
    detail: str


@closed
class Problem(TypedDict):
    """An error (RFC 9457), with every finding of a refused request."""

    type: str
    title: str
    status: int
    detail: str
    errors: NotRequired[list[FindingAnswer]]
    request_id: str
