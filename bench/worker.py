"""A worker that also knows the benchmark's runbook."""

import sys

import bench.plan  # noqa: F401  (registers it)
from workers.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
