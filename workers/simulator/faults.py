"""Bad behaviour on order: which request is to go wrong, and how. Drawn from a seeded generator."""

import random
import threading
from dataclasses import asdict, dataclass, fields
from typing import Any

MODES = {
    "unavailable": "answers 503 and does nothing",
    "drop": "does it, then closes the connection without an answer",
    "slow": "waits `seconds`, then does it and answers",
    "never": "does nothing and does not answer for `seconds`",
    "silent": "answers that it did it, but did not (status changes and updates)",
    "twice": "callbacks only: sends it two times",
}
SYSTEMS = ("network", "ticketing", "inventory", "callback")


@dataclass
class Fault:
    """`probability` of each request, or, where `next` is given, just the next so many. An empty `verb` is any.

    For the system "callback", which is the sending of callbacks, the modes mean: unavailable and never = not sent,
    drop = sent but not taken as delivered, slow = sent late, twice = sent two times.
    """

    system: str
    mode: str
    verb: str = ""
    probability: float = 1.0
    next: int | None = None
    seconds: float = 30.0
    retry_after: float | None = None


class Faults:
    """All faults ordered at present. The first that fits a request and is drawn decides."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._ordered: list[Fault] = []

    def order(self, wish: dict[str, Any]) -> Fault:
        """Add one; `ValueError` in words if it makes no sense."""
        unknown = wish.keys() - {field.name for field in fields(Fault)}
        if unknown:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        if wish.get("system") not in SYSTEMS or wish.get("mode") not in MODES:
            raise ValueError(f"system is one of {', '.join(SYSTEMS)}; mode is one of {', '.join(MODES)}")
        fault = Fault(**wish)
        with self._lock:
            self._ordered.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self._ordered.clear()

    def listed(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._ordered]

    def draw(self, system: str, verb: str) -> Fault | None:
        with self._lock:
            for fault in self._ordered:
                if fault.system == system and fault.verb in ("", verb) and self._hits(fault):
                    return fault
        return None

    def _hits(self, fault: Fault) -> bool:
        if fault.next is not None:
            fault.next -= 1
            if fault.next <= 0:
                self._ordered.remove(fault)
            return fault.next >= 0
        return self._random.random() < fault.probability
