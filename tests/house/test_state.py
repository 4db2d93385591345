"""An item's state is written in one file, effects carry keys, and nothing is stubbed out."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = [*sorted(ROOT.glob("app/**/*.py")), *sorted(ROOT.glob("workers/**/*.py"))]
ITEM_TABLE_NAMES = {"item", "items", "OrderItem"}


def _updates_of_items(path: Path) -> Iterator[ast.Call]:
    """Calls of .values(…) on a statement that begins with update(item) or update(OrderItem)."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "values"):
            continue
        inner: ast.expr = node
        while isinstance(inner, ast.Call):
            if isinstance(inner.func, ast.Name) and inner.func.id == "update":
                target = inner.args[0]
                if isinstance(target, ast.Name) and target.id in ITEM_TABLE_NAMES:
                    yield node
                break
            if not isinstance(inner.func, ast.Attribute):
                break
            inner = inner.func.value


def test_only_the_lifecycle_writes_an_items_state() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in SOURCES
        for call in _updates_of_items(path)
        if path.name != "lifecycle.py"
        and any(keyword.arg in ("state", "token", "lease_until") for keyword in call.keywords)
    ]
    assert not wrong, f"{wrong}: state, token and lease are written by app/domain/lifecycle.py alone; add a move there"


def test_the_scan_finds_the_writes_it_is_about() -> None:
    lifecycle = ROOT / "app/domain/lifecycle.py"
    assert len(list(_updates_of_items(lifecycle))) >= 4


def test_nobody_sets_the_state_of_an_item_object() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr == "state"
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id in ("item", "order_item")
    ]
    assert not wrong, f"{wrong}: use lifecycle.act, lifecycle.fenced or lifecycle.mark"


def test_every_effect_on_a_far_system_carries_a_key() -> None:
    """create, update, submit, ensure, note, set_status and send take the key first."""
    effects = re.compile(
        r"\.(inventory\.(create|update)|network\.submit|ticketing\.(ensure|note|set_status)|notifier\.send)\(\s*(\S+?)[,)]"
    )
    wrong = [
        f"{path.relative_to(ROOT)}: {found.group(0)}"
        for path in ROOT.glob("workers/**/*.py")
        for found in effects.finditer(path.read_text())
        if not found.group(4).endswith(".key")
    ]
    assert not wrong, f"{wrong}: pass task.key (or the message's key), which is the same on every try"


def test_nothing_is_left_for_later() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError")
    wrong = [str(path.relative_to(ROOT)) for path in SOURCES if marks.search(path.read_text())]
    assert not wrong, f"{wrong}: do it now, or say it in docs/decisions.md"


def test_no_file_is_too_long_to_read_at_once() -> None:
    long = {
        str(path.relative_to(ROOT)): lines for path in SOURCES if (lines := len(path.read_text().splitlines())) > 420
    }
    assert not long, f"{long}: split by noun; a room should be seen at one glance"
