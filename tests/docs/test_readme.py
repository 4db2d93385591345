"""The README says what is so."""

import re
from pathlib import Path

import pytest

from app.config import table

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_settings_table_lists_exactly_the_settings() -> None:
    listed = README.split("<!-- settings -->")[1].split("<!-- /settings -->")[0]
    rows = re.findall(r"^\| `([A-Z_]+)` \| ([^|]*) \| ([^|]*) \|", listed, re.MULTILINE)
    assert [(name, default) for name, _, default in rows] == [(row.name, row.default) for row in table()]


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {name for document in DOCUMENTS for name in re.findall(r"\bmake ([a-z-]+)\b`?", document.read_text())}
    named -= {"it", "the", "a", "way", "two", "sure", "them"}
    assert named <= targets, f"{named - targets}: no such target in the Makefile"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_to_a_file(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)\)", document.read_text())
    missing = [link for link in links if "://" not in link and not (document.parent / link).exists()]
    assert not missing


def test_the_demo_logins_in_the_tour_are_those_of_the_demo() -> None:
    demo = "".join(path.read_text() for path in (ROOT / "app/services").glob("demo*.py"))
    for login in set(re.findall(r"`([a-z0-9]+)@handoff\.example`", README)):
        assert login in demo
