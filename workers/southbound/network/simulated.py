"""A network driver without a network: switches whose running configuration is a row in our database."""

import copy

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from app.domain import clock
from app.domain.models.network import SwitchConfig
from workers.southbound.database import transaction
from workers.southbound.network.difference import changed_switches, changes, planned
from workers.southbound.network.driver import Change, ChangedMeanwhile
from workers.southbound.network.intent import Configs, applied, empty
from workers.southbound.network.measurements import simulated
from workers.southbound.protocols import Json, Plan

PRETENDED = "pretended"
"""Section of a running configuration: port → check → what a measurement there is to see."""


class SimulatedSwitches:
    """The lock of a switch is its revision: a write names the one it was rendered from, and loses if it is gone."""

    def render(self, action: str, parameters: Json) -> Change:
        before, revisions = _read()
        return Change(before, applied(action, parameters, before), revisions)

    def diff(self, change: Change) -> Plan:
        return planned(change.before, change.after)

    def apply(self, change: Change) -> str:
        switches = changed_switches(change.before, change.after)
        with transaction() as session:
            for switch in switches:
                _replace(session, switch, change.revisions.get(switch, 0), change.after[switch])
        return ", ".join(f"{switch} r{change.revisions.get(switch, 0) + 1}" for switch in switches)

    def verify(self, change: Change) -> list[Json]:
        running, _ = _read()
        return [
            _check(switch, section, name, wanted, running.get(switch, empty())[section].get(name))
            for switch, section, name, _, wanted in changes(change.before, change.after)
        ]

    def rollback(self, change: Change) -> None:
        with transaction() as session:
            for switch in changed_switches(change.before, change.after):
                row = session.get_one(SwitchConfig, switch, with_for_update=True)
                running = copy.deepcopy(row.running)
                for place, section, name, old, _ in changes(change.before, change.after):
                    if place == switch and old is None:
                        running[section].pop(name, None)
                    elif place == switch:
                        running[section][name] = old
                _replace(session, switch, row.revision, running)

    def measure(self, check: str, parameters: Json) -> Json:
        running, _ = _read()
        return simulated(check, parameters, _pretended(running, parameters).get(check))

    def pretend(self, switch: str, port: str, check: str, value: object) -> None:
        """For trying things out and tests: from now on `check` sees `value` at this port (None: as before)."""
        with transaction() as session:
            _ensure(session, switch)
            row = session.get_one(SwitchConfig, switch, with_for_update=True)
            running = copy.deepcopy(row.running)
            seen = running.setdefault(PRETENDED, {}).setdefault(port, {})
            seen.pop(check, None)
            if value is not None:
                seen[check] = {"value": value}
            _replace(session, switch, row.revision, running)


def _read() -> tuple[Configs, dict[str, int]]:
    with transaction() as session:
        rows = session.scalars(select(SwitchConfig)).all()
        return {row.switch_name: row.running for row in rows}, {row.switch_name: row.revision for row in rows}


def _replace(session: Session, switch: str, revision: int, running: Json) -> None:
    if revision == 0:
        _ensure(session, switch)
    written = session.execute(
        update(SwitchConfig)
        .where(SwitchConfig.switch_name == switch, SwitchConfig.revision == revision)
        .values(running=running, revision=revision + 1, modified_at=clock.now())
        .returning(SwitchConfig.revision)
        .execution_options(synchronize_session=False)
    ).first()
    if written is None:
        raise ChangedMeanwhile(switch)


def _ensure(session: Session, switch: str) -> None:
    """The row of a switch that is configured for the first time. Somebody else's insert at the same time is fine."""
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    values = {"switch_name": switch, "revision": 0, "running": empty(), "modified_at": clock.now()}
    session.execute(insert(SwitchConfig).values(values).on_conflict_do_nothing())


def _check(switch: str, section: str, name: str, wanted: Json | None, found: Json | None) -> Json:
    ok = wanted == found
    detail = "as intended" if ok else f"{'gone' if found is None else found} instead of {wanted or 'gone'}"
    return {"name": f"{switch}: {section} {name}", "ok": ok, "detail": detail}


def _pretended(running: Configs, parameters: Json) -> Json:
    port = str(parameters.get("port") or "")
    for switch, config in running.items():
        for name, seen in config.get(PRETENDED, {}).items():
            if port in (name, f"{switch} {name}"):
                return dict(seen)
    return {}
