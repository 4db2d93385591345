"""What a far system is made of: a table of routes, each with a verb, answered from plain requests."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from workers.simulator.ledger import Answer, Json


@dataclass(frozen=True)
class Request:
    """A request as the far systems see it. `silent`: pretend to do it (a fault)."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    key: str
    authorization: str
    silent: bool = False
    parts: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Route:
    """`effect`: it changes something, so it must carry an Idempotency-Key."""

    method: str
    pattern: str
    verb: str
    answer: Callable[[Request], Answer]
    effect: bool = False

    def match(self, method: str, path: str) -> tuple[str, ...] | None:
        found = re.fullmatch(self.pattern, path) if method == self.method else None
        return found.groups() if found else None


def refused(status: int, detail: str, **more: Any) -> Answer:
    return Answer(status, {"status": status, "detail": detail, **more})


def page(rows: list[Json], query: dict[str, str]) -> Json:
    """One page of rows in Deskpro's shape."""
    count = min(max(int(query.get("count", "10")), 1), 200)
    number = max(int(query.get("page", "1")), 1)
    pages = max(-(-len(rows) // count), 1)
    return {
        "data": rows[(number - 1) * count : number * count],
        "meta": {"pagination": {"total": len(rows), "current_page": number, "total_pages": pages}},
    }
