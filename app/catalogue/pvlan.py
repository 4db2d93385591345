"""A private VLAN (members know it as CUG, closed user group), and joining one that another account owns."""

from app.catalogue.common import BANDWIDTH, FABRIC
from app.catalogue.fields import Choice, Field
from app.catalogue.model import Action, ServiceType, TicketWords, by_name

P2P = "p2p"
MAX_P2P_UNITS = 2

_LAN = FABRIC.named("LAN")
_TYPE = Field(
    "pvlan_type",
    "Service Type",
    "choice",
    choices=(Choice(P2P, "Point to Point"), Choice("mp2mp", "Multipoint to Multipoint")),
    help="Point to Point joins two ports, Multipoint to Multipoint any number.",
)
_NAME = Field("service_name", "Service Name", "text", help="Your own name for this private VLAN.")
_MAC_ACL = Field(
    "mac_acl_protected",
    "MAC ACL Protected",
    "flag",
    portal_label="MAC ACL protected",
    required=False,
    default=False,
    help="Only the registered MAC addresses may send.",
)
_OWNER = Field(
    "pvlan_service_account_id",
    "PVLAN Owner",
    "account",
    portal_label="Owner",
    max_length=64,
    help="The account that owns the private VLAN; it is asked to agree before anything starts.",
)


def _words(subject: str, headline: str, verb: str) -> TicketWords:
    return TicketWords(
        subject=subject,
        headline=headline,
        sentence=f"A {verb} order has been received via the {{channel}}",
        heading="PVLAN Service Details",
    )


NEW = Action(
    "new",
    "New",
    "Order",
    _words("New private VLAN order", "New Private VLAN order", "new private vLAN"),
    fields=(_LAN, _TYPE, _NAME, BANDWIDTH, _MAC_ACL),
)
JOIN = Action(
    "new",
    "Join",
    "Join",
    _words("Join private VLAN order", "Join Private VLAN order", "join private vLAN"),
    fields=(_OWNER, _LAN.optional(), _NAME.optional(), BANDWIDTH.optional(), _MAC_ACL.optional()),
)
CEASE = Action(
    "cease",
    "Cease",
    "Cease",
    _words("Private VLAN cease request", "Private VLAN cease order", "private vLAN cease"),
    changes=True,
)

PVLAN = ServiceType(
    key="pvlan",
    label="Private VLAN",
    portal_label="CUG",
    plural="Private VLANs",
    noun="private VLAN",
    description="A closed user group: a VLAN of your own between ports of the same peering LAN.",
    actions=by_name(NEW, CEASE),
    product="Private VLAN",
    joins=JOIN,
    existing_fields=NEW.fields,
)
