"""The kinds of values that the envelope of a request is made of. Strict: nothing is guessed or converted.

Details of items are none of these: the catalogue reads them.
"""

import re
import uuid
from collections.abc import Collection
from datetime import UTC, datetime, time
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from app.catalogue import ORDER_TYPES, SERVICE_TYPES

FIRST_YEAR, LAST_YEAR = 1990, 2200
LAST_ASN = 4_294_967_294
MAX_INT = 2_147_483_647

LINE = "^[^\\x00-\\x1f\\x7f-\\x9f\u2028\u2029]*$"
TEXT = "^[^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f]*$"
ADDRESS = "^[^@\\x00-\\x20\\x7f-\\x9f,;<>()]+@[^@\\x00-\\x20\\x7f-\\x9f,;<>()]+$"
SENTENCES = {
    LINE: "must not contain control characters or line breaks.",
    TEXT: "must not contain control characters.",
    ADDRESS: "must be an e-mail address.",
    f"({ADDRESS})|^$": "must be an e-mail address.",
    "^[A-Za-z0-9_.-]{1,40}$": "must be 1 to 40 letters, digits, dots, dashes or underscores.",
    "^B[0-9]{6}_[0-9]{5}$": "must be a batch's alias such as B261120_00001.",
    "^S[0-9]{6}_[0-9]{5,10}$": "must be a service's alias such as S261120_106001.",
}
"""What is said when a pattern does not fit."""


class Strict(BaseModel):
    """A part of a request body: exact JSON types, and nothing that is not named here."""

    model_config = ConfigDict(extra="forbid", strict=True)


_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)


def _moment(raw: Any, info: ValidationInfo) -> datetime:
    """An aware UTC time; a date without a time is midnight in the exchange's zone (the validation's context)."""
    if not isinstance(raw, str):
        raise PydanticCustomError("type", "must be text such as 2026-05-01T09:00:00+01:00 or 2026-05-01.")
    try:
        moment = _parsed(raw, info)
    except (ValueError, OverflowError):
        raise PydanticCustomError("time", "is no time that exists.") from None
    if moment is None:
        raise PydanticCustomError(
            "time",
            "must be an RFC 3339 time with offset such as 2026-05-01T09:00:00+01:00, or a date such as 2026-05-01.",
        )
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise PydanticCustomError("range", "must lie between the years {first} and {last}.",
                                  {"first": FIRST_YEAR, "last": LAST_YEAR})  # fmt: skip
    return moment.astimezone(UTC)


def _parsed(raw: str, info: ValidationInfo) -> datetime | None:
    if _DATE.fullmatch(raw):
        zone: ZoneInfo = (info.context or {})["zone"]
        return datetime.combine(datetime.fromisoformat(raw).date(), time(), zone)
    return datetime.fromisoformat(raw.upper()) if _MOMENT.fullmatch(raw) else None


def _id(raw: Any) -> uuid.UUID:
    if isinstance(raw, str) and re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", raw, re.ASCII):
        return uuid.UUID(raw)
    raise PydanticCustomError("type", "must be an id such as be5b3224-bb1d-11ec-945b-005056beff67.")


def _asn(raw: str) -> str:
    if not 1 <= int(raw) <= LAST_ASN:
        raise PydanticCustomError("range", "must be a 32-bit AS number.")
    return raw


def _one_of(words: Collection[str], what: str) -> AfterValidator:
    def check(value: str) -> str:
        if value not in words:
            raise PydanticCustomError("choice", "must be one of {words}.", {"words": ", ".join(words), "what": what})
        return value

    return AfterValidator(check)


Moment = Annotated[
    datetime,
    PlainValidator(_moment),
    WithJsonSchema(
        {
            "type": "string",
            "anyOf": [{"format": "date-time"}, {"format": "date"}],
            "description": "RFC 3339 with offset; a date alone is midnight in the exchange's time zone.",
        }
    ),
]
Id = Annotated[uuid.UUID, PlainValidator(_id), WithJsonSchema({"type": "string", "format": "uuid"})]
Key = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=LINE)]
"""The opaque id of an account or a contact."""
Code = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_.-]{1,40}$")]
"""The code of a package, an option, a role."""
ServiceAlias = Annotated[str, StringConstraints(pattern="^S[0-9]{6}_[0-9]{5,10}$")]
BatchAlias = Annotated[str, StringConstraints(pattern="^B[0-9]{6}_[0-9]{5}$")]
Line100 = Annotated[str, StringConstraints(max_length=100, pattern=LINE)]
Line200 = Annotated[str, StringConstraints(max_length=200, pattern=LINE)]
Phone = Annotated[str, StringConstraints(max_length=50, pattern=LINE)]
Text = Annotated[str, StringConstraints(max_length=10_000, pattern=TEXT)]
StepKey = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=LINE)]
Reason = Annotated[str, StringConstraints(max_length=2_000, pattern=TEXT)]
Email = Annotated[str, StringConstraints(max_length=254, pattern=ADDRESS)]
MaybeEmail = Annotated[str, StringConstraints(max_length=254, pattern=f"({ADDRESS})|^$")]
"""An address, or empty as the CRM prints it where there is none."""
Asn = Annotated[
    str, StringConstraints(pattern="^[0-9]{1,10}$"), AfterValidator(_asn),
    WithJsonSchema({"type": "string", "pattern": "^(?!0+$)[0-9]{1,9}$", "examples": ["64500"]}),
]  # fmt: skip
OrderType = Annotated[
    str, _one_of(ORDER_TYPES, "order type"), WithJsonSchema({"type": "string", "enum": list(ORDER_TYPES)})
]
ServiceTypeWord = Annotated[
    str, _one_of(SERVICE_TYPES, "service type"), WithJsonSchema({"type": "string", "enum": list(SERVICE_TYPES)})
]
Version = Annotated[int, Field(ge=1, le=MAX_INT)]
ServerOwned = Annotated[
    Any, WithJsonSchema({"readOnly": True, "description": "Set by the exchange; taken and ignored when sent."})
]
Unchecked = Annotated[Any, WithJsonSchema({})]
"""Handed as it is to the catalogue, which reads it strictly."""
