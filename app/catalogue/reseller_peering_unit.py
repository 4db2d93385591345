"""Peering of a reseller's customer, on a port of the reseller. The order's sub_customer says whose it is."""

from app.catalogue.model import ServiceType
from app.catalogue.peering_unit import NEW_FIELDS, peering_actions

RESELLER_PEERING_UNIT = ServiceType(
    key="reseller_peering_unit",
    label="Reseller peering unit",
    portal_label="Reseller Peering",
    plural="Reseller peering units",
    noun="reseller peering unit",
    description="Peering of one of your customers over one of your ports, with one MAC address.",
    actions=peering_actions("reseller peering unit", "Reseller peering unit"),
    existing_fields=NEW_FIELDS,
)
