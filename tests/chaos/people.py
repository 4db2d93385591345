"""Programs that place orders and two engineers who race on every resume, all over HTTP, all counting their answers."""

import random
import re
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests import cast
from tests.chaos.room import Room

ANSWERS = {"patch_position": "LD8-R12-PP03/17", "light_dbm": "-3.5"}


@dataclass
class Tally:
    """What people saw. `server_errors` are answers ≥ 500, except 503 while the database was really away."""

    answers: Counter[int] = field(default_factory=Counter)
    server_errors: list[str] = field(default_factory=list)
    unavailable: int = 0  # 503 while the database was away
    cut_off: int = 0  # no answer: the connection broke or took too long
    placed: set[str] = field(default_factory=set)
    doubled_posts: int = 0
    races: int = 0
    wins: Counter[str] = field(default_factory=Counter)
    retried: Counter[str] = field(default_factory=Counter)
    bugs: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Person:
    """Somebody with an HTTP client who goes on until told to stop."""

    def __init__(self, room: Room, tally: Tally) -> None:
        self.room, self.tally = room, tally
        self.client = httpx.Client(base_url=room.url, timeout=15, trust_env=False)

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response | None:
        """The answer, counted; None if there was none."""
        began = time.time()
        try:
            answer = self.client.request(method, path, **more)
        except httpx.HTTPError:
            with self.tally.lock:
                self.tally.cut_off += 1
            return None
        with self.tally.lock:
            self.tally.answers[answer.status_code] += 1
            if answer.status_code >= 500:
                self._count_failure(answer, began, f"{method} {path}")
        return answer

    def _count_failure(self, answer: httpx.Response, began: float, what: str) -> None:
        away = self.room.database_was_down(began) or self.room.database_was_down(time.time())
        if answer.status_code == 503 and away:
            self.tally.unavailable += 1
        else:
            self.tally.server_errors.append(f"{what}: {answer.status_code} {answer.text[:200]}")


