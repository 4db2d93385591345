"""How an answer, or its absence, is judged. Against a real server that answers as it is told."""

import json
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from app.domain.errors import PermanentFailure, TemporaryFailure, UnknownOutcome
from workers.southbound.transport import MAX_ANSWER_BYTES, Http, Refused


@pytest.fixture
def http(httpserver: HTTPServer) -> Iterator[Http]:
    http = Http("inventory", httpserver.url_for("/"), {"Authorization": "Bearer hidden"}, 0.5, 0.5)
    yield http
    http.close()


def answer(server: HTTPServer, status: int, body: object = None, **headers: str) -> None:
    server.expect_request("/thing").respond_with_data(
        json.dumps(body) if body is not None else "", status, headers={"Content-Type": "application/json", **headers}
    )


def test_an_effect_carries_its_key_and_a_read_has_none(httpserver: HTTPServer, http: Http) -> None:
    answer(httpserver, 200, {})
    http.write("POST", "/thing", {"a": 1}, key="key-1")
    http.get("/thing")
    written, read = (request for request, _ in httpserver.log)
    assert written.headers["Idempotency-Key"] == "key-1"
    assert "Idempotency-Key" not in read.headers
    assert written.headers["Authorization"] == "Bearer hidden"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_these_are_worth_another_try(httpserver: HTTPServer, http: Http, status: int) -> None:
    answer(httpserver, status)
    with pytest.raises(TemporaryFailure, match=str(status)):
        http.write("POST", "/thing", {}, key="key-1")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422])
def test_these_are_not(httpserver: HTTPServer, http: Http, status: int) -> None:
    answer(httpserver, status)
    with pytest.raises(Refused) as told:
        http.write("POST", "/thing", {}, key="key-1")
    assert told.value.status == status


def test_reading_what_is_not_there_is_no_failure(httpserver: HTTPServer, http: Http) -> None:
    answer(httpserver, 404)
    assert http.get("/thing") is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"type": "about:blank", "title": "Bad", "detail": "VLAN 701 is taken."}, "422: VLAN 701 is taken."),
        ({"status": 400, "message": "Invalid", "errors": {"fields": {"cc": "no address"}}}, 'Invalid {"fields": .*cc'),
        ({"code": "20", "reason": "Not orderable"}, "Not orderable"),
        ("just a text", "just a text"),
    ],
)
def test_the_far_sides_own_words_are_passed_on(httpserver: HTTPServer, http: Http, body: object, words: str) -> None:
    answer(httpserver, 422, body)
    with pytest.raises(PermanentFailure, match=words):
        http.write("POST", "/thing", {}, key="key-1")


def test_a_redirect_is_not_followed(httpserver: HTTPServer, http: Http) -> None:
    answer(httpserver, 307, None, Location="http://127.0.0.1:1/elsewhere")
    with pytest.raises(PermanentFailure, match="redirects are not followed"):
        http.write("POST", "/thing", {}, key="key-1")
    assert len(httpserver.log) == 1


def test_retry_after_may_be_seconds_or_a_date(httpserver: HTTPServer, http: Http) -> None:
    answer(httpserver, 429, None, **{"Retry-After": "9"})
    with pytest.raises(TemporaryFailure) as seconds:
        http.get("/thing")
    assert seconds.value.retry_after == 9
    httpserver.clear()
    then = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    answer(httpserver, 503, None, **{"Retry-After": then})
    with pytest.raises(TemporaryFailure) as date:
        http.get("/thing")
    assert date.value.retry_after is not None and 50 < date.value.retry_after <= 60


def test_nonsense_in_retry_after_is_ignored(httpserver: HTTPServer, http: Http) -> None:
    answer(httpserver, 503, None, **{"Retry-After": "soon"})
    with pytest.raises(TemporaryFailure) as told:
        http.get("/thing")
    assert told.value.retry_after is None


def test_an_answer_that_is_lost_is_unknown_where_the_far_side_does_not_deduplicate(
    httpserver: HTTPServer, http: Http, patience: None
) -> None:
    with pytest.raises(UnknownOutcome, match="may or may not have happened"):
        http.write("POST", "/slow", {}, key="key-1", repeatable=False)
    with pytest.raises(TemporaryFailure, match="asking again is safe"):
        http.write("POST", "/slow", {}, key="key-1")


def test_a_broken_far_side_that_does_not_deduplicate_leaves_it_unknown(httpserver: HTTPServer, http: Http) -> None:
    answer(httpserver, 502)
    with pytest.raises(UnknownOutcome):
        http.write("POST", "/thing", {}, key="key-1", repeatable=False)


def test_an_answer_that_is_not_json_is_shown(httpserver: HTTPServer, http: Http) -> None:
    httpserver.expect_request("/thing").respond_with_data("<html>Welcome to the proxy")
    with pytest.raises(PermanentFailure, match="not JSON but begins “<html>Welcome"):
        http.get("/thing")


def test_an_endless_answer_is_cut_off(httpserver: HTTPServer, http: Http) -> None:
    httpserver.expect_request("/thing").respond_with_data(b" " * (MAX_ANSWER_BYTES + 1))
    with pytest.raises(TemporaryFailure, match="too large"):
        http.get("/thing")


def test_proxies_of_the_environment_are_not_used(
    httpserver: HTTPServer, http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    answer(httpserver, 200, {"ok": True})
    assert http.get("/thing") == {"ok": True}


def test_a_forked_worker_makes_its_own_connections(httpserver: HTTPServer, http: Http) -> None:
    answer(httpserver, 200, {})
    http.get("/thing")
    before = http._connected()
    http._owner_pid = os.getpid() + 1  # as a child sees what its parent left
    assert http._connected() is not before
    before.close()


@pytest.fixture
def patience(httpserver: HTTPServer) -> Iterator[None]:
    """/slow answers only when the test is over."""
    over = threading.Event()

    def wait(_request: Request) -> Response:
        over.wait(10)
        return Response("{}")

    httpserver.expect_request("/slow").respond_with_handler(wait)
    yield
    over.set()
