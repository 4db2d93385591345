"""An access line to an end customer, ordered as a product: an existing line is activated, or a new one is built."""

from collections.abc import Mapping
from typing import Any

from app.catalogue.fields import Choice, Field
from app.catalogue.model import Action, ServiceType, TicketWords, by_name

ACTIVATE, CREATE, NEARBY, NEIGHBOUR = "activate", "create", "create_nearby", "create_neighbour"
BUILDS = frozenset({CREATE, NEARBY, NEIGHBOUR})

_ACTIVATION = Field(
    "activation_type",
    "Activation",
    "choice",
    choices=(
        Choice(ACTIVATE, "Activate a line that is there"),
        Choice(CREATE, "Build a line beside one of the end customer"),
        Choice(NEARBY, "Build a line beside one of a neighbour in the building"),
        Choice(NEIGHBOUR, "Build a line beside one of a neighbouring address"),
    ),
    help="A line that is built needs a reference line and an appointment.",
)
_ELIGIBILITY = Field(
    "eligibility_ref", "Eligibility reference", "text", help="The answer of the eligibility check, by its reference."
)
_MANDATE = Field(
    "mandate_id",
    "Mandate",
    "text",
    max_length=40,
    help="The end customer's mandate that you hold; we may ask you to show it.",
)
ENDPOINT = (
    Field(
        "endpoint_ref_type",
        "Kind",
        "text",
        required=False,
        default="line_number",
        max_length=40,
        help="Such as line_number.",
    ),
    Field("endpoint_ref", "Reference", "text", max_length=60, help="As the eligibility check gave it."),
)
_ENDPOINTS = Field(
    "endpoints",
    "Endpoints",
    "list",
    required=False,
    maximum=8,
    each="Endpoint",
    fields=ENDPOINT,
    help="The lines to activate. None where a line is to be built.",
)
_REFERENCE = Field(
    "reference_endpoint",
    "Reference endpoint",
    "object",
    required=False,
    fields=ENDPOINT,
    help="The active line beside which one is to be built; its address is taken over.",
)


def _address_part(name: str, label: str, max_length: int, help_words: str) -> Field:
    return Field(name, label, "text", required=False, max_length=max_length, help=help_words)


ADDRESS = (
    _address_part("street_number", "Street number", 20, "With its suffix, such as 12 B."),
    _address_part("street_name", "Street", 100, "Without the number."),
    _address_part("building", "Building", 60, "Its name or number on the site."),
    _address_part("stairs", "Stairs", 20, "Which staircase."),
    _address_part("floor", "Floor", 20, "Such as 03."),
    _address_part("door", "Door", 20, "Which door on the floor."),
    _address_part("city", "City", 100, "As the post writes it."),
    _address_part("insee_code", "INSEE code", 5, "Of the town."),
    _address_part("rivoli_code", "RIVOLI code", 4, "Of the street."),
)
_ADDRESS = Field(
    "address",
    "Address",
    "object",
    required=False,
    fields=ADDRESS,
    help="Of a line that is built, what the reference line tells is filled in and stays.",
)
_APPOINTMENT = Field(
    "appointment",
    "Appointment",
    "object",
    required=False,
    fields=(
        Field("day", "Day", "date", help="Somebody must be at home."),
        Field(
            "slot",
            "Time of day",
            "choice",
            required=False,
            choices=(Choice("morning", "Morning"), Choice("afternoon", "Afternoon")),
            help="Either, if it does not matter.",
        ),
        Field("reference", "Reference", "text", required=False, max_length=60, help="Of the local loop's operator."),
    ),
    help="With the end customer and the local loop's operator; needed where a line is built.",
)
_PORTABILITY = Field(
    "portability",
    "Number portability",
    "object",
    required=False,
    fields=(
        Field("prefix_code", "Prefix code", "text", max_length=10, help="Of the operator that takes the number."),
        Field("rio_code", "RIO code", "text", required=False, max_length=12, help="Of the number that is ported."),
    ),
    help="If the end customer's number moves with the line.",
)


def _words(verb: str) -> TicketWords:
    return TicketWords(
        subject=f"Access line {verb} order",
        headline=f"Access line {verb} order",
        sentence=f"An access line {verb} order has been received via the {{channel}}",
        heading="Access Line Details",
    )


NEW = Action(
    "new",
    "Activate",
    "Order",
    _words("activation"),
    fields=(
        _ACTIVATION, _ELIGIBILITY, _MANDATE, _ENDPOINTS, _REFERENCE, _ADDRESS, _APPOINTMENT, _PORTABILITY,
    ),
    may_ask=True,
)  # fmt: skip
CEASE = Action("cease", "Terminate", "End", _words("termination"), changes=True)

COLLECT = ServiceType(
    key="collect",
    label="Access line",
    portal_label="Access line",
    plural="Access lines",
    noun="access line",
    description="A line to the premises of an end customer: ADSL or SDSL.",
    actions=by_name(NEW, CEASE),
    product="Access",
    existing_fields=NEW.fields,
    families={"A": "ADSL", "S": "SDSL", "M": "SDSL Max"},
    handed_over=frozenset({"S"}),
    by_hand=True,
    cancelled_when_asked=True,
)


def is_built(details: Mapping[str, Any]) -> bool:
    """Whether these details are of a line that has to be built first."""
    return details.get("activation_type") in BUILDS


def in_one_line(address: object) -> str:
    """“12 RUE DES LAMPES, VILLENEUVE”; empty for what is no address."""
    said = address if isinstance(address, dict) else {}
    street = " ".join(str(said[name]) for name in ("street_number", "street_name") if said.get(name))
    return ", ".join(part for part in (street, str(said.get("city") or "")) if part)
