"""Signed callbacks (Standard Webhooks): POST {"reference", "state"} to the URL that came with the action.

The secret is base64, with or without "whsec_" before it, as that standard has it."""

import json
import logging
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
from standardwebhooks.webhooks import Webhook

from workers.simulator.faults import Faults
from workers.simulator.ledger import Json
from workers.simulator.network import NetworkFar

log = logging.getLogger("simulator")

FIRST_PAUSE_S = 0.5
TRIES = 6


class Callbacks:
    """Sends a job's callback until it is taken, a few times. The same callback always has the same id."""

    def __init__(
        self, secret: str, faults: Faults, network: NetworkFar, later: Callable[[float, Callable[[], object]], None]
    ) -> None:
        self._webhook = Webhook(secret) if secret else None
        self._faults = faults
        self._network = network
        self._later = later
        self._client = httpx.Client(timeout=httpx.Timeout(5.0), follow_redirects=False, trust_env=False)

    def send(self, reference: str, tried: int = 0) -> None:
        job = self._network.job(reference)
        if self._webhook is None or job is None or job["called_back"]:
            return
        fault = self._faults.draw("callback", "send")
        mode = fault.mode if fault else ""
        if mode in ("unavailable", "never"):
            return
        if fault and mode == "slow":
            self._later(fault.seconds, lambda: self._post(reference, job))
            return
        taken = [self._post(reference, job) for _ in range(2 if mode == "twice" else 1)]
        if all(taken) and mode != "drop":
            self._network.ledger.note("called_back", reference=reference)
        elif tried + 1 < TRIES:
            self._later(FIRST_PAUSE_S * 2**tried, lambda: self.send(reference, tried + 1))

    def _post(self, reference: str, job: Json) -> bool:
        assert self._webhook is not None
        body = json.dumps({"reference": reference, "state": job["state"]})
        message = f"msg_{uuid.uuid5(uuid.NAMESPACE_URL, job['callback_url'] + reference)}"
        now = datetime.now(UTC)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(message, now, body),
        }
        try:
            answer = self._client.post(job["callback_url"], content=body, headers=headers)
        except httpx.HTTPError as failure:
            log.info("callback for %s was not taken: %r", reference, failure)
            return False
        if answer.is_success:
            return True
        log.info("callback for %s was answered %s", reference, answer.status_code)
        return False
