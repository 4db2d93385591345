"""`python -m bench [NAME …]`: measure, print a table, write bench/results/<date>.json."""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import desk, engine, imports, portal, streams
from bench.house import House, house

RESULTS = Path(__file__).with_name("results")
MEASURES: dict[str, tuple[str, str, Callable[[House], dict[str, Any]]]] = {
    "throughput": ("items/s through six no-op steps, three stages", "≥ 110", engine.throughput),
    "resume": ("resume → completed, in process", "≤ 10 ms", engine.resume_in_process),
    "resume_http": ("resume → completed, over HTTP", "≤ 15 ms", engine.resume_over_http),
    "desk_small": ("queue, search, GET /oms/orders; 1,000 orders", "p95 < 50 ms", desk.small),
    "desk_large": ("queue, search, GET /oms/orders; 1,000,000 orders", "p95 < 50 ms", desk.large),
    "portal": ("wizard pages; an order of 50 items and 2,000 log lines", "p95 < 100 ms; < 50 ms", portal.portal),
    "import_drafts": ("10,000 orders from a file, as drafts", "≥ 200/s, < 200 MB", imports.drafts),
    "import_submit": ("10,000 orders from a file, submitted", "≥ 200/s, < 200 MB", imports.submitted),
    "import_workers": ("the same by two workers, which also work their items", "< 200 MB", imports.by_workers),
    "import_pairs": ("10,000 orders of two items from a CSV file, submitted", "< 200 MB", imports.pairs),
    "streams": ("500 open pages on one web process", "item p95 < 250 ms, lists < 3 s, < 250 MB", streams.streams),
}


def main() -> int:
    reader = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    reader.add_argument("names", nargs="*", choices=[*MEASURES, []], help="only these")
    names = reader.parse_args().names or list(MEASURES)
    found: dict[str, Any] = {}
    for name in names:
        title, aim, measure = MEASURES[name]
        with house() as one:
            found[name] = measure(one)
        print(f"{title:50} aim {aim:10} {_words(found[name])}", flush=True)
    _write(found)
    return 0


def _words(figures: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in figures.items())


def _write(found: dict[str, Any]) -> None:
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    machine = {"cpus": os.cpu_count(), "load": os.getloadavg()[0], "python": platform.python_version()}
    path = RESULTS / f"{now:%Y%m%d-%H%M%S}.json"
    path.write_text(json.dumps({"at": now.isoformat(), "machine": machine, "figures": found}, indent=2) + "\n")
    print(f"written to {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}")


if __name__ == "__main__":
    sys.exit(main())
