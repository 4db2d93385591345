"""Who does something: passed to every verb, so that permission and record are one."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from app.domain.permissions import STAFF, TEAM_OF, Role


@dataclass(frozen=True)
class Actor:
    """Who does it: a signed-in person or a program with a token.

    `trusted` is a program of the operator whose scopes alone decide; everybody else answers only for what is theirs.
    """

    name: str
    user_id: uuid.UUID | None = None
    role: Role | None = None
    account_ids: frozenset[str] = frozenset()
    trusted: bool = False
    debug: bool = False  # may read what is not for members

    @property
    def is_staff(self) -> bool:
        """A person of the exchange, whose role decides; not a program."""
        return self.role in STAFF

    def acts_for(self, account_id: str) -> bool:
        """Whether what this account writes and orders is this actor's to read and to change."""
        return self.trusted or account_id in self.account_ids

    def on_behalf(self, audience: str, of_order: Collection[str | None] = ()) -> bool:
        """Whether answering this audience means answering in somebody else's place, which needs a reason.

        `of_order`: the accounts that the order is of. A trusted program speaks for those, and for no other.
        """
        kind, _, account = audience.partition(":")
        if kind != "account" or account in self.account_ids:
            return False
        return not (self.trusted and account in of_order)

    def may_answer(self, audience: str) -> bool:
        """Whether a wait for this audience is this actor's to answer."""
        if self.trusted:
            return True
        kind, _, who = audience.partition(":")
        if kind == "team":
            return self.role is not None and who in TEAM_OF.get(self.role, ())
        if kind == "account":
            # Sales may answer on a member's behalf, with a reason that is recorded.
            return who in self.account_ids or self.role is Role.SALES
        return False
