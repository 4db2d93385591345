"""A Services API: services by their service number."""

from typing import Any

from workers.simulator.ledger import Answer, Done, Json, Ledger
from workers.simulator.routing import Request, Route, refused


class InventoryFar:
    system = "inventory"

    def __init__(self) -> None:
        self._services: dict[int, Json] = {}
        self.ledger: Ledger
        self.routes = [
            Route("POST", "/inventory/services", "create", self._create, effect=True),
            Route("GET", r"/inventory/services/(\d+)", "get", self._get),
            Route("PATCH", r"/inventory/services/(\d+)", "update", self._update, effect=True),
        ]

    def allowed(self, request: Request, secret: str) -> bool:
        return request.authorization == f"Bearer {secret}"

    def apply(self, line: Json) -> None:
        if line["kind"] == "effect" and line["system"] == self.system:
            self._services[line["made"]["service_number"]] = line["made"]
        elif line["kind"] == "forgotten":
            self._services.clear()

    def _get(self, request: Request) -> Answer:
        service = self._services.get(int(request.parts[0]))
        return Answer(200, service) if service else refused(404, "There is no such service.")

    def _create(self, request: Request) -> Answer:
        body = request.body
        if not isinstance(body, dict) or not isinstance(body.get("service_number"), int):
            return refused(422, "service_number must be a number.")
        number = body["service_number"]

        def decide() -> Done:
            if number in self._services:
                return Done(refused(409, f"Service {number} exists already."))
            service = {**body, "reference": f"TSI-{number}"}
            return Done(Answer(201, service), service)

        return self._perform(request, "create", {"service_number": number}, decide)

    def _update(self, request: Request) -> Answer:
        number = int(request.parts[0])
        if number not in self._services:
            return refused(404, "There is no such service.")
        if request.silent:
            return Answer(200, self._services[number])

        def decide() -> Done:
            merged = {**self._services[number], **request.body}
            service = {name: value for name, value in merged.items() if value is not None}
            return Done(Answer(200, service), service)

        return self._perform(request, "update", {"service_number": number, "changes": request.body}, decide)

    def _perform(self, request: Request, verb: str, about: Json, decide: Any) -> Answer:
        return self.ledger.perform(self.system, verb, request.key, about, [request.path, request.body], decide)
