"""Which browser the tests drive, and how it is started.

`HANDOFF_CHROMIUM`, else a Chromium or Chrome on PATH or among the Mac's applications, else the one that Playwright
keeps; where there is none, it is fetched: `playwright install chromium`, or as root from the distribution.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

ON_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
ON_MAC = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
FLAGS = (
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",  # nothing leaves this machine
)
CURE = (
    f"run “{sys.executable} -m playwright install --with-deps chromium”, or set HANDOFF_CHROMIUM to a Chromium program"
)


class BrowserUnavailable(Exception):
    """No browser; the message says how to get one."""


@cache
def executable() -> str | None:
    """Path of the browser; None means the one that Playwright keeps. Fetches one if there is none."""
    if found := _present():
        return found
    if _playwright_has_one():
        return None
    with open(Path(tempfile.gettempdir()) / f"handoff-browser-{os.getuid()}.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # one of several test processes fetches it
        return _fetch()


def _present() -> str | None:
    if wished := os.environ.get("HANDOFF_CHROMIUM"):
        if not os.access(wished, os.X_OK):
            raise BrowserUnavailable(f"HANDOFF_CHROMIUM names {wished}, which is not a program.")
        return wished
    for name in ON_PATH:
        found = shutil.which(name)
        if found and "/snap/" not in os.path.realpath(found) and not os.path.realpath(found).endswith("/snap"):
            return found  # a snap cannot see profiles in the temporary folder
    return next((program for program in ON_MAC if os.access(program, os.X_OK)), None)


def _playwright_has_one() -> bool:
    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path).exists()


def _fetch() -> str | None:
    if (found := _present()) or _playwright_has_one():
        return found
    told = _run([sys.executable, "-m", "playwright", "install", "chromium"])
    if _playwright_has_one():
        return None
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _run(["apt-get", "update", "-qq"])
        told = _run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]) or told
        if found := _present():
            return found
    raise BrowserUnavailable(f"There is no browser and none could be fetched ({told}): {CURE}.")


def _run(command: list[str]) -> str:
    """Its last line if it failed, else nothing."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600, env=environment
        )
    except subprocess.TimeoutExpired:
        return f"{command[0]} took longer than ten minutes"
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return "" if done.returncode == 0 else lines[-1] if lines else f"{command[0]} failed"


def launch_args(given: dict[str, Any]) -> dict[str, Any]:
    """What Playwright starts the browser with; keeps what the command line asked for (--headed, --slowmo)."""
    args = {**given, "args": [*given.get("args", []), *FLAGS]}
    if path := executable():
        args["executable_path"] = path
    if os.geteuid() == 0 or os.environ.get("CI"):
        args["chromium_sandbox"] = False  # Chromium refuses to start as root otherwise
        args["args"].append("--no-sandbox")
    return args
