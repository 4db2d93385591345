"""The job sheet of an item: where to go, what to do there, whom to call, and room to write the answers down."""

import re
from dataclasses import dataclass
from typing import Any

from app.domain.asks import Ask, thawed
from app.domain.models import StepRow
from app.domain.states import PASSED_STEPS, STAFF_WAITS, WaitKind
from app.queries import portal_people
from app.queries.staff_item import ItemPage
from app.web.staff import item_view, words

_NAMED = re.compile(r"\{(\w+)\}")
BY_PEOPLE = frozenset(kind.value for kind in STAFF_WAITS)


@dataclass(frozen=True)
class Job:
    """One manual step, open now or still to come."""

    title: str
    tell: str
    asks: list[Ask]
    now: bool


@dataclass(frozen=True)
class Sheet:
    """What the paper says. Lists of (label, value)."""

    title: str
    where: list[tuple[str, Any]]
    contact: list[tuple[str, Any]]
    ordered: list[tuple[str, str]]
    jobs: list[Job]
    done: list[str]


def sheet(page: ItemPage) -> Sheet:
    row, order = page.row, page.order
    return Sheet(
        title=words.service_words(row.service_type, row.action, row.order_type),
        where=[(label, value) for label, value in _where(page) if value],
        contact=[
            (label, value)
            for label, value in (
                ("Member", row.member), ("For", row.sub_member), *portal_people.rows_of(page.item.service),
                ("Ordered by", order.requestor.get("full_name")),
                ("Phone", order.requestor.get("phone")), ("E-mail", order.requestor.get("email")),
                ("PO number", order.po_number),
            )
            if value
        ],
        ordered=item_view.details(page),
        jobs=_jobs(page),
        done=[step.title for step in page.steps if step.kind in BY_PEOPLE and step.state in PASSED_STEPS],
    )  # fmt: skip


def _where(page: ItemPage) -> list[tuple[str, Any]]:
    row, service = page.row, page.item.service
    ports = list(service.ports) if service else []
    places = page.names.locations
    patched = [port.patch_position for port in ports if port.patch_position]
    return [
        ("Site", places.get(row.site or "", row.site)),
        ("Site code", row.site),
        ("Fabric", page.names.fabrics.get(row.fabric or "", row.fabric)),
        ("Port", ", ".join(port.label for port in ports) or page.item.facts.get("port")),
        ("Rack and patch position", ", ".join(patched) or page.item.facts.get("patch_position")),
        ("Service number", row.service_number),
        ("VLAN", service.vlan_id if service else None),
        ("MAC address", service.mac_address if service else None),
    ]


def _jobs(page: ItemPage) -> list[Job]:
    """What is open for our staff now, and the manual steps behind it."""
    jobs: list[Job] = []
    for step in page.steps:
        current = step.position == page.item.cursor
        if step.kind not in BY_PEOPLE and not (current and page.wait is not None and page.wait.kind in STAFF_WAITS):
            continue
        if step.position < page.item.cursor or step.state in PASSED_STEPS:
            continue
        jobs.append(_job(step, page, current))
    return jobs


def _job(step: StepRow, page: ItemPage, current: bool) -> Job:
    wait = page.wait if current and page.wait is not None and page.wait.kind is not WaitKind.SYSTEM else None
    if wait is not None:
        return Job(wait.title, wait.tell or "", list(thawed(wait.ask).values()), True)
    return Job(step.title, _filled(step.tell or "", page), list(thawed(step.ask).values()), current)


def _filled(text: str, page: ItemPage) -> str:
    """The text of a step that is still to come, with what is known by now; the rest shows as a dash."""
    known = {**page.item.details, **page.item.facts, "service_number": page.item.service_number,
             "item_number": page.item.item_number, "order_number": page.order.number}  # fmt: skip
    return _NAMED.sub(lambda found: "–" if known.get(found[1]) is None else str(known[found[1]]), text)
