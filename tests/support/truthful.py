"""A program that holds every answer against /openapi.json: so each test of the API also proves the document."""

import functools
from typing import Any

import jsonschema_rs
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from app.web.api import openapi


class TruthfulClient(FlaskClient):
    """Fails where the server answers what the document does not promise: another status, media type or shape."""

    def open(self, *args: Any, **more: Any) -> TestResponse:
        answer = super().open(*args, **more)
        call = _call_of(self.application, answer)
        if call is not None:
            _hold_against(*call, answer)
        return answer


def _call_of(app: Flask, answer: TestResponse) -> tuple[str, str] | None:
    """The path of the document and the method; None where the API has no such call."""
    request = answer.request
    try:
        rule, _ = app.url_map.bind("").match(request.path, request.method, return_rule=True)
    except HTTPException:
        return None
    path = openapi.path_of(rule)
    _document(app)
    return (path, request.method.lower()) if path in _KNOWN["paths"] else None


def _hold_against(path: str, method: str, answer: TestResponse) -> None:
    promised = _KNOWN["paths"][path][method]["responses"]
    told = f"{method.upper()} {path} answered {answer.status_code}"
    assert str(answer.status_code) in promised, f"{told}, which /openapi.json does not promise: {answer.text[:300]}"
    content = promised[str(answer.status_code)].get("content", {})
    if not content:
        assert not answer.data, f"{told} with a body, and /openapi.json promises none"
        return
    assert answer.mimetype in content, f"{told} as {answer.mimetype}; /openapi.json promises {', '.join(content)}"
    wrong = [str(one) for one in _validator(path, method, answer.status_code, answer.mimetype).iter_errors(answer.json)]
    assert not wrong, f"{told} in another shape than /openapi.json promises: {wrong[:3]}"


_KNOWN: dict[str, Any] = {}


def _document(app: Flask) -> None:
    """Read once: it is made of the code alone."""
    if not _KNOWN:
        with app.app_context():
            _KNOWN.update(openapi.specification())


@functools.cache
def _validator(path: str, method: str, status: int, media: str) -> Any:
    schema = _KNOWN["paths"][path][method]["responses"][str(status)]["content"][media]["schema"]
    return jsonschema_rs.Draft202012Validator({**schema, "components": _KNOWN["components"]})
