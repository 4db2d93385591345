"""The far side itself: it must count right, or nothing counted there is worth anything."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from tests.support.far_side import CALLBACK_SECRET, ROOT, TOKEN, FarSide
from tests.support.waiting import until
from workers.simulator.ledger import Answer, Done, Ledger
from workers.southbound import systems_from

SERVICE = {"service_number": 400003, "account": "acc-1", "port": "edge8-test xe-0/0/1"}
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


class Ear:
    """Takes callbacks, once it wants to."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        ear = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                ear.heard.append((dict(self.headers.items()), body))
                self.send_response(ear.status)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks/nca"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def words(self) -> list[dict[str, Any]]:
        """What was said, each checked against its signature."""
        webhook = Webhook(CALLBACK_SECRET)
        return [webhook.verify(body, headers) for headers, body in self.heard]


@pytest.fixture
def ear() -> Iterator[Ear]:
    ear = Ear()
    yield ear
    ear.server.shutdown()
    ear.server.server_close()


def submit(far: FarSide, key: str, callback_url: str = "", number: int = 400003) -> str:
    body = {
        "action": "connect_service",
        "parameters": {**SERVICE, "service_number": number},
        "callback_url": callback_url,
    }
    answer = far.client.post(f"{far.url}/nca/actions", json=body, headers={**HEADERS, "Idempotency-Key": key})
    assert answer.status_code == 202
    return str(answer.json()["reference"])


def test_effects_and_jobs_survive_a_kill(start_far_side: Callable[..., FarSide], ear: Ear) -> None:
    far = start_far_side("--job-seconds", "30")
    reference = submit(far, "key-1", ear.url)
    far.end(signal.SIGKILL)
    far.start()
    assert submit(far, "key-1", ear.url) == reference
    assert [effect["key"] for effect in far.effects()] == ["key-1"]
    assert far.effects()[0]["parameters"] == {"action": "connect_service", **SERVICE}
    until(ear.words, "the job that was under way is finished and called back")
    assert ear.words() == [{"reference": reference, "state": "succeeded"}]


def test_a_line_cut_off_by_a_kill_has_not_happened(tmp_path: Path) -> None:
    def perform(ledger: Ledger, key: str) -> Answer:
        return ledger.perform("network", "submit", key, {}, {}, lambda: Done(Answer(202, {"for": key}), {}))

    ledger = Ledger(tmp_path, lambda line: None)
    perform(ledger, "key-1")
    ledger.close()
    with (tmp_path / "effects.jsonl").open("a") as torn:
        torn.write('{"kind":"effect","system":"netw')
    ledger = Ledger(tmp_path, lambda line: None)
    perform(ledger, "key-2")
    ledger.close()
    kept = [json.loads(line)["key"] for line in (tmp_path / "effects.jsonl").read_text().splitlines()]
    assert kept == ["key-1", "key-2"]


def test_a_refusal_is_no_effect_and_may_be_tried_again(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, lambda line: None)
    first = ledger.perform("inventory", "create", "key-1", {}, {}, lambda: Done(Answer(409)))
    second = ledger.perform("inventory", "create", "key-1", {}, {}, lambda: Done(Answer(201), {}))
    assert (first.status, second.status, len(ledger.effects())) == (409, 201, 1)
    ledger.close()


