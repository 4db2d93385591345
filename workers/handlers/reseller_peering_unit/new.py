"""A reseller's customer peers at a fabric through its port."""

from workers.handlers.peering_unit.runbooks import NewPeering


class ResellerPeeringUnitNew(NewPeering):
    service_type, action = "reseller_peering_unit", "new"
