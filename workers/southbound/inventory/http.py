"""A Services API over HTTP: POST /services, PATCH and GET /services/{number}, deduplicating by Idempotency-Key."""

from typing import ClassVar, cast

from app.domain.errors import PermanentFailure
from workers.southbound.protocols import Json
from workers.southbound.transport import Http, Refused


class HttpInventory:
    """The inventory behind a Services API, which knows a service by its service number."""

    system: ClassVar[str] = "inventory"

    def __init__(self, url: str, token: str, connect_seconds: float, read_seconds: float) -> None:
        self._http = Http(self.system, url, {"Authorization": f"Bearer {token}"}, connect_seconds, read_seconds)

    def close(self) -> None:
        self._http.close()

    def create(self, key: str, service: Json) -> str:
        with self._http.limited():
            return self._create(key, int(service["service_number"]), service)

    def _create(self, key: str, number: int, service: Json) -> str:
        try:
            self._http.write("POST", "/services", service, key=key)
        except Refused as refused:
            held = self.get(number) if refused.status == 409 else None
            if held is None or _differences(held, service):
                raise
            return str(held["reference"])  # registered before, under another key, with the same facts
        return str(self._read_back(number, service)["reference"])

    def update(self, key: str, number: int, changes: Json) -> None:
        with self._http.limited():
            self._update(key, number, changes)

    def _update(self, key: str, number: int, changes: Json) -> None:
        try:
            self._http.write("PATCH", f"/services/{number}", changes, key=key)
        except Refused as refused:
            if refused.status != 404:
                raise
            given = {name: value for name, value in changes.items() if value is not None}
            self._http.write("POST", "/services", {**given, "service_number": number}, key=f"{key}-create")
        self._read_back(number, changes)

    def get(self, number: int) -> Json | None:
        return cast(Json | None, self._http.get(f"/services/{number}"))

    def _read_back(self, number: int, written: Json) -> Json:
        held = self.get(number)
        if held is None:
            raise PermanentFailure(f"inventory: service {number} was accepted, but is not there.")
        wrong = _differences(held, written)
        if wrong:
            raise PermanentFailure(f"inventory: service {number} was accepted, but {', '.join(wrong)} did not change.")
        return held


def _differences(held: Json, wanted: Json) -> list[str]:
    return [name for name, value in wanted.items() if held.get(name) != value]
