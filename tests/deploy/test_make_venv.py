"""Before anything is installed, what is missing on the machine is said in one sentence."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy import make_venv

SCRIPT = Path(make_venv.__file__)


def test_a_python_without_ensurepip_names_the_package_to_install(tmp_path: Path) -> None:
    (tmp_path / "ensurepip.py").write_text("raise ImportError('as Debian ships it')\n")
    told = subprocess.run(
        [sys.executable, SCRIPT], env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert told.returncode == 1
    assert f"apt-get install python{make_venv.version()}-venv" in told.stderr
    assert len(told.stderr.strip().splitlines()) == 1


def test_a_python_that_is_too_old_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make_venv, "OLDEST", (99, 0))
    assert "needs Python 99.0 or newer" in make_venv.too_old()


def test_every_locked_package_has_a_hash() -> None:
    lines = Path(make_venv.ROOT, "requirements.txt").read_text().split("\n")
    for line, following in itertools.pairwise(lines):
        if "==" in line and not line.startswith((" ", "#")):
            assert line.endswith("\\") and "--hash=sha256:" in following, line


def test_every_package_that_is_asked_for_is_locked() -> None:
    root = Path(make_venv.ROOT)
    asked = {line.strip() for line in (root / "requirements.in").read_text().splitlines() if "==" in line}
    locked = (root / "requirements.txt").read_text().lower()
    assert asked
    for pin in asked:
        name, version = pin.split("==")
        assert f"\n{name.split('[')[0].lower()}" in locked
        assert f"=={version}" in locked, f"{pin} is not what requirements.txt holds: run “make lock”"
