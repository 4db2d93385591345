"""Keeps what a step said to the far systems and what they answered, for the engineer who has to find out.

calls: list[Call] = []
task.systems = recorded(systems, calls)
…                                    # the step runs
for call in calls: store call.as_dict() in the transaction of the step's result
"""

import functools
import inspect
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, is_dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from app.domain import clock

if TYPE_CHECKING:
    from workers.southbound import Systems

REDACTED = "(redacted)"
LONGEST_TEXT = 8000
_SECRET_NAME = re.compile(r"secret|password|passwd|token|authorization|api_?key|credential|cookie", re.IGNORECASE)
_SECRET_TEXT = re.compile(r"\b((?i:bearer|basic)|key(?=\s+\d+:))\s+(?=\S*[0-9A-Z=])[\w.:+/=-]{8,}")


@dataclass
class Call:
    """One call: to which system, what was asked (secrets redacted), what came back or went wrong."""

    system: str
    verb: str
    request: dict[str, Any]
    response: Any
    error: str | None
    milliseconds: int
    made_at: datetime

    def as_dict(self) -> dict[str, Any]:
        """The values of an `OutboundCall` row, except the item and step it belongs to."""
        response = self.response if isinstance(self.response, dict | None) else {"result": self.response}
        return {**asdict(self), "response": response}


def recorded(systems: "Systems", calls: list[Call]) -> "Systems":
    """The same systems; each call made through them is appended to `calls`, failed ones too."""
    return type(systems)(
        **{name: cast(Any, _Recorded(far, calls)) for name, far in vars(systems).items()},
    )


class _Recorded:
    """Stands before one far system."""

    def __init__(self, far: Any, calls: list[Call]) -> None:
        self._far = far
        self._calls = calls

    @property
    def system(self) -> str:
        return cast(str, self._far.system)

    def __getattr__(self, verb: str) -> Any:
        act = getattr(self._far, verb)
        return self._watched(verb, act) if callable(act) else act

    def _watched(self, verb: str, act: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(act)
        def call(*args: Any, **kwargs: Any) -> Any:
            asked = inspect.signature(act).bind(*args, **kwargs).arguments
            entry = Call(self._far.system, verb, redacted(asked), None, None, 0, clock.now())
            self._calls.append(entry)
            began = time.monotonic()
            try:
                answer = act(*args, **kwargs)
                entry.response = redacted(answer)
                return answer
            except Exception as failure:
                entry.error = str(redacted(f"{type(failure).__name__}: {failure}"))
                raise
            finally:
                entry.milliseconds = round((time.monotonic() - began) * 1000)

        return call


def redacted(value: Any) -> Any:
    """`value` as plain JSON without anything that looks like a secret, and without endless texts."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, dict):
        return {
            str(name): REDACTED if _SECRET_NAME.search(str(name)) and part else redacted(part)
            for name, part in value.items()
        }
    if isinstance(value, list | tuple):
        return [redacted(part) for part in value]
    if isinstance(value, str):
        text = _SECRET_TEXT.sub(lambda found: f"{found[1]} {REDACTED}", value)
        return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value)
