"""The HTTP server before the far systems: reads a request, lets a fault spoil it, answers."""

import json
import logging
import socket
import threading
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from workers.simulator.callbacks import Callbacks
from workers.simulator.control import Control
from workers.simulator.faults import Fault, Faults
from workers.simulator.inventory import InventoryFar
from workers.simulator.ledger import Answer, Json, Ledger
from workers.simulator.network import NetworkFar
from workers.simulator.routing import Request, Route, refused
from workers.simulator.schedule import Schedule
from workers.simulator.ticketing import TicketingFar

log = logging.getLogger("simulator")

MAX_BODY_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Options:
    """How the simulator is run. An empty secret is not asked for; without `callback_secret` nothing is called back."""

    state_dir: Path
    host: str = "127.0.0.1"
    port: int = 0
    seed: int = 1
    job_seconds: float = 0.2
    token: str = ""
    ticketing_key: str = ""
    callback_secret: str = ""
    keyless_ticketing: bool = False


class Far(Protocol):
    system: str
    routes: list[Route]
    ledger: Ledger

    def allowed(self, request: Request, secret: str) -> bool: ...

    def apply(self, line: Json) -> None: ...


class Simulator:
    """All far systems, their ledger and what they still have to do."""

    def __init__(self, options: Options) -> None:
        self.faults = Faults(options.seed)
        self.requests: Counter[str] = Counter()
        self.stopped = threading.Event()
        self._schedule = Schedule()
        self.network = NetworkFar(options.job_seconds, self._finish_later)
        self.fars: list[Far] = [self.network, TicketingFar(options.keyless_ticketing), InventoryFar()]
        self.ledger = Ledger(options.state_dir, self._apply)
        for far in self.fars:
            far.ledger = self.ledger
        self._callbacks = Callbacks(options.callback_secret, self.faults, self.network, self._schedule.later)
        self.control = Control(self.ledger, self.faults, self.network, self.requests)
        self._secrets = {
            "network": options.token, "inventory": options.token, "ticketing": options.ticketing_key,
        }  # fmt: skip

    def start(self) -> None:
        """Take up what the last run left unfinished."""
        self._schedule.start()
        for reference in self.network.unfinished():
            self._finish_later(reference, 0)
        for reference in self.network.not_called_back():
            self._schedule.later(0, partial(self._callbacks.send, reference))

    def stop(self) -> None:
        self.stopped.set()
        self._schedule.stop()

    def find(self, request: Request) -> tuple[Far | None, Route, Request] | None:
        for far, routes in [(None, self.control.routes), *((far, far.routes) for far in self.fars)]:
            for route in routes:
                parts = route.match(request.method, request.path)
                if parts is not None:
                    return far, route, replace(request, parts=parts)
        return None

    def objection(self, far: Far, route: Route, request: Request) -> Answer | None:
        secret = self._secrets[far.system]
        if secret and not far.allowed(request, secret):
            return refused(401, "The credentials are not right.")
        if route.effect and not request.key:
            return refused(400, "An Idempotency-Key is needed.")
        if request.method != "GET" and not isinstance(request.body, dict):
            return refused(400, "The body must be a JSON object.")
        return None

    def _apply(self, line: Json) -> None:
        for far in self.fars:
            far.apply(line)

    def _finish_later(self, reference: str, seconds: float) -> None:
        def finish() -> None:
            self.network.finish(reference)
            self._callbacks.send(reference)

        self._schedule.later(seconds, finish)


class Handler(BaseHTTPRequestHandler):
    """One connection. Answers leave in one packet: a head and a body apart would cost 40 ms each time."""

    protocol_version = "HTTP/1.1"
    server_version = "far-side"
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = 120
    simulator: Simulator

    def do_GET(self) -> None:
        try:
            request = self._request()
        except ValueError as wrong:
            self.close_connection = True
            return self._answer(refused(400, str(wrong)))
        found = self.simulator.find(request)
        if found is None:
            return self._answer(refused(404, "There is nothing here."))
        far, route, request = found
        if far is None:
            return self._answer(self._work(route, request))
        self.simulator.requests[f"{far.system} {route.verb}"] += 1
        objection = self.simulator.objection(far, route, request)
        if objection is not None:
            return self._answer(objection)
        return self._spoiled(self.simulator.faults.draw(far.system, route.verb), route, request)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def _spoiled(self, fault: Fault | None, route: Route, request: Request) -> None:
        mode = fault.mode if fault else ""
        if fault and mode == "unavailable":
            headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
            return self._answer(refused(503, "Busy, as ordered."), headers)
        if fault and mode == "never":
            self.simulator.stopped.wait(fault.seconds)
            return self._hang_up()
        if fault and mode == "slow":
            self.simulator.stopped.wait(fault.seconds)
        answer = self._work(route, replace(request, silent=mode == "silent"))
        return self._hang_up() if mode == "drop" else self._answer(answer)

    def _work(self, route: Route, request: Request) -> Answer:
        try:
            return route.answer(request)
        except (KeyError, TypeError, ValueError) as wrong:
            log.info("%s %s: %r", request.method, request.path, wrong)
            return refused(422, f"The request is incomplete or ill-typed: {wrong}.")

    def _request(self) -> Request:
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 <= length <= MAX_BODY_BYTES:
            raise ValueError("The body is too large.")
        raw = self.rfile.read(length)
        url = urlsplit(self.path)
        return Request(
            self.command,
            url.path,
            dict(parse_qsl(url.query)),
            json.loads(raw) if raw else None,
            self.headers.get("Idempotency-Key", ""),
            self.headers.get("Authorization", ""),
        )

    def _answer(self, answer: Answer, headers: dict[str, str] | None = None) -> None:
        body = b"" if answer.body is None else json.dumps(answer.body).encode()
        self.send_response(answer.status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if body:
            self.send_header("Content-Type", "application/json")
        if answer.status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:
        log.debug(format, *args)


class Server(ThreadingHTTPServer):
    """Threads die with it; a client that went away is nobody's error."""

    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("connection lost", exc_info=True)


def serve(options: Options) -> tuple[Server, Simulator]:
    """A server that is bound (its `server_port` is the real one) and whose far systems are started."""
    simulator = Simulator(options)
    server = Server((options.host, options.port), type("Bound", (Handler,), {"simulator": simulator}))
    simulator.start()
    return server, simulator
