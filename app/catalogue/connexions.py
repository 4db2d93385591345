"""ConneXions: a partner's port group carries a service of one of the partner's members."""

from app.catalogue.common import ASN, BANDWIDTH, FABRIC, LOCATION, MAC_ADDRESS, VLAN_ID
from app.catalogue.fields import Field
from app.catalogue.model import Action, ServiceType, TicketWords, by_name

_PORT_GROUP = Field(
    "port_group_id",
    "Port Group",
    "port_group",
    max_length=64,
    help="The partner's group of ports that will carry the service.",
)
_PORT = Field(
    "connexions_port",
    "ConneXions Port",
    "text",
    portal_label="Port Details",
    help="Switch and interface of the partner's port, for example edge2-dev ge-3/0/1.",
)
_LAN = FABRIC.named("LAN")
_CAPACITY = BANDWIDTH.named("Service Capacity", portal_label="Bandwidth")


def _words(verb: str, subject: str) -> TicketWords:
    return TicketWords(
        subject=subject,
        headline=f"ConneXions Member Service {verb} order",
        sentence=(
            f"A ConneXions service {verb} order has been received via the {{channel}}, this order is handled via OMS"
        ),
        heading="ConneXions Member Service Details",
        partner_heading="ConneXions Partner Details",
        member_heading="{exchange} Member Details",
    )


NEW = Action(
    "new",
    "New",
    "Order",
    _words("new service", "New Connexions service order"),
    fields=(_PORT, _LAN, LOCATION, VLAN_ID, _CAPACITY, MAC_ADDRESS, ASN, _PORT_GROUP),
)
MODIFY = Action(
    "modify",
    "Change",
    "Change",
    _words("modification", "Connexions port change service request"),
    fields=(VLAN_ID.optional(), _CAPACITY.optional(), MAC_ADDRESS.optional(), ASN.optional()),
    changes=True,
)
CEASE = Action("cease", "Cease", "Cease", _words("cease", "Connexions port cease service request"), changes=True)

CONNEXIONS = ServiceType(
    key="connexions",
    label="ConneXions",
    portal_label="ConneXions",
    plural="ConneXions services",
    noun="ConneXions service",
    description="A member's peering service, carried on a port group of a ConneXions partner.",
    actions=by_name(NEW, MODIFY, CEASE),
    existing_fields=NEW.fields,
)
