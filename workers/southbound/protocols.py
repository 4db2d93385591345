"""What the processor asks of each far system. One protocol per kind; several implementations, chosen by configuration.

Rules every implementation keeps, and the contract tests check:

- An effect takes `key`, the idempotency key: the same key on every retry, and the effect happens once.
- What went wrong is one of `TemporaryFailure` (try again), `PermanentFailure` (trying again changes nothing) and
  `UnknownOutcome` (it may have happened and cannot be looked up), worded for an engineer.
- An effect is read back after it was written: an answer of success alone proves nothing.
- No database transaction may be open while one of these is called.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Literal, Protocol, TypeAlias

from app.domain.errors import TemporaryFailure
from app.services.mails.letters import Letter

Json: TypeAlias = dict[str, Any]
TicketStatus: TypeAlias = Literal["pending", "awaiting_agent", "awaiting_user", "resolved"]
JobState: TypeAlias = Literal["queued", "running", "succeeded", "failed"]

TICKET_STATUSES: tuple[TicketStatus, ...] = ("pending", "awaiting_agent", "awaiting_user", "resolved")


class Ticketing(Protocol):
    """The help desk in which sales, the NOC and the member's side read what happens."""

    system: ClassVar[str]

    def ensure(
        self,
        key: str,
        *,
        order_number: int,
        subject: str,
        body: str,
        queue: str,
        status: TicketStatus,
        read_only: bool = False,
        as_note: bool = False,
        properties: Json | None = None,
        person: Json | None = None,
        cc: list[str] | None = None,
        labels: list[str] | None = None,
    ) -> int:
        """The number of the ticket made with `key`, which is made if there is none.

        `queue` is "sales" or "provisioning"; `person` has name and email; `properties` are the ticket's own
        fields by their title (Priority, Site …); a read-only ticket asks nobody to act. `as_note`: its first message is
        a note, as that of a ticket that only informs.
        """
        ...

    def note(self, key: str, ticket: int, body: str, *, internal: bool = False, as_note: bool = True) -> None:
        """Add a note, once per `key`. `internal` notes are for the NOC, never for the member's side; without `as_note`
        it is a message like the one that opened the ticket."""
        ...

    def set_status(self, key: str, ticket: int, status: TicketStatus) -> None:
        """Set the status and read it back; `PermanentFailure` if the ticket says something else afterwards."""
        ...

    def get(self, ticket: int) -> Json:
        """number, subject, queue, status, read_only, person, cc, labels, properties and messages (each with body,
        is_note, internal), oldest first. An unknown ticket is a `PermanentFailure`."""
        ...


class ServiceInventory(Protocol):
    """The register of the services that exist: an operator's OSS behind its Services API."""

    system: ClassVar[str]

    def create(self, key: str, service: Json) -> str:
        """Register a service; `service` has its `service_number` and whatever is known of it. Returns the
        inventory's own reference. A number that is registered with other facts is a `PermanentFailure`."""
        ...

    def update(self, key: str, number: int, changes: Json) -> None:
        """Merge `changes` into the registered facts and read them back. A value of None removes the fact.
        A service that the inventory does not know yet is registered with them."""
        ...

    def get(self, number: int) -> Json | None:
        """The registered facts with `service_number` and `reference`, or None if it is not registered."""
        ...


@dataclass(frozen=True)
class Touch:
    """Something a planned change alters. `account` owns it ("" = nobody is known to)."""

    kind: Literal["port", "service"]
    id: str
    account: str


@dataclass(frozen=True)
class Plan:
    """What an action would change: the text of the difference, and everything it touches."""

    diff: str
    touches: tuple[Touch, ...] = ()

    def as_dict(self) -> Json:
        return {"diff": self.diff, "touches": [asdict(touch) for touch in self.touches]}


@dataclass(frozen=True)
class Job:
    """How far an action is. `checks` are what was read back: name, ok and detail of each."""

    reference: str
    state: JobState
    diff: str = ""
    revision: str = ""
    checks: tuple[Json, ...] = field(default=())
    error: str = ""

    @property
    def ended(self) -> bool:
        return self.state in ("succeeded", "failed")

    def as_dict(self) -> Json:
        return {**asdict(self), "checks": list(self.checks)}


class NetworkAutomation(Protocol):
    """Network configuration automation (NCA): changes switches for member related, low risk actions."""

    system: ClassVar[str]

    def plan(self, action: str, parameters: Json) -> Plan:
        """What `action` would change now. Changes nothing. `PermanentFailure` if it can never be done."""
        ...

    def submit(self, key: str, action: str, parameters: Json, callback_url: str = "") -> str:
        """Start an action and return its job's reference. The end is told to `callback_url`, signed, where the
        implementation can; it can always be polled. A job may have ended when this returns."""
        ...

    def poll(self, reference: str) -> Job:
        """The job as it is now. An unknown reference is a `PermanentFailure`."""
        ...

    def measure(self, check: str, parameters: Json) -> Json:
        """Look at the network for quality assurance; changes nothing. Returns ok, value, unit, simulated and
        detail (a sentence). The checks are those of `measurements.CHECKS`."""
        ...


class RecipientLater(TemporaryFailure):
    """The mail server is well, but takes no mail for this one address now (greylisting, a full mailbox)."""


class Notifier(Protocol):
    """Tells a person something outside the desk, by e-mail."""

    system: ClassVar[str]

    def send(self, letter: Letter) -> None:
        """Hand a letter over. `TemporaryFailure` if nobody takes it now, `RecipientLater` if only this address is not
        taken now, `PermanentFailure` if it never will be. It is handed over again, under the same Message-ID, when
        nobody knows whether it was."""
        ...
