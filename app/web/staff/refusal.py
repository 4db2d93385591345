"""What a person tried that was refused, kept so that the page can say why and give back what was typed."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.errors import Finding

HIDDEN = frozenset({"csrf_token", "form_key", "version", "back", "then", "owner_seen"})
"""Fields of every form that are not answers."""


@dataclass(frozen=True)
class Refusal:
    """`sentence` for a conflict (409); `findings` for fields that break a rule (422)."""

    verb: str
    item_id: uuid.UUID | None
    typed: Mapping[str, str]
    sentence: str = ""
    findings: list[Finding] = field(default_factory=list)
    picked: frozenset[str] = frozenset()  # the rows that were selected

    @property
    def status(self) -> int:
        return 409 if self.sentence else 422

    def error(self, name: str) -> str | None:
        """The sentence about one field."""
        return next((one.detail for one in self.findings if one.pointer.rsplit("/", 1)[-1] == name), None)

    def leftover(self, known: Mapping[str, object]) -> dict[str, str]:
        """Typed text that the form of now has no field for: shown, so that nothing is lost."""
        return {name: text for name, text in self.typed.items() if text and name not in known and name not in HIDDEN}
