"""How the web server runs. Given to gunicorn by deploy/run.py; `--bind` comes from there as well."""

import os
import resource
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Any

if os.environ.get("WEB_PROCESSES", "1") != "1":
    # Several processes count together through files there. It is read once, when the library is first imported.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="handoff-metrics-")

from app.config import Config
from deploy.gunicorn_logs import Logs

_config = Config.from_env()

# Each open live page is a connection: as many files as this user may open, not the few that a shell begins with.
_soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
_wanted = _config.web_streams + _config.web_threads * 4 + 256
if _soft != resource.RLIM_INFINITY and _soft < _wanted:
    _most = _wanted if _hard == resource.RLIM_INFINITY else min(_wanted, _hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (_most, _hard))

worker_class = "gthread"
workers = _config.web_processes
threads = _config.web_threads
timeout = 60
graceful_timeout = 3  # live pages' streams end within a second; their browsers connect again
keepalive = 5
control_socket_disable = True  # two instances would share one path under the home folder
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None
logger_class = Logs
accesslog = None  # the application logs requests, with their id


def post_worker_init(worker: Any) -> None:
    """Streams of live pages end when the worker is told to stop: they would hold it up until it is killed."""
    hub = worker.wsgi.extensions["hub"]
    leave = signal.getsignal(signal.SIGTERM)

    def stop(number: int, frame: Any) -> None:
        hub.stop()
        if callable(leave):
            leave(number, frame)

    signal.signal(signal.SIGTERM, stop)


def on_exit(_server: Any) -> None:
    """Leave no files behind."""
    if folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        shutil.rmtree(folder, ignore_errors=True)
