"""What the browser loads is what stands in app/static/src, pinned, and small."""

import re
from pathlib import Path

import pytest

from deploy import assets

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", sorted(assets.LIMITS))
def test_the_bundle_is_made_from_the_files_beside_it(name: str) -> None:
    assert assets.is_current(name), "run  python deploy/assets.py  and commit what it writes"


@pytest.mark.parametrize(("name", "limit"), sorted(assets.LIMITS.items()))
def test_the_bundle_keeps_to_its_size(name: str, limit: int) -> None:
    assert assets.gzipped((assets.STATIC / name).read_text()) <= limit


def test_every_own_file_is_in_a_bundle() -> None:
    bundled = {path for name in assets.LIMITS for path in assets.sources(name)}
    own = {str(path.relative_to(assets.STATIC)) for path in (assets.STATIC / "src").rglob("*.*")}
    assert own <= bundled, "name new files in SCRIPTS or STYLES of deploy/assets.py"


def test_vendored_files_are_the_ones_that_the_document_pins() -> None:
    listed = re.findall(r"^\| `([^`]+)`.*`([0-9a-f]{64})` \|$", (ROOT / "docs" / "assets.md").read_text(), re.MULTILINE)
    assert len(listed) == 2
    for path, pinned in listed:
        assert assets.sha256(ROOT / path) == pinned, f"{path} is not the file that docs/assets.md names"


def test_templates_hold_no_inline_script_or_style() -> None:
    forbidden = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\shx-on|\son[a-z]+=\"|javascript:", re.IGNORECASE)
    templates = ROOT / "app" / "templates"
    for template in templates.rglob("*.html"):
        if template.is_relative_to(templates / "mail"):
            continue  # mail programs read no style sheet, and know no policy
        found = forbidden.search(template.read_text())
        assert not found, f"{template.relative_to(ROOT)}: “{found and found[0]}” would be refused by the strict CSP"


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    drawn = set(re.findall(r'<symbol id="([a-z]+)"', (assets.STATIC / "icons.svg").read_text()))
    statuses = {"queued", "running", "paused", "claimed", "waiting", "failed", "done", "cancelled"}
    named = statuses | {
        name
        for template in (ROOT / "app" / "templates").rglob("*.html")
        for name in re.findall(r'icon\("([a-z]+)"', template.read_text())
    }
    assert named <= drawn
