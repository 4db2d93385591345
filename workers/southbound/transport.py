"""One way to call a far system over HTTP: time limits, no redirects, and every failure given its right name.

- A connection that cannot be made, 408, 425, 429 and 5xx are `TemporaryFailure` (Retry-After is honoured).
- An answer that got lost after the request was sent is `TemporaryFailure` if repeating is harmless (a read, or the
  far side deduplicates by Idempotency-Key, or the caller looks the effect up first), else `UnknownOutcome`.
- Everything else that is not a success is `PermanentFailure` with the far side's own words.
"""

import json
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from app.domain.errors import PermanentFailure, StepError, TemporaryFailure, UnknownOutcome

RETRIED_STATUSES = frozenset({408, 425, 429})
MAX_ANSWER_BYTES = 4 * 1024 * 1024
LONGEST_RETRY_AFTER_S = 3600.0

_until: ContextVar[float | None] = ContextVar("until", default=None)


class Http:
    """A far system's address with its credentials. Connections are kept and reused; safe between threads.

    `system` is the name errors and journals call it by. `connect_seconds` limits making the connection,
    `read_seconds` both each pause in the answer and the answer as a whole. A verb that needs several requests wraps
    them in `limited`, which gives them that time together: a step must end well before its worker's lease does.
    """

    def __init__(
        self, system: str, base_url: str, headers: Mapping[str, str], connect_seconds: float, read_seconds: float
    ) -> None:
        self.system = system
        self._base_url = base_url.rstrip("/")
        self._headers = {"Accept": "application/json", **headers}
        self._read_seconds = read_seconds
        self._connect_seconds = connect_seconds
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None
        self._owner_pid = 0

    @contextmanager
    def limited(self) -> Iterator[None]:
        """The requests made inside share the time that one may take."""
        mark = _until.set(time.monotonic() + self._connect_seconds + self._read_seconds)
        try:
            yield
        finally:
            _until.reset(mark)

    def get(self, path: str, **params: Any) -> Any:
        """The JSON at `path`, or None if it does not exist (404)."""
        try:
            return self._json(self._send("GET", path, params=params))
        except _Absent:
            return None

    def write(self, method: str, path: str, body: Any, *, key: str, repeatable: bool = True) -> Any:
        """Cause an effect under idempotency key `key`. `repeatable=False`: the far side would do it twice."""
        try:
            return self._json(self._send(method, path, body=body, key=key, repeatable=repeatable))
        except _Absent as absent:
            raise Refused(str(absent), 404) from None

    def ask(self, path: str, body: Any) -> Any:
        """A question that is too big for a query string: a POST that changes nothing."""
        try:
            return self._json(self._send("POST", path, body=body))
        except _Absent as absent:
            raise Refused(str(absent), 404) from None

    def close(self) -> None:
        """Let go of the connections; the next request opens new ones."""
        with self._lock:
            if self._client is not None and self._owner_pid == os.getpid():
                self._client.close()
            self._client = None

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        key: str = "",
        repeatable: bool = True,
    ) -> httpx.Response:
        what = f"{self.system}: {method} {path}"
        headers = {"Idempotency-Key": key} if key else {}
        arguments: dict[str, Any] = {"params": params or None, "headers": headers}
        if body is not None:
            arguments["json"] = body
        try:
            response = self._receive(method, path, arguments)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as failure:
            raise TemporaryFailure(f"{what}: no connection ({_words(failure)}).") from failure
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as failure:
            raise PermanentFailure(f"{what}: the configured address cannot be used ({_words(failure)}).") from failure
        except httpx.HTTPError as failure:
            raise _lost(what, failure, repeatable) from failure
        _judge(what, response, repeatable)
        return response

    def _receive(self, method: str, path: str, arguments: dict[str, Any]) -> httpx.Response:
        """Read the whole answer, but neither for ever nor without bound."""
        left = self._seconds_left()
        until = time.monotonic() + left
        timeout = httpx.Timeout(left, connect=min(left, self._connect_seconds))
        with self._connected().stream(method, self._base_url + path, timeout=timeout, **arguments) as response:
            content = bytearray()
            for chunk in response.iter_bytes():
                content += chunk
                if time.monotonic() > until:
                    raise httpx.ReadTimeout("the answer took too long")
                if len(content) > MAX_ANSWER_BYTES:
                    raise httpx.ReadError("the answer is too large")
            return httpx.Response(
                response.status_code,
                headers={name: response.headers[name] for name in ("content-type", "retry-after", "location")
                         if name in response.headers},
                content=bytes(content),
            )  # fmt: skip

    def _seconds_left(self) -> float:
        until = _until.get()
        left = self._read_seconds if until is None else min(until - time.monotonic(), self._read_seconds)
        if left <= 0:
            raise TemporaryFailure(f"{self.system}: answers, but too slowly for all that has to be asked.")
        return left

    def _connected(self) -> httpx.Client:
        """The client of this process: one inherited over a fork would share its sockets with the parent."""
        with self._lock:
            if self._client is None or self._owner_pid != os.getpid():
                self._client = httpx.Client(headers=self._headers, follow_redirects=False, trust_env=False)
                self._owner_pid = os.getpid()
            return self._client

    def _json(self, response: httpx.Response) -> Any:
        if not response.content:
            return None
        try:
            return json.loads(response.content)
        except ValueError:
            raise PermanentFailure(
                f"{self.system}: the answer is not JSON but begins “{response.text[:80].strip()}”."
            ) from None


