"""A port on a switch of the exchange, which then carries peering and private VLANs."""

from app.catalogue.common import ENCAPSULATION, FABRIC, LOCATION
from app.catalogue.fields import Choice, Field
from app.catalogue.model import Action, ServiceType, TicketWords, by_name

PORT_CAPACITIES = (1_000, 10_000, 100_000, 400_000)
"""Mbit/s of one port. Orders of 100G and more need sales (design: who answers)."""

_CAPACITY = Field(
    "port_capacity",
    "Port Capacity",
    "mbps",
    unit="Mbit/s",
    choices=tuple(Choice(mbps, f"{mbps // 1000} Gbps") for mbps in PORT_CAPACITIES),
    help="The speed of each port.",
)
_QUANTITY = Field(
    "quantity",
    "Quantity",
    "integer",
    required=False,
    default=1,
    minimum=1,
    maximum=10,
    help="Several ports are bundled into one service, which then carries one untagged service.",
)
_PRESENTATION = Field(
    "presentation_type",
    "Presentation Type",
    "choice",
    required=False,
    choices=tuple(
        Choice(words, words)
        for words in (
            "SC/PC (Single-mode fibre)",
            "LC/PC (Single-mode fibre)",
            "LC/APC (Single-mode fibre)",
            "LC/PC (Multi-mode fibre)",
            "MPO (Multi-mode fibre)",
            "RJ45 (Copper)",
        )
    ),
    help="The connector at the patch panel.",
    preceded_by=("Port Type", "multiservice_port"),
)
_CONNECTED_VIA = Field(
    "connected_via",
    "Connected via",
    "choice",
    required=False,
    choices=tuple(Choice(words, words) for words in ("Cross Connect", "Layer 1 Provider", "Layer 2 Provider")),
    help="How your equipment reaches the exchange.",
)


def _words(verb: str, subject: str, headline: str, heading: str, followers: str = "") -> TicketWords:
    sentence = f"A {verb} order has been received via the {{channel}}"
    return TicketWords(subject, headline, sentence, heading, followers=followers)


NEW = Action(
    "new",
    "New",
    "Order",
    _words(
        "new port",
        "New port service order",
        "New {exchange} Port Order",
        "New Port details",
        followers="Additional Service changes",
    ),
    fields=(FABRIC, LOCATION, _CAPACITY, _QUANTITY, ENCAPSULATION, _PRESENTATION, _CONNECTED_VIA),
)
EDIT_ENCAP = Action(
    "edit_encap",
    "Change encapsulation",
    "Change encapsulation",
    _words(
        "port encapsulation change", "Port encapsulation change request", "{exchange} Port Change Order", "Port details"
    ),
    fields=(ENCAPSULATION.named("Encapsulation", required=True, default=None),),
    changes=True,
)
CEASE = Action(
    "cease",
    "Cease",
    "Cease",
    _words("port cease", "Port cease request", "{exchange} Port Cease Order", "Port details"),
    changes=True,
)

MULTISERVICE_PORT = ServiceType(
    key="multiservice_port",
    label="Multiservice port",
    portal_label="Port",
    plural="Multiservice ports",
    noun="multiservice port",
    description="A port of the exchange in a building, ready to carry peering and private VLANs.",
    actions=by_name(NEW, EDIT_ENCAP, CEASE),
    existing_fields=NEW.fields,
)
