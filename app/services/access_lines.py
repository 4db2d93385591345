"""The register of active lines: what an access service activates or has built is in it until the service ends."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import delete

from app.catalogue import reading
from app.catalogue.collect import ADDRESS, ENDPOINT
from app.domain.errors import Finding, Invalid
from app.domain.models import AccessLine, Service
from app.extensions import db

BUILT = "line_number"
"""What the technician who built a line tells of it."""
MOST_TOLD = 20


def enter(ref_type: str, ref: str, address: Mapping[str, Any], service: Service | None = None) -> None:
    """Note that this line is active, and where; whose service uses it stays as it is known unless it is said."""
    line = db.session.get(AccessLine, (ref_type, ref))
    if line is None:
        line = AccessLine(ref_type=ref_type, ref=ref)
        db.session.add(line)
    line.address = dict(address)
    line.service_id = service.id if service else line.service_id
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


def load(rows: Iterable[Mapping[str, str]]) -> int:
    """Enter the lines of a table, one each row, and answer how many. The columns are those of an endpoint and of an
    address; empty cells say nothing. `Invalid` names every line that is wrong; nothing is entered then."""
    lines, findings = [], []
    known = (*ENDPOINT, *ADDRESS)
    for number, row in enumerate(rows, start=2):
        said = {str(name): cell.strip() for name, cell in row.items() if isinstance(cell, str) and cell.strip()}
        found, wrong = reading.fields(known, said, f"/{number}", complete=True)
        findings += [Finding(one.pointer, one.rule, f"Line {number}: {one.detail}") for one in wrong]
        lines.append(found)
    if findings:
        raise Invalid("No line was entered.", findings[:MOST_TOLD])
    for one in lines:
        address = {field.name: one[field.name] for field in ADDRESS if field.name in one}
        enter(one["endpoint_ref_type"], one["endpoint_ref"], address)
    return len(lines)