class Refused(PermanentFailure):
    """A 4xx that trying again would not change; `status` says which."""

    def __init__(self, detail: str, status: int) -> None:
        super().__init__(detail)
        self.status = status


class _Absent(Exception):
    """404: for a read an answer like any other."""


def _lost(what: str, failure: httpx.HTTPError, repeatable: bool) -> StepError:
    how = f"{what}: the answer was lost ({_words(failure)})"
    if repeatable:
        return TemporaryFailure(f"{how}; asking again is safe.")
    return UnknownOutcome(f"{how}; it may or may not have happened.")


def _judge(what: str, response: httpx.Response, repeatable: bool) -> None:
    status = response.status_code
    if 200 <= status < 300:
        return
    words = f"{what}: answered {status}{_far_words(response)}."
    if status in RETRIED_STATUSES or status == 503:
        raise TemporaryFailure(words, retry_after=_retry_after(response))
    if status >= 500:
        # Broken half way through? Only a far side that deduplicates may be asked again without a look.
        if repeatable:
            raise TemporaryFailure(words, retry_after=_retry_after(response))
        raise UnknownOutcome(words + " It may or may not have happened.")
    if status == 404:
        raise _Absent(words)
    if 300 <= status < 400:
        to = response.headers.get("location", "nowhere")
        raise PermanentFailure(f"{what}: answered {status}, a redirect to {to}; redirects are not followed.")
    raise Refused(words, status)


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds to wait as the far side asks: a number of seconds or an HTTP date (RFC 9110, 10.2.3)."""
    raw = response.headers.get("retry-after", "").strip()
    if not raw:
        return None
    try:
        seconds = float(raw) if raw.isdigit() else (parsedate_to_datetime(raw) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return None
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER_S)


def _far_words(response: httpx.Response) -> str:
    """What the far side says is wrong, from the usual shapes of an error body."""
    try:
        body = json.loads(response.content)
    except ValueError:
        text = response.text.strip()
        return f": {text[:300]}" if text and not text.startswith("<") else ""
    if not isinstance(body, dict):
        return f": {body[:300]}" if isinstance(body, str) else ""
    words = next((str(body[name]) for name in ("detail", "message", "reason", "title", "error") if body.get(name)), "")
    findings = body.get("errors")
    if findings:
        words = f"{words} {json.dumps(findings, ensure_ascii=False)[:300]}".strip()
    return f": {words.rstrip('.')}" if words else ""


def _words(failure: Exception) -> str:
    return str(failure) or type(failure).__name__
