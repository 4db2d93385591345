"""A member stops peering."""

from workers.handlers.peering_unit.runbooks import CeasePeering


class PeeringUnitCease(CeasePeering):
    service_type, action = "peering_unit", "cease"
