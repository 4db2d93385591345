"""How large a run is, and how rough."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Scale:
    """Times in seconds. `kill_every`: pause between two killed or frozen workers, on average."""

    items: int
    workers: int
    kill_every: float
    freeze_share: float
    longest: float
    ticketing: str
    placers: int = 4
    seed: int = 1


SHORT = Scale(items=40, workers=2, kill_every=5.0, freeze_share=0.35, longest=150, ticketing="local")
LONG = Scale(items=500, workers=3, kill_every=4.0, freeze_share=0.25, longest=2400, ticketing="deskpro")

LEASE_S = 6.0
SETTINGS = {
    "LEASE_SECONDS": str(LEASE_S),
    "SWEEP_SECONDS": "0.5",
    "CALL_CONNECT_SECONDS": "0.5",
    "CALL_READ_SECONDS": "2",
    "RETRY_BASE_SECONDS": "0.2",
    "RETRY_MAX_SECONDS": "3",
    "MAX_ATTEMPTS": "10",
    "MAX_CRASHES": "10",
    "MEMBER_READY_SECONDS": "3",
    "LOG_LEVEL": "WARNING",
}
"""A quick exchange: everything that takes half a minute in life takes seconds here."""

FAULTS: tuple[dict[str, Any], ...] = (
    *({"system": system, "mode": mode, "probability": share, "seconds": seconds}
      for system in ("network", "inventory", "ticketing")
      for mode, share, seconds in (("unavailable", 0.04, 0), ("drop", 0.05, 0), ("slow", 0.02, 1.0),
                                   ("never", 0.01, 4.0))),
    {"system": "callback", "mode": "unavailable", "probability": 0.2},
    {"system": "callback", "mode": "twice", "probability": 0.2},
)  # fmt: skip
"""Performed but unanswered, refused, slow, never answered; callbacks lost and repeated."""
