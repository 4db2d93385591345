"""An NCA actions API over switches that exist only here. A job is accepted at once and ends a little later."""

import time
from collections.abc import Callable
from typing import Any

from app.domain.errors import PermanentFailure
from workers.simulator.ledger import Answer, Done, Json, Ledger
from workers.simulator.routing import Request, Route, refused
from workers.southbound.network.actions import checked
from workers.southbound.network.difference import changed_switches, planned
from workers.southbound.network.intent import Configs, applied
from workers.southbound.network.measurements import simulated

PUBLIC = ("reference", "state", "diff", "revision", "checks", "error")


class NetworkFar:
    """`finish_later(reference, seconds)` is called for each accepted job and must lead to `finish`."""

    system = "network"

    def __init__(self, job_seconds: float, finish_later: Callable[[str, float], None]) -> None:
        self._job_seconds = job_seconds
        self._finish_later = finish_later
        self._configs: Configs = {}
        self._revisions: dict[str, int] = {}
        self._jobs: dict[str, Json] = {}
        self._accepted = 0  # ever: a job's reference does not come again
        self._pretended: dict[str, Json] = {}
        self.ledger: Ledger
        self.routes = [
            Route("POST", "/nca/plans", "plan", self._plan),
            Route("POST", "/nca/actions", "submit", self._submit, effect=True),
            Route("GET", r"/nca/actions/([\w-]+)", "poll", self._poll),
            Route("POST", "/nca/measurements", "measure", self._measure),
        ]

    def allowed(self, request: Request, secret: str) -> bool:
        return request.authorization == f"Bearer {secret}"

    def apply(self, line: Json) -> None:
        if line["kind"] == "effect" and line["system"] == self.system:
            job = line["made"]
            self._jobs[job["reference"]] = {**job, "state": "queued", "called_back": not job["callback_url"]}
            self._accepted += 1
        elif line["kind"] == "finished":
            job = self._jobs[line["reference"]]
            job.update({name: line[name] for name in ("state", "diff", "revision", "checks", "error")})
            if line["state"] == "succeeded":
                self._take(applied(job["action"], job["parameters"], self._configs))
        elif line["kind"] == "called_back" and line["reference"] in self._jobs:
            self._jobs[line["reference"]]["called_back"] = True
        elif line["kind"] == "forgotten":
            for held in (self._configs, self._revisions, self._jobs, self._pretended):
                held.clear()

    def unfinished(self) -> list[str]:
        return [job["reference"] for job in self._jobs.values() if job["state"] == "queued"]

    def not_called_back(self) -> list[str]:
        return [job["reference"] for job in self._jobs.values() if job["state"] != "queued" and not job["called_back"]]

    def job(self, reference: str) -> Json | None:
        """None once everything has been forgotten."""
        return self._jobs.get(reference)

    def pretend(self, port: str, check: str, value: Any) -> None:
        """From now on `check` sees `value` at `port`; None: as before. Not remembered over a restart."""
        seen = self._pretended.setdefault(port, {})
        seen[check] = {"value": value}
        if value is None:
            del seen[check]

    def finish(self, reference: str) -> None:
        """Deploy the job's change, or say why it cannot be."""
        with self.ledger.lock:
            job = self._jobs.get(reference)
            if job is None or job["state"] != "queued":
                return
            self.ledger.note("finished", reference=reference, **self._outcome(job))

    def _outcome(self, job: Json) -> Json:
        try:
            after = applied(job["action"], job["parameters"], self._configs)
        except PermanentFailure as conflict:
            return {"state": "failed", "diff": "", "revision": "", "checks": [], "error": conflict.detail}
        switches = changed_switches(self._configs, after)
        return {
            "state": "succeeded",
            "diff": planned(self._configs, after).diff,
            "revision": ", ".join(f"{switch} r{self._revisions.get(switch, 0) + 1}" for switch in switches),
            "checks": [{"name": f"{switch}: read back", "ok": True, "detail": "as intended"} for switch in switches],
            "error": "",
        }

    def _take(self, after: Configs) -> None:
        for switch in changed_switches(self._configs, after):
            self._revisions[switch] = self._revisions.get(switch, 0) + 1
        self._configs = after

    def _plan(self, request: Request) -> Answer:
        try:
            with self.ledger.lock:
                after = applied(request.body["action"], request.body["parameters"], self._configs)
                return Answer(200, planned(self._configs, after).as_dict())
        except PermanentFailure as conflict:
            return refused(422, conflict.detail)

    def _submit(self, request: Request) -> Answer:
        action, parameters = request.body["action"], request.body["parameters"]
        try:
            checked(action, parameters)
        except PermanentFailure as wrong:
            return refused(422, wrong.detail)
        accepted: list[str] = []

        def decide() -> Done:
            reference = f"job-{self._accepted + 1}"
            accepted.append(reference)
            job = {
                "reference": reference,
                "action": action,
                "parameters": parameters,
                "callback_url": request.body.get("callback_url") or "",
                "accepted_at": time.time(),
            }
            return Done(Answer(202, {"reference": reference, "state": "queued"}), job)

        about = {"action": action, **parameters}
        answer = self.ledger.perform(self.system, "submit", request.key, about, request.body, decide)
        for reference in accepted:
            self._finish_later(reference, self._job_seconds)
        return answer

    def _poll(self, request: Request) -> Answer:
        job = self._jobs.get(request.parts[0])
        if job is None:
            return refused(404, "There is no such job.")
        return Answer(200, {name: job[name] for name in PUBLIC if name in job})

    def _measure(self, request: Request) -> Answer:
        parameters = request.body["parameters"]
        pretended = self._pretended.get(str(parameters.get("port")), {}).get(request.body["check"])
        try:
            return Answer(200, simulated(request.body["check"], parameters, pretended))
        except PermanentFailure as wrong:
            return refused(422, wrong.detail)
