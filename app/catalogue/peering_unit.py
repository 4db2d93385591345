"""Peering on a member's own port: one MAC address on the peering LAN."""

from app.catalogue.common import ASN, FABRIC, LOCATION, MAC_ADDRESS, PORT, SERVICE_CAPACITY
from app.catalogue.model import Action, ServiceType, TicketWords, by_name

NEW_FIELDS = (PORT, FABRIC, LOCATION, SERVICE_CAPACITY, MAC_ADDRESS, ASN)
MODIFY_FIELDS = (SERVICE_CAPACITY.optional(), MAC_ADDRESS.optional(), ASN.optional())


def peering_actions(noun: str, title: str) -> dict[str, Action]:
    """The three actions of a peering service, worded for `noun` (“peering unit”) and `title` (“Peering unit”)."""

    def words(verb: str) -> TicketWords:
        return TicketWords(
            subject=f"{title} {verb} order",
            headline=f"{title} {verb} order",
            sentence=f"A {noun} {verb} order has been received via the {{channel}}",
            heading=f"{title} Service Details",
        )

    return by_name(
        Action("new", "New", "Order", words("new service"), NEW_FIELDS),
        Action("modify", "Change", "Change", words("modification"), MODIFY_FIELDS, changes=True),
        Action("cease", "Cease", "Cease", words("cease"), changes=True),
    )


PEERING_UNIT = ServiceType(
    key="peering_unit",
    label="Peering unit",
    portal_label="Peering",
    plural="Peering units",
    noun="peering unit",
    description="Peering over one of your ports, with one MAC address.",
    actions=peering_actions("peering unit", "Peering unit"),
    existing_fields=NEW_FIELDS,
)
