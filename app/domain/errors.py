"""One family of errors, worded for people. Faces map it to a status; nothing else is ever shown.

`status` is the HTTP status a face answers with. `errors` lists the single findings of a refused input.
"""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with what was sent: where (a JSON pointer), which rule, and a sentence."""

    pointer: str
    rule: str
    detail: str

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


class HandoffError(Exception):
    """Anything a person can be told plainly."""

    status = 400
    title = "That did not work"

    def __init__(self, detail: str, errors: list[Finding] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors or []


class Malformed(HandoffError):
    """The request cannot be read at all: broken JSON, an unreadable cursor."""

    status = 400
    title = "The request cannot be read"


class NotSignedIn(HandoffError):
    status = 401
    title = "Sign in first"


class Forbidden(HandoffError):
    """Known, but not allowed: a missing scope, an account one may not order for."""

    status = 403
    title = "Not allowed"


class NotFound(HandoffError):
    """It does not exist, or it is somebody else's: the two must not be told apart."""

    status = 404
    title = "Not found"


class Conflict(HandoffError):
    """The thing is in another state than this request needs, or somebody was faster."""

    status = 409
    title = "Not possible in its present state"


class Stale(Conflict):
    """A version or wait that has moved on since the page or the caller read it."""

    title = "Changed meanwhile"


def stale(what: str, seen: int, now: int) -> Stale:
    """`what`: a sentence for people; which versions these are is told beside it, for programs."""
    return Stale(what, [Finding("/version", "stale", f"You saw version {seen}, it is at {now}.")])


class IllegalMove(Conflict):
    """The lifecycle has no such move from the present state."""


class WrongMediaType(HandoffError):
    status = 415
    title = "Unsupported media type"


class Invalid(HandoffError):
    """Well-formed, but breaks a rule; `errors` names each field and rule."""

    status = 422
    title = "Some values are not right"


class StepError(Exception):
    """Raised inside a step, in words for an engineer."""

    def __init__(self, detail: str, member_words: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.member_words = member_words


class TemporaryFailure(StepError):
    """Worth trying again by itself: connect errors, 408, 425, 429, 5xx, a timeout before anything was sent."""

    def __init__(self, detail: str, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class PermanentFailure(StepError):
    """Trying again would change nothing: 4xx, a rule broken, a light level too weak."""


class UnknownOutcome(StepError):
    """It may or may not have happened and cannot be looked up: a person says "it happened" or "redo"."""


class NotYet(StepError):
    """Nothing is wrong, it only takes longer: look again after `look_again` seconds, without spending an attempt."""

    def __init__(self, detail: str, look_again: float) -> None:
        super().__init__(detail)
        self.look_again = look_again


class LostLease(Exception):
    """This worker no longer owns the item: roll back and leave silently."""
