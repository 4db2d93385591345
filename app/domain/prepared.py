"""Statements that run for every step, built once and kept: building one anew costs more than running it.

Rows that are inserted inside of `together` wait for its end.
"""

from functools import cache
from typing import Any

from sqlalchemy import Executable, Insert, Table, Update, bindparam, insert, update

from app.domain import together
from app.extensions import db


def add(table: Table, **values: Any) -> None:
    """Insert one row."""
    run(_insert(table), [values])


def add_all(table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows that have the same columns."""
    if rows:
        run(_insert(table), rows)


def run(statement: Executable, rows: list[dict[str, Any]]) -> None:
    """Run a statement that inserts, for each of these rows."""
    kept = together.here()
    if kept is not None:
        kept.keep(statement, rows)
    else:
        together.execute(statement, rows)


@cache
def _insert(table: Table) -> Insert:
    return insert(table).inline()  # its number is nobody's business here


def write(table: Table, row_id: Any, **values: Any) -> None:
    """Update plain values of the row with this id."""
    db.session.execute(_update(table, tuple(values)), {"row_id": row_id, **parameters(values)})


@cache
def _update(table: Table, columns: tuple[str, ...]) -> Update:
    return update(table).where(table.c.id == bindparam("row_id")).values(placeholders(columns))


def placeholders(columns: tuple[str, ...]) -> dict[str, Any]:
    """`values(…)` of a statement that is to be kept; `parameters` gives them when it runs."""
    return {name: bindparam(f"new_{name}") for name in columns}


def parameters(values: dict[str, Any]) -> dict[str, Any]:
    return {f"new_{name}": value for name, value in values.items()}
