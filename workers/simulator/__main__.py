"""`python -m workers.simulator --port N --state-dir DIR`. Secrets come from the environment, as Handoff's own do:
SOUTHBOUND_TOKEN, TICKETING_KEY, CALLBACK_SECRET. The first line on standard output says where it listens."""

import argparse
import binascii
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from workers.simulator.ledger import InUse
from workers.simulator.server import Options, serve


def main() -> int:
    options = _options()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(name)s %(message)s")
    try:
        server, simulator = serve(options)
    except binascii.Error:
        print("The simulator cannot start: CALLBACK_SECRET must be base64, such as whsec_…", file=sys.stderr)
        return 1
    except (InUse, OSError) as wrong:
        print(f"The simulator cannot start: {wrong}", file=sys.stderr)
        return 1

    def stop(*_: object) -> None:
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"simulator listening on http://{options.host}:{server.server_port}", flush=True)
    server.serve_forever(poll_interval=0.2)
    simulator.stop()
    server.server_close()
    return 0


def _options() -> Options:
    reader = argparse.ArgumentParser(prog="python -m workers.simulator", description="Stand-ins for the far systems.")
    reader.add_argument("--host", default="127.0.0.1")
    reader.add_argument("--port", type=int, default=0, help="0 takes a free one")
    reader.add_argument("--state-dir", type=Path, required=True, help="folder of the ledger; kept over restarts")
    reader.add_argument("--seed", type=int, default=1, help="of the faults that are drawn by probability")
    reader.add_argument("--job-seconds", type=float, default=0.2, help="how long a network job takes")
    reader.add_argument(
        "--keyless-ticketing", action="store_true", help="the help desk ignores Idempotency-Key, like the real one"
    )
    given = reader.parse_args()
    return Options(
        given.state_dir,
        given.host,
        given.port,
        given.seed,
        given.job_seconds,
        os.environ.get("SOUTHBOUND_TOKEN", ""),
        os.environ.get("TICKETING_KEY", ""),
        os.environ.get("CALLBACK_SECRET", ""),
        given.keyless_ticketing,
    )


if __name__ == "__main__":
    sys.exit(main())
