"""The one file that everything the simulator has done stands in, a line each. Reading it again restores the state.

An effect, the answer to its idempotency key and the data it made are one line, appended in one write: after a kill -9
at any moment the effect has either happened and is remembered, or it has not happened.
"""

import fcntl
import hashlib
import json
import os
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any = None


@dataclass(frozen=True)
class Done:
    """What an effect comes to: the answer, and what it makes (read by `apply`). A refusal makes nothing."""

    answer: Answer
    made: Json | None = None


class InUse(Exception):
    """Another simulator writes to this folder."""


class Ledger:
    """Effects, deduplicated by system and key. `apply` gets every line, old ones at the start and new ones later."""

    def __init__(self, folder: Path, apply: Callable[[Json], None]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._apply = apply
        self._answers: dict[tuple[str, str], tuple[str, Answer]] = {}
        self._effects: list[Json] = []
        self.lock = threading.RLock()
        self._file = os.open(folder / "effects.jsonl", os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUse(f"Another simulator already writes to {folder}.") from None
        for line in self._whole_lines():
            self._remember(json.loads(line))

    def perform(
        self, system: str, verb: str, key: str, parameters: Json, request: Any, decide: Callable[[], Done]
    ) -> Answer:
        """Do an effect once: the same key gets the same answer; the same key for something else is refused (422).

        `parameters` is what the effect is about, for whoever counts; `request` what was sent, to compare. An empty
        key is never the same as another.
        """
        digest = hashlib.sha256(json.dumps([verb, request], sort_keys=True).encode()).hexdigest()[:16]
        with self.lock:
            held = self._answers.get((system, key)) if key else None
            if held is not None:
                if held[0] == digest:
                    return held[1]
                return Answer(422, {"detail": "This Idempotency-Key was used for another request."})
            done = decide()
            if done.made is None:
                return done.answer
            self._append(
                {
                    "kind": "effect",
                    "system": system,
                    "verb": verb,
                    "key": key or f"none-{uuid.uuid4()}",
                    "parameters": parameters,
                    "digest": digest,
                    "answer": [done.answer.status, done.answer.body],
                    "made": done.made,
                }
            )
            return done.answer

    def note(self, kind: str, **facts: Any) -> None:
        """Something that is to be remembered but is no effect: a job that ended."""
        with self.lock:
            self._append({"kind": kind, **facts})

    def effects(self, system: str = "") -> list[Json]:
        with self.lock:
            return [effect for effect in self._effects if system in ("", effect["system"])]

    def forget(self) -> None:
        """Everything is as if nothing had been done yet, also after the next start."""
        self.note("forgotten")

    def close(self) -> None:
        os.close(self._file)

    def _append(self, line: Json) -> None:
        line["at"] = datetime.now(UTC).isoformat()
        data = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        while data:
            data = data[os.write(self._file, data) :]
        self._remember(line)

    def _remember(self, line: Json) -> None:
        if line["kind"] == "effect":
            self._answers[line["system"], line["key"]] = (line["digest"], Answer(*line["answer"]))
            self._effects.append({name: line[name] for name in ("system", "verb", "key", "parameters", "at")})
        elif line["kind"] == "forgotten":
            self._answers.clear()
            self._effects.clear()
        self._apply(line)

    def _whole_lines(self) -> list[bytes]:
        """A line that a kill cut off has not happened: nobody was answered. It is removed."""
        with open(self._file, "rb", closefd=False) as lines:
            content = lines.read()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            os.ftruncate(self._file, len(whole))
        return whole.splitlines()
