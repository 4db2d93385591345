"""A reseller's customer changes how it peers."""

from workers.handlers.peering_unit.runbooks import ModifyPeering


class ResellerPeeringUnitModify(ModifyPeering):
    service_type, action = "reseller_peering_unit", "modify"
