"""`python -m tests.chaos [--short|--long] [--db sqlite|postgresql] [--items N] [--seed N]`: run, and print a table."""

import argparse
import sys
from dataclasses import replace

from tests.chaos.run import Report, run
from tests.chaos.scale import LONG, SHORT


def main() -> int:
    options = _options()
    scale = SHORT if options.short else LONG
    scale = replace(scale, seed=options.seed, items=options.items or scale.items)
    kinds = [options.db] if options.db else ["sqlite", "postgresql"]
    faults = 0
    for kind in kinds:
        report = run(kind, scale, lambda line: print(f"\r{line}   ", end="", flush=True))
        _print(report)
        faults += len(report.faults)
    return 1 if faults else 0


def _options() -> argparse.Namespace:
    reader = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    size = reader.add_mutually_exclusive_group()
    size.add_argument("--short", action="store_true", help="40 items; the default is the long run")
    size.add_argument("--long", action="store_true", help="500 items")
    reader.add_argument("--db", choices=("sqlite", "postgresql"), help="only on this database")
    reader.add_argument("--items", type=int, help="another number of items")
    reader.add_argument("--seed", type=int, default=1)
    return reader.parse_args()


def _print(report: Report) -> None:
    print(f"\n\n{'':40}{report.kind}")
    for name, value in report.rows():
        print(f"{name:40}{value}")
    for fault in report.faults[:40]:
        print(f"{report.kind}: {fault}")
    for error, times in report.tally.retried.most_common(5):
        print(f"{report.kind}: retried {times}×: {error}")
    if report.faults:
        print(report.last_words)


if __name__ == "__main__":
    sys.exit(main())
