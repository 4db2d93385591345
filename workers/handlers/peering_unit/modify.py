"""A member changes how it peers."""

from workers.handlers.peering_unit.runbooks import ModifyPeering


class PeeringUnitModify(ModifyPeering):
    service_type, action = "peering_unit", "modify"
