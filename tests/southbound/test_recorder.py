"""What an engineer can read later about a step's calls."""

import json

import pytest

from app.domain.errors import PermanentFailure
from workers.southbound import Systems
from workers.southbound.network.local import LocalNetworkAutomation
from workers.southbound.recorder import REDACTED, Call, recorded, redacted

SERVICE = {"service_number": 400002, "account": "acc-1", "port": "edge1-test xe-0/0/1"}


def test_every_call_is_kept_with_what_was_asked_and_answered(local_systems: Systems, key: str) -> None:
    calls: list[Call] = []
    systems = recorded(local_systems, calls)
    reference = systems.network.submit(key, "connect_service", SERVICE)
    systems.network.poll(reference)
    assert [(call.system, call.verb) for call in calls] == [("network", "submit"), ("network", "poll")]
    assert calls[0].request == {"key": key, "action": "connect_service", "parameters": SERVICE}
    assert calls[0].response == reference
    assert calls[1].response["state"] == "succeeded"
    assert all(call.error is None and call.milliseconds >= 0 for call in calls)


def test_a_failed_call_is_kept_and_still_fails(local_systems: Systems) -> None:
    calls: list[Call] = []
    with pytest.raises(PermanentFailure):
        recorded(local_systems, calls).network.poll("job-of-nobody")
    assert [call.error for call in calls] == ["PermanentFailure: network: there is no job job-of-nobody."]


def test_a_call_fits_into_a_json_column(local_systems: Systems, key: str) -> None:
    calls: list[Call] = []
    recorded(local_systems, calls).network.plan("connect_service", SERVICE)
    row = calls[0].as_dict()
    assert json.loads(json.dumps([row["request"], row["response"]]))[1]["touches"][0]["kind"] == "service"
    assert row.keys() == {"system", "verb", "request", "response", "error", "milliseconds", "made_at"}


def test_the_recording_says_which_system_it_stands_before(local_systems: Systems) -> None:
    assert recorded(local_systems, []).network.system == LocalNetworkAutomation.system


@pytest.mark.parametrize("name", ["password", "api_key", "Authorization", "callback_secret", "access_token"])
def test_what_is_called_a_secret_is_not_kept(name: str) -> None:
    assert redacted({"outer": [{name: "hunter2"}]}) == {"outer": [{name: REDACTED}]}


@pytest.mark.parametrize("text", ["sent Bearer abcdef123456", "sent key 1:ABCDEFGHIJKL", "Basic dXNlcjpwYXNz"])
def test_what_looks_like_a_secret_is_not_kept(text: str) -> None:
    assert REDACTED in redacted(text)
    assert not {"abcdef123456", "1:ABCDEFGHIJKL", "dXNlcjpwYXNz"} & set(redacted(text).split())


def test_ordinary_words_are_kept() -> None:
    assert redacted("the key connects basic services") == "the key connects basic services"


def test_an_endless_text_is_cut() -> None:
    assert len(redacted("x" * 100_000)) < 10_000
