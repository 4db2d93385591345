"""An NCA actions API over HTTP. Asynchronous: 202 with a job's reference, then a signed callback, or polling.

| call | answer |
|---|---|
| POST /plans {action, parameters} | {diff, touches: [{kind, id, account}]}; changes nothing |
| POST /actions {action, parameters, callback_url}, Idempotency-Key | 202 {reference, state} |
| GET /actions/{reference} | {reference, state, diff, revision, checks, error} |
| POST /measurements {check, parameters} | {ok, value, unit, simulated, detail}; changes nothing |
"""

from typing import ClassVar, cast

from app.domain.errors import PermanentFailure
from workers.southbound.protocols import Job, Json, Plan, Touch
from workers.southbound.transport import Http


class HttpNetworkAutomation:
    """The NCA behind an actions API, which deduplicates by Idempotency-Key."""

    system: ClassVar[str] = "network"

    def __init__(self, url: str, token: str, connect_seconds: float, read_seconds: float) -> None:
        self._http = Http(self.system, url, {"Authorization": f"Bearer {token}"}, connect_seconds, read_seconds)

    def close(self) -> None:
        self._http.close()

    def plan(self, action: str, parameters: Json) -> Plan:
        answer = self._http.ask("/plans", {"action": action, "parameters": parameters})
        touches = (Touch(touch["kind"], str(touch["id"]), str(touch["account"])) for touch in answer["touches"])
        return Plan(answer["diff"], tuple(touches))

    def submit(self, key: str, action: str, parameters: Json, callback_url: str = "") -> str:
        body = {"action": action, "parameters": parameters, "callback_url": callback_url}
        return str(self._http.write("POST", "/actions", body, key=key)["reference"])

    def poll(self, reference: str) -> Job:
        answer = self._http.get(f"/actions/{reference}")
        if answer is None:
            raise PermanentFailure(f"network: there is no job {reference}.")
        return Job(
            reference,
            answer["state"],
            answer.get("diff") or "",
            answer.get("revision") or "",
            tuple(answer.get("checks") or ()),
            answer.get("error") or "",
        )

    def measure(self, check: str, parameters: Json) -> Json:
        return cast(Json, self._http.ask("/measurements", {"check": check, "parameters": parameters}))
