"""The simulator's own interface, for tests: what was done, and what is to go wrong.

| call | what it does |
|---|---|
| GET /_control/effects[?system=network] | {"effects": [{system, verb, key, parameters, at}]}, in their order |
| GET /_control/requests | {"network submit": 12, …}: requests that arrived, repeated ones too, since the start |
| GET, POST, DELETE /_control/faults | lists, orders (fields of `faults.Fault`), clears |
| POST /_control/pretend {port, check, value} | measurements at a port see this value; null: as before |
| POST /_control/forget {} | as if nothing had been done yet: no effects, empty switches, no faults |
"""

from collections import Counter
from dataclasses import asdict

from workers.simulator.faults import Faults
from workers.simulator.ledger import Answer, Ledger
from workers.simulator.network import NetworkFar
from workers.simulator.routing import Request, Route, refused


class Control:
    def __init__(self, ledger: Ledger, faults: Faults, network: NetworkFar, requests: Counter[str]) -> None:
        self._ledger = ledger
        self._faults = faults
        self._network = network
        self._requests = requests
        self.routes = [
            Route("GET", "/_control/effects", "effects", self._effects),
            Route("GET", "/_control/requests", "requests", lambda _: Answer(200, dict(self._requests))),
            Route("GET", "/_control/faults", "faults", lambda _: Answer(200, {"faults": self._faults.listed()})),
            Route("POST", "/_control/faults", "order", self._order),
            Route("DELETE", "/_control/faults", "clear", self._clear),
            Route("POST", "/_control/pretend", "pretend", self._pretend),
            Route("POST", "/_control/forget", "forget", self._forget),
        ]

    def _effects(self, request: Request) -> Answer:
        return Answer(200, {"effects": self._ledger.effects(request.query.get("system", ""))})

    def _order(self, request: Request) -> Answer:
        try:
            return Answer(201, asdict(self._faults.order(request.body)))
        except (ValueError, TypeError, AttributeError) as wrong:
            return refused(422, f"No such fault: {wrong}.")

    def _clear(self, request: Request) -> Answer:
        self._faults.clear()
        return Answer(204)

    def _forget(self, request: Request) -> Answer:
        self._faults.clear()
        self._requests.clear()
        self._ledger.forget()
        return Answer(204)

    def _pretend(self, request: Request) -> Answer:
        body = request.body
        self._network.pretend(str(body["port"]), str(body["check"]), body.get("value"))
        return Answer(204)
