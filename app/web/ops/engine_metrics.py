"""The state of the engine as Prometheus reads it."""

import time
from collections.abc import Iterator, Mapping

from flask import current_app
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from app.extensions import db
from app.queries import metrics
from app.queries.metrics import Snapshot, Spread

KEPT_S = 2.0
"""Asking more often than this gets the same answer: the address is open, so it must not cost much."""


def exposed() -> bytes:
    """All of it in Prometheus' text format; without a database only that it is away."""
    registry = CollectorRegistry()
    registry.register(_Engine(_snapshot(), metrics.queue_lengths()))
    return generate_latest(registry)


def _snapshot() -> Snapshot | None:
    kept = current_app.extensions.get("engine_metrics")
    if kept is not None and time.monotonic() - kept[0] < KEPT_S:
        found: Snapshot = kept[1]
        return found
    try:
        found = metrics.snapshot()
    except SQLAlchemyError:
        db.session.rollback()
        return None
    current_app.extensions["engine_metrics"] = (time.monotonic(), found)
    return found


class _Engine(Collector):
    def __init__(self, found: Snapshot | None, queued: Mapping[str, int]) -> None:
        self._found, self._queued = found, queued

    def collect(self) -> Iterator[Metric]:
        up = {"database": int(self._found is not None), "redis": int(bool(self._queued))}
        yield _gauge("handoff_up", "1 if it answers.", ["part"], up)
        yield _gauge("handoff_wakeups", "Wake-ups in Redis.", ["queue"], self._queued)
        if self._found is not None:
            yield from _items(self._found)
            yield from _far_systems(self._found)
            yield from _workers(self._found)


def _items(found: Snapshot) -> Iterator[Metric]:
    live = GaugeMetricFamily("handoff_items", "Order items that have not ended.", labels=["status", "stage"])
    for (status, stage), number in found.items.items():
        live.add_metric([status, stage], number)
    yield live
    yield _gauge("handoff_queue_depth", "Items that a worker should take now.", ["stage"], found.due)
    yield _gauge("handoff_queue_oldest_seconds", "How long the oldest of them is due.", ["stage"], found.oldest)
    yield _gauge("handoff_waits_open", "What items wait for, by kind.", ["kind"], found.waits)
    yield from _spread("handoff_step", "Steps that succeeded in the last five minutes", "step", found.steps)


def _far_systems(found: Snapshot) -> Iterator[Metric]:
    yield from _spread("handoff_call", "Calls of far systems in the last five minutes", "system", found.calls)
    failed = {system: spread.failed for system, spread in found.calls.items()}
    yield _gauge("handoff_call_errors", "Failed calls in the last five minutes.", ["system"], failed)
    yield _gauge("handoff_far_system_failures", "Failures in a row.", ["system"], found.failures)
    yield _gauge("handoff_breaker_open", "1 while items wait for this system.", ["system"], found.shut)
    outbox = GaugeMetricFamily("handoff_outbox_messages", "Undelivered messages.", labels=["system", "state"])
    for (system, state), number in found.outbox.items():
        outbox.add_metric([system, state], number)
    yield outbox
    yield GaugeMetricFamily("handoff_outbox_oldest_seconds", "Age of the oldest pending one.", found.outbox_oldest)
    yield _gauge("handoff_mails", "Mails that are not delivered.", ["state"], found.mails)


def _workers(found: Snapshot) -> Iterator[Metric]:
    yield GaugeMetricFamily("handoff_workers_alive", "Workers with a recent sign of life.", found.workers)
    yield GaugeMetricFamily("handoff_audit_unsealed", "Audit rows that are not chained yet.", found.unsealed)


def _gauge(name: str, words: str, labels: list[str], values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=labels)
    for label, value in values.items():
        family.add_metric([label], value)
    return family


def _spread(name: str, words: str, label: str, spreads: Mapping[str, Spread]) -> Iterator[Metric]:
    seconds = GaugeMetricFamily(f"{name}_seconds", f"{words}: how long they took.", labels=[label, "quantile"])
    for key, spread in spreads.items():
        seconds.add_metric([key, "0.5"], spread.p50)
        seconds.add_metric([key, "0.95"], spread.p95)
    yield seconds
    yield _gauge(f"{name}_count", f"{words}: how many.", [label], {key: one.count for key, one in spreads.items()})
