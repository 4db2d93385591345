"""How long a step may take: a target for each kind of waiting, with exceptions by stage, service type and step.

Plain time counts, nights and weekends too: a queue that is only looked at on working days has longer targets.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from app.domain.states import Stage, WaitKind

FAILED = "failed"
KINDS = (WaitKind.MANUAL, WaitKind.REVIEW, WaitKind.PREDECESSOR, WaitKind.CONFIRM, WaitKind.MEMBER, WaitKind.SYSTEM)
USUAL: Mapping[str, float] = {
    WaitKind.MANUAL.value: 240,
    WaitKind.REVIEW.value: 60,
    WaitKind.PREDECESSOR.value: 240,
    WaitKind.CONFIRM.value: 24 * 60,
    WaitKind.MEMBER.value: 3 * 24 * 60,
    WaitKind.SYSTEM.value: 30,
    FAILED: 240,
}
"""Minutes, for what the setting TARGETS says nothing about."""
LONGEST_MIN = 365 * 24 * 60
_WORD = re.compile(r"[a-z0-9_]+")


@dataclass(frozen=True)
class Targets:
    """Minutes by what they are for. A key is one or more words, all of which must fit; the one with most words wins,
    of two as long the one that is written later."""

    rules: tuple[tuple[frozenset[str], float], ...]

    def of(self, kind: WaitKind, *words: str | None) -> timedelta | None:
        """The target of a wait; `words`: its stage, service type and step. None for what has no target: a date, or
        another item."""
        if kind not in KINDS:
            return None
        return self._best({kind.value, *(word for word in words if word)})

    @property
    def failed(self) -> timedelta:
        """How long after a failure somebody should have dealt with it."""
        return self._best({FAILED})

    def _best(self, words: set[str]) -> timedelta:
        fitting = [(len(key), place, minutes) for place, (key, minutes) in enumerate(self.rules) if key <= words]
        return timedelta(minutes=max(fitting)[2])


def read(text: str) -> Targets:
    """The targets that a JSON object such as {"manual": 240, "review provisioning": 30} names, and the usual ones.

    `ValueError` says in words what is wrong with it.
    """
    try:
        given = json.loads(text) if text.strip() else {}
    except ValueError:
        raise ValueError('must be a JSON object such as {"manual": 240}') from None
    if not isinstance(given, dict):
        raise ValueError('must be a JSON object such as {"manual": 240}')
    return Targets(tuple(_rules(USUAL)) + tuple(_rules(given)))


def _rules(minutes: Mapping[str, float]) -> Iterable[tuple[frozenset[str], float]]:
    for key, value in minutes.items():
        words = frozenset(key.split())
        _check(key, words, value)
        yield words, float(value)


def _check(key: str, words: frozenset[str], value: object) -> None:
    if not words or not all(_WORD.fullmatch(word) for word in words):
        raise ValueError(f"must not say “{key}”: a key is words such as “manual provisioning”")
    kinds = words & {*USUAL}
    if len(kinds) > 1 or len(words & {stage.value for stage in Stage}) > 1:
        raise ValueError(f"must not say “{key}”: nothing is of two kinds or in two stages")
    if FAILED in words and len(words) > 1:
        raise ValueError(f"must not say “{key}”: all failures have one target, under “{FAILED}”")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= LONGEST_MIN:
        raise ValueError(f"must give minutes from 1 to {LONGEST_MIN} for “{key}”")