class Program(Person):
    """Places orders; sends each again under the same key until it is taken, and now and then twice at once."""

    def __init__(self, room: Room, tally: Tally, secret: str, numbers: list[int], seed: int) -> None:
        super().__init__(room, tally)
        self.client.headers["Authorization"] = f"Bearer {secret}"
        self.numbers, self.random = numbers, random.Random(seed)

    def run(self, stop: threading.Event) -> None:
        for number in self.numbers:
            key = str(uuid.uuid4())
            while not stop.is_set() and not self._place(order(number), key):
                time.sleep(0.3)  # as a program does that tries again

    def _place(self, body: dict[str, Any], key: str) -> bool:
        twice = self.random.random() < 0.2
        answers = self._at_once(body, key) if twice else [self._post(body, key)]
        taken = {answer.json()["id"] for answer in answers if answer is not None and answer.status_code == 201}
        refused = [answer for answer in answers if answer is not None and answer.status_code not in (201, 409, 503)]
        with self.tally.lock:
            self.tally.doubled_posts += twice
            self.tally.placed |= taken
            self.tally.bugs += [f"placing: {answer.status_code} {answer.text[:300]}" for answer in refused]
            if len(taken) > 1:
                self.tally.bugs.append(f"one Idempotency-Key made {len(taken)} orders")
        return bool(taken)

    def _at_once(self, body: dict[str, Any], key: str) -> list[httpx.Response | None]:
        answers: list[httpx.Response | None] = [None, None]

        def post(n: int) -> None:
            answers[n] = self._post(body, key)

        threads = [threading.Thread(target=post, args=(n,)) for n in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    def _post(self, body: dict[str, Any], key: str) -> httpx.Response | None:
        return self.ask("POST", "/oms/orders", json=body, headers={"Idempotency-Key": key})


def order(number: int) -> dict[str, Any]:
    """Two of three items are ports with their manual step, one is a ConneXions service that completes by itself."""
    if number % 3 == 0:
        item: dict[str, Any] = {
            "service_type": "connexions", "item_action": "new",
            "details": {
                "port_group_id": cast.HARBOUR_GROUP, "bandwidth": 100, "vlan_id": 1000 + number, "location": "Mon",
                "mac_address": f"00:00:5e:00:{53 + number // 256:02x}:{number % 256:02x}", "fabric": "jsp1",
                "connexions_port": "edge2-dev ge-3/0/2",
            },
        }  # fmt: skip
    else:
        item = {
            "service_type": "multiservice_port", "item_action": "new",
            "details": {"fabric": "lon1", "location": "LD8", "port_capacity": 10_000, "quantity": 1,
                        "encapsulation": "dot1q", "presentation_type": "LC/PC (Single-mode fibre)"},
        }  # fmt: skip
    requestor = {"account_id": cast.HARBOUR, "contact_id": "contact-ada", "email": "ada@harbour-connect.example"}
    return {"type": "normal", "requestor": requestor, "items": [item]}


class Engineers:
    """One at the API, one at the staff desk. Both see the same wait and answer it at the same moment, each twice."""

    def __init__(self, room: Room, tally: Tally, secret: str) -> None:
        self.tally = tally
        self.api = Person(room, tally)
        self.api.client.headers["Authorization"] = f"Bearer {secret}"
        self.again = Person(room, tally)
        self.again.client.headers["Authorization"] = f"Bearer {secret}"
        self.desk = Desk(room, tally)

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            for item in self._items("awaiting_agent"):
                if not stop.is_set():
                    self._race(item)
            for item in self._items("error"):
                self._retry(item)
            time.sleep(0.2)  # people look again; without it they would take the processor from the workers

    def _items(self, status: str) -> list[dict[str, Any]]:
        answer = self.api.ask("GET", "/oms/order-items", params={"status": status, "limit": 50})
        if answer is None or answer.status_code != 200:
            return []
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    def _race(self, item: dict[str, Any]) -> None:
        wait = item["wait"]
        if wait is None:
            return
        answers = {ask["name"]: ANSWERS.get(ask["name"], "approve") for ask in wait["asks"]}
        body, key = {"answers": answers, "version": wait["version"]}, str(uuid.uuid4())
        path, headers = f"/oms/order-items/{item['id']}/resume", {"Idempotency-Key": key}
        form = {**answers, "version": str(wait["version"]), "form_key": str(uuid.uuid4())}
        gate = threading.Barrier(4)
        found: dict[str, list[int]] = {"API": [], "desk": []}

        def click(who: str, act: Any) -> None:
            gate.wait()
            answer = act()
            if answer is not None:
                found[who].append(answer.status_code)

        clicks = [
            ("API", lambda: self.api.ask("POST", path, json=body, headers=headers)),
            ("API", lambda: self.again.ask("POST", path, json=body, headers=headers)),
            ("desk", lambda: self.desk.resume(item["id"], form)),
            ("desk", lambda: self.desk.resume(item["id"], form)),
        ]
        threads = [threading.Thread(target=click, args=one) for one in clicks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._judge(found, f"{item['name']} at version {wait['version']}")

    def _judge(self, found: dict[str, list[int]], what: str) -> None:
        """One of the two wins; both clicks of the winner are successes, both of the other are 409."""
        won = [who for who, codes in found.items() if any(code in (200, 303) for code in codes)]
        odd = [code for codes in found.values() for code in codes if code not in (200, 303, 409) and code < 500]
        with self.tally.lock:
            self.tally.races += 1
            self.tally.wins.update(won)
            if len(won) > 1:
                self.tally.bugs.append(f"two winners of one resume: {what}")
            if odd:
                self.tally.bugs.append(f"a resume was answered {odd}: {what}")

    def _retry(self, item: dict[str, Any]) -> None:
        """Somebody looks at what stopped and presses Retry."""
        answer = self.api.ask("POST", f"/oms/order-items/{item['id']}/retry", json={"version": item["version"]})
        if answer is not None and answer.status_code == 200:
            with self.tally.lock:
                self.tally.retried[str(item["error"])[:120]] += 1


class Desk(Person):
    """An engineer's signed-in browser."""

    def __init__(self, room: Room, tally: Tally) -> None:
        super().__init__(room, tally)
        self.client.headers["Accept"] = "text/html"
        self._sign_in()

    def _sign_in(self) -> None:
        page = self.client.get("/login").text
        given = {"email": cast.ENGINEER2, "password": cast.PASSWORD, "csrf_token": _csrf(page)}
        self.client.post("/login", data=given)
        self.csrf = _csrf(self.client.get("/work").text)

    def resume(self, item_id: str, form: dict[str, str]) -> httpx.Response | None:
        return self.ask("POST", f"/items/{item_id}/resume", data={**form, "csrf_token": self.csrf})


def _csrf(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, "The page has no CSRF token."
    return found[1]
