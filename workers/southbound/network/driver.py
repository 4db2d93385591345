"""What the network automation needs of whatever really holds the configuration: simulated here, or real switches."""

from dataclasses import dataclass
from typing import Protocol

from workers.southbound.network.intent import Configs
from workers.southbound.protocols import Json, Plan


class ChangedMeanwhile(Exception):
    """A switch got another revision since the change was rendered: render it again."""


@dataclass(frozen=True)
class Change:
    """A rendered change: all configurations before and after it, and the revisions that `before` was read at."""

    before: Configs
    after: Configs
    revisions: dict[str, int]


class NetworkDriver(Protocol):
    """Render, diff, apply, read back, roll back. Applying is all or nothing and never overwrites a newer revision."""

    def render(self, action: str, parameters: Json) -> Change:
        """The configuration that fulfils the action. `PermanentFailure` if it conflicts with what is there."""
        ...

    def diff(self, change: Change) -> Plan: ...

    def apply(self, change: Change) -> str:
        """Write it and return the new revision ("edge1 r7"). Raises `ChangedMeanwhile` without writing anything."""
        ...

    def verify(self, change: Change) -> list[Json]:
        """Read back what was applied: name, ok and detail for each stanza."""
        ...

    def rollback(self, change: Change) -> None:
        """Put back what `change` altered, and nothing else."""
        ...

    def measure(self, check: str, parameters: Json) -> Json: ...
