"""The query parameters of the lists. Unknown ones and bad values are refused by name."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.domain.states import Status
from app.web.api.fields import LINE, MAX_INT, Id, Key, Line100, Moment, OrderType, ServiceAlias, ServiceTypeWord

DEFAULT_LIMIT, MAX_LIMIT = 50, 200

Word = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=LINE)]


class NoFilters(BaseModel):
    """A call that takes no query parameters."""

    model_config = ConfigDict(extra="forbid")


class DraftOrNot(NoFilters):
    draft: bool | None = Field(None, description="`true`: keep it as a draft, to be submitted later.")


class Paged(NoFilters):
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="How many to answer at most.")
    cursor: str | None = Field(None, max_length=500, description="`next` of the page before, unchanged.")


class OrderFilters(Paged):
    status: list[Status] | None = Field(None, description="May be given several times.")
    type: OrderType | None = None
    account_id: Key | None = Field(None, description="The ordering account.")
    sub_account_id: Key | None = Field(None, description="The reseller's customer that the order is for.")
    channel: Word | None = Field(None, description="How it came: api, portal, …")
    service_type: ServiceTypeWord | None = Field(None, description="Orders with an item of this service type.")
    number: int | None = Field(None, ge=1, le=MAX_INT, description="The order number.")
    name: Annotated[str, StringConstraints(pattern="^[0-9]{1,10}$")] | None = Field(
        None, description="The order number as a string, as `name` shows it."
    )
    alias: Word | None = Field(None, description="The order's alias.")
    batch_alias: Word | None = Field(None, description="Orders of this batch.")
    operator_order_ref: Line100 | None = Field(None, description="The reference in the ordering party's own system.")
    parent_order_id: Id | None = None
    created_since: Moment | None = Field(None, description="Placed then or later.")
    created_before: Moment | None = Field(None, description="Placed before then.")
    modified_since: Moment | None = Field(
        None, description="Changed then or later. The list then goes from the earliest change to the latest."
    )


class ItemFilters(Paged):
    order_id: Id | None = None
    status: list[Status] | None = Field(None, description="May be given several times.")
    service_type: ServiceTypeWord | None = None
    item_action: Word | None = None
    service_number: int | None = Field(None, ge=1, le=MAX_INT)
    account_id: Key | None = Field(None, description="The ordering account.")


class LogFilters(Paged):
    order_id: Id | None = None
    order_item_id: Id | None = None
    since: Moment | None = Field(
        None, description="Written then or later. The list then goes from the earliest line to the latest."
    )


class AddressFilters(NoFilters):
    q: Annotated[str, StringConstraints(max_length=100, pattern=LINE)] = Field(
        "", description="Words of the building's code, name, address or peering LAN."
    )


class PackageFilters(NoFilters):
    qualification: Id | None = Field(None, description="Only what can be had by what this qualification found.")


class ServiceFilters(Paged):
    account_id: Key | None = Field(None, description="The account that has it.")
    sub_account_id: Key | None = Field(None, description="The reseller's customer that it is for.")
    service_type: ServiceTypeWord | None = None
    service_number: int | None = Field(None, ge=1, le=MAX_INT)
    service_alias: ServiceAlias | None = None
    state: Literal["pre_active", "active", "ceased", "cancelled"] | None = None


class AccountFilters(Paged):
    reseller_id: Key | None = Field(None, description="Customers of this account.")


class ContactFilters(Paged):
    account_id: Key | None = None


class ImportOptions(NoFilters):
    mode: Literal["drafts", "submit"] = Field(
        "drafts", description="`drafts`: keep each order as a draft; `submit`: place each at once."
    )
    name: Annotated[str, StringConstraints(max_length=200, pattern=LINE)] = Field("", description="The file's name.")
    corrects: Id | None = Field(
        None, description="The import whose failed lines this file brings again; what it made already is skipped."
    )
    again: bool = Field(False, description="`true`: import the file although it was imported before.")


class LineFilters(Paged):
    status: Literal["pending", "done", "failed", "skipped", "stopped"] | None = None
