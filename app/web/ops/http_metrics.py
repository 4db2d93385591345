"""How many requests of which kind were answered, and how quickly. Also the one log line that each request leaves.

Counted in this process; with several web processes they share their counts through files (PROMETHEUS_MULTIPROC_DIR,
set by deploy/gunicorn.conf.py), so that it does not matter which one answers /metrics.
"""

import time

import structlog
from flask import Flask, Response, current_app, g, request
from prometheus_client import CollectorRegistry, Histogram, generate_latest, multiprocess, values

log = structlog.get_logger("handoff.web")

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
UNLOGGED = ("static", "ops.healthz", "ops.readyz", "ops.metrics")
"""Asked every few seconds by machines: they would drown the rest."""


def init_app(app: Flask) -> None:
    registry = CollectorRegistry()
    took = Histogram(
        "handoff_http_request_seconds",
        "Time until the answer began, by method, endpoint and status.",
        ("method", "endpoint", "status"),
        buckets=SECONDS,
        registry=registry,
    )
    app.extensions["http_metrics"] = registry

    def begin() -> None:
        g.began = time.perf_counter()

    def count(answer: Response) -> Response:
        seconds = time.perf_counter() - g.get("began", time.perf_counter())
        endpoint = request.endpoint or "none"
        method = request.method if request.endpoint else "any"  # whatever strangers make up must not become a label
        took.labels(method, endpoint, str(answer.status_code)).observe(seconds)
        if endpoint not in UNLOGGED:
            log.info(
                "request", method=request.method, path=request.path, status=answer.status_code,
                milliseconds=round(seconds * 1000, 1),
            )  # fmt: skip
        return answer

    app.before_request(begin)
    app.after_request(count)


def exposed() -> bytes:
    """All counts in Prometheus' text format."""
    registry: CollectorRegistry = current_app.extensions["http_metrics"]
    if values.ValueClass is not values.MutexValue:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
