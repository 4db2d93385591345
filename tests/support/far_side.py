"""The far side in a process of its own: what tests break, and count effects at."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from app.config import Config
from tests.support.schema import test_config

TOKEN = "southbound-token-of-the-tests"
TICKETING_KEY = "1:TICKETINGKEYOFTHETESTS"
CALLBACK_SECRET = "whsec_Y2FsbGJhY2stc2VjcmV0LW9mLXRoZS10ZXN0cw=="
ROOT = Path(__file__).parents[2]


@dataclass
class FarSide:
    """A simulator in a process of its own."""

    state_dir: Path
    arguments: tuple[str, ...] = ()
    port: int = 0
    process: "subprocess.Popen[str] | None" = None
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=10, trust_env=False))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "FarSide":
        command = [
            sys.executable,
            "-m",
            "workers.simulator",
            "--port",
            str(self.port),
            "--state-dir",
            str(self.state_dir),
        ]
        secrets = {"SOUTHBOUND_TOKEN": TOKEN, "TICKETING_KEY": TICKETING_KEY, "CALLBACK_SECRET": CALLBACK_SECRET}
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port), *self.arguments],
            cwd=ROOT,
            env={**os.environ, **secrets},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("simulator listening on "), line
        self.port = int(line.rsplit(":", 1)[1])
        return self

    def end(self, how: int = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(10)
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.process = None

    def close(self) -> None:
        self.end()
        self.client.close()

    def fault(self, system: str, mode: str, **more: Any) -> None:
        self.client.post(
            f"{self.url}/_control/faults", json={"system": system, "mode": mode, **more}
        ).raise_for_status()

    def forget(self) -> None:
        """From now on as if nothing had been done yet."""
        self.client.post(f"{self.url}/_control/forget", json={}).raise_for_status()

    def clear(self) -> None:
        self.client.delete(f"{self.url}/_control/faults").raise_for_status()

    def pretend(self, port: str, check: str, value: Any) -> None:
        seen = {"port": port, "check": check, "value": value}
        self.client.post(f"{self.url}/_control/pretend", json=seen).raise_for_status()

    def effects(self, key: str = "") -> list[dict[str, Any]]:
        """Everything done so far; of one key, where one is given."""
        effects = self.client.get(f"{self.url}/_control/effects").json()["effects"]
        return [effect for effect in effects if key in ("", effect["key"])]

    def requests(self, what: str) -> int:
        """How often e.g. "network submit" was asked for, repetitions included."""
        return int(self.client.get(f"{self.url}/_control/requests").json().get(what, 0))

    def config(self, tmp_path: Path, **more: Any) -> Config:
        far = {
            "ticketing": "deskpro",
            "ticketing_url": f"{self.url}/deskpro",
            "ticketing_key": TICKETING_KEY,
            "network": "http",
            "network_url": f"{self.url}/nca",
            "inventory": "http",
            "inventory_url": f"{self.url}/inventory",
            "southbound_token": TOKEN,
            "callback_secret": CALLBACK_SECRET,
        }
        return test_config(f"sqlite:///{tmp_path}/unused.db", "redis://127.0.0.1:1/0", tmp_path, **{**far, **more})
