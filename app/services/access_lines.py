"""The register of active lines: what an access service activates or has built is in it until the service ends."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete

from app.domain.models import AccessLine, Service
from app.extensions import db

BUILT = "line_number"
"""What the technician who built a line tells of it."""


def enter(ref_type: str, ref: str, address: Mapping[str, Any], service: Service | None = None) -> None:
    """Note that this line is active; what was known of it before is replaced."""
    db.session.merge(
        AccessLine(ref_type=ref_type, ref=ref, address=dict(address), service_id=service.id if service else None)
    )
    db.session.flush()


def settle(service: Service, facts: Mapping[str, Any]) -> None:
    """The service is active, or has ended: its lines with it. `facts`: the number of a line that was built for it."""
    if service.service_type != "collect":
        return
    if service.state == "ceased":
        db.session.execute(delete(AccessLine).where(AccessLine.service_id == service.id))
        return
    if facts.get(BUILT):
        built = {"endpoint_ref_type": BUILT, "endpoint_ref": facts[BUILT]}
        service.details = {**service.details, "endpoints": [built]}
    for one in service.details.get("endpoints") or ():
        enter(one["endpoint_ref_type"], one["endpoint_ref"], service.details.get("address") or {}, service)
