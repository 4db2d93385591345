"""Answers for machines that watch this one."""

from typing import Any

from flask import Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST
from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app import queues
from app.domain import clock
from app.extensions import db
from app.queries import metrics as measured
from app.web.ops import engine_metrics, http_metrics

OK = "ok"


def healthz() -> Response:
    """The process lives and answers; nothing else is looked at."""
    return jsonify(status=OK)


def readyz() -> tuple[Response, int]:
    """Whether orders can be taken and worked: 503 says what is missing."""
    parts = {"database": _database(), "redis": _redis()}
    parts["worker"] = _worker() if parts["database"] == OK else "not known while the database is away"
    ready = set(parts.values()) == {OK}
    missing = [name for name, state in parts.items() if state != OK]
    body: dict[str, Any] = {"status": OK if ready else f"missing: {', '.join(missing)}", **parts}
    return jsonify(body), 200 if ready else 503


def _database() -> str:
    try:
        db.session.execute(select(1))
    except SQLAlchemyError:
        db.session.rollback()
        return "does not answer"
    return OK


def _redis() -> str:
    try:
        queues.here().redis.ping()
    except RedisError:
        return "does not answer"
    return OK


def _worker() -> str:
    try:
        alive = measured.live_workers(clock.now())
    except SQLAlchemyError:
        db.session.rollback()
        return "the database has no tables yet"
    return OK if alive else "none has said lately that it lives"


def metrics() -> Response:
    """For Prometheus. Open: let only the monitoring system reach it."""
    body = http_metrics.exposed() + engine_metrics.exposed()
    answer = Response(body, content_type=CONTENT_TYPE_LATEST)
    answer.headers["Cache-Control"] = "no-store"
    return answer