def test_one_key_sent_many_times_at_once_is_one_effect(far_side: FarSide, key: str) -> None:
    answers: list[str] = []
    threads = [threading.Thread(target=lambda: answers.append(submit(far_side, key))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8 and len(set(answers)) == 1
    assert len(far_side.effects(key)) == 1
    assert far_side.requests("network submit") >= 8


def test_an_effect_needs_a_key(far_side: FarSide) -> None:
    answer = far_side.client.post(f"{far_side.url}/nca/actions", json={}, headers=HEADERS)
    assert answer.status_code == 400


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"action": 1, "parameters": 2}'])
def test_nonsense_is_refused_and_the_server_lives(far_side: FarSide, key: str, body: bytes) -> None:
    headers = {**HEADERS, "Idempotency-Key": key}
    # A connection of its own: the server closes one on which nonsense came, and a kept one could be closed just now.
    answer = httpx.post(f"{far_side.url}/nca/actions", content=body, headers=headers, trust_env=False)
    assert answer.status_code in (400, 422)
    with httpx.Client(trust_env=False) as fresh:
        known = fresh.get(f"{far_side.url}/_control/effects").json()["effects"]
    assert [effect for effect in known if effect["key"] == key] == []


def test_a_second_simulator_on_the_same_folder_is_refused(start_far_side: Callable[..., FarSide]) -> None:
    far = start_far_side()
    command = [sys.executable, "-m", "workers.simulator", "--state-dir", str(far.state_dir)]
    second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert second.returncode == 1
    assert "Another simulator already writes" in second.stderr and "Traceback" not in second.stderr


def test_a_callback_secret_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "workers.simulator", "--state-dir", str(tmp_path)]
    environment = {**os.environ, "CALLBACK_SECRET": "whsec_a"}
    refused = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30, check=False
    )
    assert refused.returncode == 1
    assert "CALLBACK_SECRET must be base64" in refused.stderr and "Traceback" not in refused.stderr


def test_a_taken_port_is_one_sentence(far_side: FarSide, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "workers.simulator", "--state-dir", str(tmp_path), "--port", str(far_side.port)]
    second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert second.returncode == 1
    assert "cannot start" in second.stderr and "Traceback" not in second.stderr


def test_a_callback_is_repeated_until_it_is_taken_always_with_the_same_id(
    far_side: FarSide, key: str, ear: Ear
) -> None:
    ear.status = 503
    submit(far_side, key, ear.url)
    until(lambda: ear.heard, "the first callback arrives")
    ear.status = 204
    until(lambda: len(ear.heard) > 1, "it is repeated")
    assert len({headers["webhook-id"] for headers, _ in ear.heard}) == 1


def test_a_callback_may_come_twice(far_side: FarSide, key: str, ear: Ear) -> None:
    far_side.fault("callback", "twice", next=1)
    reference = submit(far_side, key, ear.url)
    until(lambda: len(ear.heard) == 2, "both arrive")
    assert ear.words() == [{"reference": reference, "state": "succeeded"}] * 2


def test_a_callback_that_never_comes_leaves_the_job_to_be_polled(
    far_side: FarSide, key: str, ear: Ear, tmp_path: Path
) -> None:
    far_side.fault("callback", "never", next=1)
    reference = submit(far_side, key, ear.url)
    systems = systems_from(far_side.config(tmp_path))
    until(lambda: systems.network.poll(reference).ended, "the job ends")
    systems.close()
    assert ear.heard == []


def test_a_measurement_can_be_made_bad(far_side: FarSide, tmp_path: Path) -> None:
    systems = systems_from(far_side.config(tmp_path))
    at = {"port": "edge8-test xe-0/0/7"}
    far_side.pretend(at["port"], "quarantine_mac", ["00:00:5e:00:53:01", "00:00:5e:00:53:02"])
    assert systems.network.measure("quarantine_mac", at)["ok"] is False
    far_side.pretend(at["port"], "quarantine_mac", None)
    assert systems.network.measure("quarantine_mac", at)["ok"] is True
    systems.close()


def test_an_unknown_fault_is_refused_in_words(far_side: FarSide) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="422"):
        far_side.fault("network", "explode")


def test_it_can_be_made_to_forget_and_does_not_remember_after_a_restart(start_far_side, tmp_path, key):
    far = start_far_side("--job-seconds", "0.01")
    systems = systems_from(far.config(tmp_path))
    systems.inventory.create(key, {"service_number": 106552})
    far.fault("network", "unavailable")
    far.forget()
    assert (far.effects(), systems.inventory.get(106552)) == ([], None)
    systems.network.plan("disable_port", {"service_number": 106552})  # the fault is gone as well

    far.end()
    far.start()
    assert (far.effects(), systems.inventory.get(106552)) == ([], None)
    systems.close()
