"""A member's port in a private VLAN (members know it as CUG Unit)."""

from app.catalogue.common import PORT, VLAN_ID
from app.catalogue.fields import Field
from app.catalogue.model import Action, ServiceType, TicketWords, by_name

_PVLAN = Field(
    "pvlan",
    "Private VLAN",
    "reference",
    portal_label="Service Name",
    refers_to=("pvlan",),
    help="A private VLAN that you have or have joined, or the one ordered together with this.",
    stands_above=True,
)


def _words(subject: str, verb: str) -> TicketWords:
    return TicketWords(
        subject=subject,
        headline=subject,
        sentence=f"A {verb} order has been received via the {{channel}}",
        heading="PVLAN Unit Details",
    )


NEW = Action(
    "new",
    "New",
    "Order",
    _words("New private VLAN unit order", "new private vLAN unit"),
    fields=(_PVLAN, PORT, VLAN_ID),
)
MODIFY = Action(
    "modify",
    "Change",
    "Change",
    _words("Private VLAN unit change request", "private vLAN unit modification"),
    fields=(VLAN_ID.optional(),),
    changes=True,
)
CEASE = Action(
    "cease", "Cease", "Cease", _words("Private VLAN unit cease request", "private vLAN unit cease"), changes=True
)

PVLAN_UNIT = ServiceType(
    key="pvlan_unit",
    label="Private VLAN unit",
    portal_label="CUG Unit",
    plural="Private VLAN units",
    noun="private VLAN unit",
    description="One of your ports in a private VLAN, on a VLAN ID of your choice.",
    actions=by_name(NEW, MODIFY, CEASE),
    product="Private VLAN",
    existing_fields=NEW.fields,
)
