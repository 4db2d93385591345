"""Network automation in this process, over a network driver. The default: needs no other system.

A job is a row before anything is done, so a run that dies is taken over by the next submit or poll. Taking over is
harmless because what a job does is an intent: rendered again, it only changes what is still missing.
"""

import json
import uuid
from datetime import timedelta
from typing import Any, ClassVar

from sqlalchemy import and_, insert, or_, select, update
from sqlalchemy.orm import Session

from app.domain import clock
from app.domain.errors import PermanentFailure, TemporaryFailure
from app.domain.models.network import NetworkJob
from workers.southbound.database import first_come, transaction
from workers.southbound.network.actions import checked
from workers.southbound.network.driver import Change, ChangedMeanwhile, NetworkDriver
from workers.southbound.protocols import Job, Json, Plan

RUN_LEASE = timedelta(seconds=10)
"""A run that has not ended after this time is taken to be dead."""
TRIES_AGAINST_OTHERS = 30


class LocalNetworkAutomation:
    """Jobs in the table `network_job`, done at once: a job has usually ended when `submit` returns."""

    system: ClassVar[str] = "network"

    def __init__(self, driver: NetworkDriver) -> None:
        self._driver = driver

    def plan(self, action: str, parameters: Json) -> Plan:
        return self._driver.diff(self._driver.render(action, parameters))

    def submit(self, key: str, action: str, parameters: Json, callback_url: str = "") -> str:
        checked(action, parameters)

        def make(session: Session) -> str:
            found = session.scalar(select(NetworkJob).where(NetworkJob.key == key))
            if found is not None:
                _same(found, action, parameters)
                return found.reference
            reference = f"nca-{uuid.uuid4()}"
            values = {"key": key, "reference": reference, "action": action, "parameters": parameters}
            session.execute(insert(NetworkJob).values(**values, callback_url=callback_url))
            return reference

        reference = first_come(make)
        self._run(reference)
        return reference

    def poll(self, reference: str) -> Job:
        job = _read(reference)
        if not job.ended and self._run(reference):
            job = _read(reference)
        return job

    def measure(self, check: str, parameters: Json) -> Json:
        return self._driver.measure(check, parameters)

    def _run(self, reference: str) -> bool:
        """Do the job unless it has ended or somebody is at it. False: it was not ours to do."""
        claimed = _claim(reference)
        if claimed is None:
            return False
        action, parameters, token = claimed
        for _ in range(TRIES_AGAINST_OTHERS):
            # The fence stands before rendering: whoever took over since makes a new revision, and applying fails.
            if not _fenced(reference, token):
                return False
            try:
                change = self._driver.render(action, parameters)
                return self._carry_out(reference, token, change)
            except ChangedMeanwhile:
                continue
            except PermanentFailure as conflict:
                return _fenced(reference, token, **_ended("failed", error=str(conflict)))
        _fenced(reference, token, state="queued")
        raise TemporaryFailure(f"network: job {reference} lost to other changes {TRIES_AGAINST_OTHERS} times in a row.")

    def _carry_out(self, reference: str, token: int, change: Change) -> bool:
        diff = self._driver.diff(change).diff
        if diff:  # kept before it is done: a run that takes over finds nothing left to differ
            _fenced(reference, token, diff=diff)
        revision = self._driver.apply(change)
        checks = self._driver.verify(change)
        wrong = [check["name"] for check in checks if not check["ok"]]
        if not wrong:
            return _fenced(reference, token, **_ended("succeeded", revision=revision, checks=checks))
        self._driver.rollback(change)
        error = f"Read back after the change, {', '.join(wrong)} was not as intended; the change was rolled back."
        return _fenced(reference, token, **_ended("failed", checks=checks, error=error))


def _claim(reference: str) -> tuple[str, Json, int] | None:
    dead = and_(NetworkJob.state == "running", NetworkJob.started_at < clock.now() - RUN_LEASE)
    take = (
        update(NetworkJob)
        .where(NetworkJob.reference == reference, or_(NetworkJob.state == "queued", dead))
        .values(state="running", token=NetworkJob.token + 1, started_at=clock.now())
        .returning(NetworkJob.action, NetworkJob.parameters, NetworkJob.token)
    )
    with transaction() as session:
        row = session.execute(take).first()
        return None if row is None else (row.action, row.parameters, row.token)


def _fenced(reference: str, token: int, **values: Any) -> bool:
    """Write `values` (or only look) if the job is still this run's."""
    mine = and_(NetworkJob.reference == reference, NetworkJob.token == token, NetworkJob.state == "running")
    with transaction() as session:
        write = update(NetworkJob).where(mine).values(started_at=clock.now(), **values).returning(NetworkJob.id)
        return session.execute(write).first() is not None


def _ended(state: str, **values: Any) -> dict[str, Any]:
    return {"state": state, "finished_at": clock.now(), **values}


def _read(reference: str) -> Job:
    with transaction() as session:
        row = session.scalar(select(NetworkJob).where(NetworkJob.reference == reference))
        if row is None:
            raise PermanentFailure(f"network: there is no job {reference}.")
        return Job(row.reference, row.state, row.diff, row.revision, tuple(row.checks), row.error)  # type: ignore[arg-type]


def _same(found: NetworkJob, action: str, parameters: Json) -> None:
    if (found.action, found.parameters) != (action, json.loads(json.dumps(parameters))):
        raise PermanentFailure(f"network: key {found.key} was already used for another {found.action}.")
