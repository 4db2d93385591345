"""Fields that several service types share, each described once."""

from app.catalogue.fields import MAX_MBPS, Choice, Field

FABRIC = Field(
    "fabric",
    "Peering LAN",
    "fabric",
    portal_label="Fabric",
    max_length=30,
    help="The peering LAN that the service belongs to.",
)
LOCATION = Field(
    "location",
    "Location",
    "location",
    max_length=30,
    help="The building; it must be one where the chosen peering LAN is present.",
)
BANDWIDTH = Field(
    "bandwidth",
    "Bandwidth",
    "mbps",
    unit="Mbit/s",
    minimum=0,
    maximum=MAX_MBPS,
    help="In Mbit/s; 0 means that traffic is not policed. At most the capacity of the port.",
)
SERVICE_CAPACITY = Field(
    "service_capacity",
    "Service Capacity",
    "mbps",
    unit="Mbit/s",
    minimum=0,
    maximum=MAX_MBPS,
    help="In Mbit/s; 0 means that traffic is not policed. At most the capacity of the port.",
)
VLAN_ID = Field(
    "vlan_id", "VLAN ID", "vlan", minimum=1, maximum=4094, help="1 to 4094, not in use on the port by another service."
)
MAC_ADDRESS = Field(
    "mac_address",
    "Mac address",
    "mac",
    portal_label="MAC address",
    help="The one unicast MAC address of your router, not in use on this peering LAN.",
)
ASN = Field(
    "asn",
    "ASN",
    "asn",
    required=False,
    minimum=1,
    maximum=4_294_967_294,
    help="The AS number that peers here, if it is not that of the account.",
)
PORT = Field(
    "port",
    "Port",
    "reference",
    portal_label="Port Details",
    refers_to=("multiservice_port",),
    help="A port that you have, or the port ordered together with this.",
)

ENCAPSULATION = Field(
    "encapsulation",
    "Encapsulation",
    "choice",
    required=False,
    default="none",
    choices=(Choice("none", "None"), Choice("dot1q", "Dot1Q"), Choice("qinq", "QinQ")),
    help="None carries one untagged service; Dot1Q and QinQ carry several, told apart by VLAN.",
)

TAGGED = frozenset({"dot1q", "qinq"})
"""Encapsulations of a port that can carry services told apart by VLAN."""
