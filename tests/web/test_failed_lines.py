"""The lines of a file that failed, as a file again."""

import io

import pytest
from flask.testing import FlaskClient

from tests.web.desk import Desk


@pytest.mark.parametrize(("name", "sent", "line"), [
    ("orders.jsonl", '{"surprise": 1}\n', '{"surprise": 1}'),
    ("orders.csv", "service_type,notes\nmoon,=1+1,one too many\n", "moon,'=1+1,one too many"),
])  # fmt: skip
def test_failed_lines_come_back_as_a_file_of_the_same_form(
    desk: Desk, sales: FlaskClient, name: str, sent: str, line: str
) -> None:
    """Read as it is sent, as a server does: nothing of the request is open any more but what the answer keeps."""
    taken = sales.post("/imports", data={"mode": "drafts", "file": (io.BytesIO(sent.encode()), name)})
    assert taken.status_code == 303
    answer = sales.get(f"{taken.location}/failed", buffered=False)
    assert line in answer.text
