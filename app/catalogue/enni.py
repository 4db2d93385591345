"""Where access lines are handed over to an operator. The exchange sets it up by contract; everybody may look at it."""

from app.catalogue.fields import Field
from app.catalogue.model import Action, ServiceType, TicketWords, by_name

_POP = Field(
    "pop",
    "Point of presence",
    "object",
    fields=(
        Field("code", "Code", "text", max_length=30, help="Of the point of presence."),
        Field("address", "Address", "text", max_length=200, help="In one line."),
        Field("housing", "Housing", "text", required=False, help="The building or room."),
        Field("interface", "Interface", "text", max_length=40, help="Speed and optics, such as 10G_SR."),
    ),
    help="Where and how the lines are handed over.",
)

NEW = Action(
    "new",
    "New",
    "Order",
    TicketWords(
        subject="ENNI order",
        headline="ENNI order",
        sentence="An ENNI order has been received via the {channel}",
        heading="ENNI Details",
    ),
    fields=(_POP,),
    desk_only="An ENNI cannot be ordered here; it is agreed upon with our Sales, who set it up for you.",
)

ENNI = ServiceType(
    key="enni",
    label="ENNI",
    portal_label="ENNI",
    plural="ENNIs",
    noun="ENNI",
    description="The interconnection at which access lines are handed over.",
    actions=by_name(NEW),
    refused={"cease": "An ENNI cannot be ended by an order; please talk to our Sales."},
    product="Access",
    existing_fields=NEW.fields,
    families={"N": "ENNI"},
    by_hand=True,
    cancelled_when_asked=True,
)
