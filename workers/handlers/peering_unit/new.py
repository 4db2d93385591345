"""A member peers at a fabric through its port."""

from workers.handlers.peering_unit.runbooks import NewPeering


class PeeringUnitNew(NewPeering):
    service_type, action = "peering_unit", "new"
