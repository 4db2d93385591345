"""A reseller's customer stops peering."""

from workers.handlers.peering_unit.runbooks import CeasePeering


class ResellerPeeringUnitCease(CeasePeering):
    service_type, action = "reseller_peering_unit", "cease"
