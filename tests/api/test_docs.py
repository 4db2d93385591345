"""Every example of docs/api.md, as it stands there, in its order."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from app.extensions import db
from app.services import demo_carrier, demo_packages
from tests import cast

# What these tests are about does not depend on the database; one is enough.
pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
EXAMPLES = re.findall(r"```sh\n# → (\d{3})\n(.*?)```", PAGE, re.DOTALL)
PRINTED = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]


def request_of(command: str, known: dict[str, str]) -> dict[str, Any]:
    """A curl command as the test client's arguments; `known` are the shell's variables."""
    text = re.sub(r"\$(\w+)", lambda found: known[found[1]], command)
    words = iter(shlex.split(text.replace("\\\n", " ")))
    assert next(words) == "curl"
    asked: dict[str, Any] = {"method": "GET", "headers": {}}
    for word in words:
        if word == "-X":
            asked["method"] = next(words)
        elif word == "-H":
            name, _, value = next(words).partition(": ")
            asked["headers"][name] = value
        elif word in ("-d", "--data-binary"):
            asked["data"] = next(words)
        else:
            assert word.startswith("http://handoff.example/"), word
            asked["path"] = word.removeprefix("http://handoff.example")
    return asked


def test_the_examples_do_what_the_page_says(app, crm, work):
    assert len(EXAMPLES) >= 12
    known = {"HANDOFF": "http://handoff.example", "TOKEN": crm.environ_base["HTTP_AUTHORIZATION"].split()[1]}
    with app.app_context():
        demo_packages.build()
        demo_packages.enable_terms()
        demo_carrier.build()
        db.session.commit()
    client = app.test_client()
    for status, command in EXAMPLES:
        answer = client.open(**request_of(command, known))
        assert answer.status_code == int(status), f"{command}\n{answer.get_data(as_text=True)}"
        if answer.status_code == 201 and "items" in answer.json:
            work()
        if (answer.json or {}).get("status") == "draft":
            known["DRAFT"] = answer.json["id"]
        known |= now(crm, known.get("ORDER") or answer.json["id"])


def now(crm: Any, order_id: str) -> dict[str, str]:
    """The order, its first item, and the versions they are at: what the page's variables stand for."""
    order = crm.get(f"/oms/orders/{order_id}").json
    item = order["items"][0]
    return {
        "ORDER": order_id,
        "ORDER_VERSION": str(order["version"]),
        "ITEM": item["id"],
        "VERSION": str(item["version"]),
    }


def test_the_printed_error_is_the_real_one(crm):
    _, command = next(one for one in EXAMPLES if one[0] == "422")
    asked = request_of(command, {"HANDOFF": "http://handoff.example", "TOKEN": "x"})
    asked["headers"].pop("Authorization")
    answer = crm.open(**asked).json
    answer.pop("request_id")
    assert answer == PRINTED[0]


@pytest.mark.parametrize("scope", cast.EVERY_SCOPE)
def test_every_scope_is_explained(scope):
    assert f"| `{scope}` |" in PAGE
