"""The machine's page: RQ's registries, and messages that were refused for good."""

import uuid
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from rq import Queue
from rq.job import Job
from rq.results import Result
from rq.serializers import JSONSerializer
from sqlalchemy import select

from app import queues
from app.domain.models import Audit, OutboxMessage
from app.extensions import db
from tests.web.desk import Desk, form, press, words


def fail_a_message(desk: Desk) -> int:
    """A ticket note that the help desk has refused; its id."""
    desk.by_hand()
    with desk.app.app_context():
        message = db.session.scalars(select(OutboxMessage).where(OutboxMessage.system == "ticketing")).first()
        assert message
        message.state, message.error, message.tries = "failed", "422 The ticket is closed.", 3
        db.session.commit()
        return message.id


def message(desk: Desk, message_id: int) -> OutboxMessage:
    with desk.app.app_context():
        found = db.session.get(OutboxMessage, message_id)
        assert found
        return found


def test_a_refused_message_is_listed_and_sent_again_once(desk: Desk, engineer: FlaskClient) -> None:
    message_id = fail_a_message(desk)
    url = f"/workers/messages/{message_id}/send-again"
    page = engineer.get("/workers")
    assert "1 refused for good" in words(page)
    assert "422 The ticket is closed." in words(page)
    sent = form(page, url)
    assert [engineer.post(url, data=sent).status_code for _ in range(3)] == [303, 303, 303]
    assert message(desk, message_id).state == "pending"
    with desk.app.app_context():
        row = db.session.query(Audit).filter_by(what="message sent again").one()
        assert (row.by, (row.before or {})["error"]) == ("Nell Patcher", "422 The ticket is closed.")
    desk.work()
    assert message(desk, message_id).state == "sent"


def test_a_message_that_went_out_meanwhile_is_a_conflict(desk: Desk, engineer: FlaskClient) -> None:
    message_id = fail_a_message(desk)
    url = f"/workers/messages/{message_id}/send-again"
    sent = form(engineer.get("/workers"), url)
    press(engineer, "/workers", url)
    answer = engineer.post(url, data=sent)
    assert answer.status_code == 409
    assert "there is nothing to do" in words(answer)
    for unknown in (999999, 2**63):
        assert engineer.post(f"/workers/messages/{unknown}/send-again").status_code == 404


def test_administrators_see_refused_messages_but_do_not_send_them(desk: Desk, admin: FlaskClient) -> None:
    message_id = fail_a_message(desk)
    page = admin.get("/workers")
    assert "422 The ticket is closed." in words(page)
    assert "send-again" not in page.text
    assert admin.post(f"/workers/messages/{message_id}/send-again").status_code == 403


@pytest.fixture
def wakes(desk: Desk) -> queues.Wakes:
    """How the desk reaches its Redis."""
    found: queues.Wakes = desk.app.extensions["wakes"]
    return found


def test_queues_and_registries_are_shown_with_job_age_and_error(wakes: queues.Wakes, engineer: FlaskClient) -> None:
    about = str(uuid.uuid4())
    queue = Queue("provisioning", connection=wakes.redis, serializer=JSONSerializer)
    queue.enqueue(queues.ADVANCE, about)
    failed = Job.create(queues.ADVANCE, args=[about], connection=wakes.redis, serializer=JSONSerializer)
    failed.ended_at = datetime.now(UTC)
    failed.save()
    queue.failed_job_registry.add(failed, ttl=3600)
    Result.create_failure(failed, 3600, "Traceback …\nValueError: the light is out")
    page = words(engineer.get("/workers"))
    assert "0 started, 0 deferred, 0 scheduled, 1 failed" in page
    assert "ValueError: the light is out" in page
    assert about in page


def test_nonsense_in_redis_breaks_no_page(wakes: queues.Wakes, engineer: FlaskClient) -> None:
    queue = Queue("provisioning", connection=wakes.redis, serializer=JSONSerializer)
    queue.enqueue(queues.ADVANCE, "x")
    (job_id,) = queue.get_job_ids()
    wakes.redis.hset(f"rq:job:{job_id}", mapping={"data": b"\x00nonsense", "created_at": "yesterday"})
    wakes.redis.zadd(queue.failed_job_registry.key, {"gone": 9_999_999_999})
    answer = engineer.get("/workers")
    assert answer.status_code == 200
    assert "not there any more" in words(answer)
