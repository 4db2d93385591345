"""Who may import whom. A failing rule says the cure."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

NEVER = [
    ("app", "workers", "the web needs no handler code; workers publish their plans, and wake-ups are named by string"),
    ("workers", "app.web", "a worker has no faces; what both need lives in app/services or app/queries"),
    ("app.domain", "app.services", "the law knows no verbs; move what the domain needs down into app/domain"),
    ("app.domain", "app.queries", "the law knows no pages; move what the domain needs down into app/domain"),
    ("app.domain", "app.web", "the law knows no faces"),
    ("app.domain", "app.catalogue", "the law does not know what is sold; pass in what it needs"),
    ("app.domain", "flask", "the law knows no HTTP"),
    ("app.domain", "rq", "the law knows no queue; note a wake-up with after_commit.wake"),
    ("app.domain", "redis", "the law knows no queue; note a wake-up with after_commit.wake"),
    ("app.domain", "httpx", "the law calls nobody; far systems are called in steps"),
    ("app.catalogue", "app.services", "the catalogue is facts and rules; the World protocol brings what it must ask"),
    ("app.catalogue", "app.extensions", "the catalogue has no database; ask through the World protocol"),
    ("app.catalogue", "sqlalchemy", "the catalogue has no database; ask through the World protocol"),
    ("app.catalogue", "flask", "the catalogue knows no HTTP"),
    ("app.services", "app.web", "a service is called by every face and knows none of them"),
    ("app.services", "flask", "a service knows no request; pass in what it needs"),
    ("app.queries", "app.web", "a query is called by every face and knows none of them"),
    ("app.queries", "flask", "a query knows no request; pass in what it needs"),
    ("workers.handlers", "app.extensions", "a step touches no session; give app/services/stock.py the verb it needs"),
    ("workers.handlers", "app.services", "a step gets the stock through its task"),
    ("workers.handlers", "httpx", "a step calls far systems through task.systems"),
    ("workers.southbound", "workers.handlers", "clients know no runbooks"),
    ("workers.southbound", "workers.pipeline", "clients know no engine"),
]


def _imports() -> Iterator[tuple[str, str]]:
    for top in ("app", "workers"):
        for path in sorted(ROOT.glob(f"{top}/**/*.py")):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ImportFrom) and node.module:
                    yield module, node.module
                    for alias in node.names:
                        yield module, f"{node.module}.{alias.name}"
                elif isinstance(node, ast.Import):
                    for alias in node.names:
                        yield module, alias.name


IMPORTS = sorted(set(_imports()))


def _inside(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


@pytest.mark.parametrize(("floor", "never", "cure"), NEVER, ids=lambda value: value if "." in str(value) else None)
def test_nobody_imports_upstairs(floor: str, never: str, cure: str) -> None:
    wrong = sorted(
        {f"{here} imports {there}" for here, there in IMPORTS if _inside(here, floor) and _inside(there, never)}
    )
    assert not wrong, f"{wrong}: {cure}"


def test_only_the_queue_room_knows_rq() -> None:
    allowed = {"app.queues", "workers.worker", "workers.__main__", "app.queries.engine"}
    wrong = sorted({here for here, there in IMPORTS if _inside(there, "rq") and here not in allowed})
    assert not wrong, f"{wrong} import rq: put what they need into app/queues.py (web) or workers/worker.py (workers)"


@pytest.mark.parametrize("heavy", ["app.web", "app.site", "flask_wtf", "alembic", "authlib"])
def test_a_worker_loads_nothing_that_only_a_face_needs(heavy: str) -> None:
    reached, ahead = set(), ["workers.__main__"]
    while ahead:
        module = ahead.pop()
        if module not in reached:
            reached.add(module)
            parents = {module.rsplit(".", level)[0] for level in range(module.count(".") + 1)}
            ahead += [there for here, there in IMPORTS if here == module or here in parents]
    loaded = sorted(module for module in reached if _inside(module, heavy))
    cure = "a worker would grow by a third; build on app.engine, and keep what only faces need below app/web"
    assert not loaded, f"workers load {loaded}: {cure}"


def test_there_are_enough_modules_for_these_rules_to_mean_something() -> None:
    assert len({here for here, _ in IMPORTS}) > 60
