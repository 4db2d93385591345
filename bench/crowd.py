"""A great number of orders of one item each, written by PostgreSQL itself: a million in about a minute.

One order in fourteen is open, the newest ones and some that got stuck long ago: paused, claimed, failed, waiting for
members and far systems, or in the machine's hands. The others have ended.
"""

import uuid
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import Column, Table, text

from app.domain.models import Account, Location, Order, OrderItem, Service, StepRow, Switch, Wait
from app.domain.models.base import table_of
from app.extensions import db
from tests import cast

MEMBERS = 2_000
FIRST_ORDER, FIRST_SERVICE = 200_000, 2_000_000

# What becomes of order number n; k is what is left of n by 100.
OPEN = "(n % 20 = 7 or n > {number} * 0.98)"
KINDS = {
    "unclaimed": "k < 40",
    "claimed": "k between 40 and 44",
    "failed": "k between 45 and 52",
    "member": "k between 53 and 62",
    "system": "k between 63 and 79",
    "queued": "k >= 80",
}
ROWS = """
select n, (n / 20 + n) % 100 as k, {open} as open, case when not {open} then 'ended' {kinds} end as kind,
  md5('order' || n)::uuid as order_id, md5('item' || n)::uuid as item_id, md5('service' || n)::uuid as service_id,
  'member-' || (n * 97 % {members}) as account_id, now() - ({number} - n) * interval '{gap} seconds' as born,
  (array['multiservice_port', 'peering_unit', 'pvlan_unit', 'connexions'])[1 + n % 4] as service_type,
  (array['new', 'modify', 'cease'])[1 + n % 3] as action, {place} as place
from generate_series(1, {number}) n
"""


def load(number: int) -> None:
    """So many orders, each with an item, a service, and what belongs to the state it is in. Committed, analysed.
    The cast is there already."""
    tables = [table_of(model) for model in (Order, OrderItem, Service, StepRow, Wait)]
    dropped = [index for table in tables for index in table.indexes if not index.unique]
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for setting in ("session_replication_role = replica", "maintenance_work_mem = '256MB'", "work_mem = '64MB'"):
            connection.execute(text(f"set {setting}"))
        for index in dropped:
            index.drop(connection)
        connection.execute(text(f"create unlogged table crowd as {_rows(number)}"))
        for statement in _statements():
            connection.execute(text(statement))
        connection.execute(text("drop table crowd"))
        for index in dropped:
            index.create(connection)
        connection.execute(text("vacuum analyze"))


def _rows(number: int) -> str:
    """Order n with its state, spread over three years."""
    kinds = " ".join(f"when {condition} then '{kind}'" for kind, condition in KINDS.items())
    places = db.session.query(Location.fabric_code, Location.code).order_by(Location.code).all()
    place = ", ".join(f"'{row.fabric_code} {row.code}'" for row in places)
    db.session.rollback()
    return ROWS.format(
        number=number, members=MEMBERS, gap=3 * 365 * 86400 // number, open=OPEN.format(number=number),
        kinds=kinds.replace("k ", "(n / 20 + n) % 100 "), place=f"(array[{place}])[1 + n % {len(places)}]",
    )  # fmt: skip


def _statements() -> list[str]:
    engineer = cast.user(cast.ENGINEER).id
    db.session.rollback()
    return [_accounts(), _orders(), _services(), _items(), _steps(), _open_waits(engineer), _closed_waits(), *_ports()]


def _accounts() -> str:
    return _insert(Account, f"generate_series(0, {MEMBERS - 1}) n", id="'member-' || n", handle="'member_' || n",
                   organisation="'Example Networks ' || n", asn="65536 + n % 16", created_at="now()")  # fmt: skip


STATUS = (
    "case kind when 'ended' then 'completed' when 'failed' then 'error' when 'member' then 'awaiting_member' "
    "when 'system' then 'provisioning' when 'queued' then 'inventory' else 'awaiting_agent' end"
)


def _orders() -> str:
    return _insert(
        Order, "crowd", id="order_id", number=f"{FIRST_ORDER} + n", status=STATUS, account_id="account_id",
        requestor="""'{"full_name": "Ada Quayside"}'""", ticket_number="n", created_at="born", modified_at="born",
        submission_date="born", channel="'api'",
    )  # fmt: skip


def _services() -> str:
    return _insert(
        Service, "crowd", id="service_id", number=f"{FIRST_SERVICE} + n", service_type="service_type",
        state="case when open then 'pre_active' else 'active' end", account_id="account_id",
        fabric_code="split_part(place, ' ', 1)", location_code="split_part(place, ' ', 2)", vlan_id="1 + n % 4094",
        mac_address="'02:00:00:' || regexp_replace(lpad(to_hex(n), 6, '0'), '(..)(..)(..)', '\\1\\:\\2\\:\\3')",
    )  # fmt: skip


def _items() -> str:
    state = (
        "case kind when 'ended' then 'done' when 'failed' then 'error' when 'queued' then 'ready' else 'waiting' end"
    )
    return _insert(
        OrderItem, "crowd", id="item_id", order_id="order_id", item_number="1", service_type="service_type",
        action="action", service_id="service_id", service_number=f"{FIRST_SERVICE} + n", state=state, status=STATUS,
        stage="'provisioning'", status_since="born + interval '1 hour'", created_at="born", modified_at="born",
        last_error="case kind when 'failed' then 'The light on the port is too weak.' end", cursor="1",
        error_class="case kind when 'failed' then (array['permanent', 'temporary', 'unknown'])[1 + n % 3] end",
    )  # fmt: skip


def _steps() -> str:
    steps = "crowd, (values (0, 'reserve', 'Reserve a port'), (1, 'patch', 'Patch the cross-connect')) s (at, key, t)"
    return _insert(StepRow, steps, "open", item_id="item_id", position="at", key="key", title="t", kind="'manual'",
                   stage="'provisioning'", team="'engineering'")  # fmt: skip


def _open_waits(engineer: uuid.UUID) -> str:
    audience = "case kind when 'member' then 'account:' || account_id when 'system' then 'system:network' else {} end"
    claimed = "case kind when 'claimed' then {} end"
    return _insert(
        Wait, "crowd", "kind in ('unclaimed', 'claimed', 'member', 'system')", id="md5('wait' || n)::uuid",
        item_id="item_id", step_key="'patch'", kind="case kind when 'member' then 'member' when 'system' then 'system' "
        "else 'manual' end", audience=audience.format("'team:engineering'"), title="'Patch the cross-connect'",
        ask="null", open="true", opened_at="born + interval '1 hour'", due_at="born + interval '5 hours'",
        claimed_by_id=claimed.format(f"'{engineer}'::uuid"), claim_until=claimed.format("now() + interval '3 hours'"),
    )  # fmt: skip


def _closed_waits() -> str:
    return _insert(
        Wait, "crowd", "kind = 'ended'", id="md5('wait' || n)::uuid", item_id="item_id", step_key="'patch'",
        kind="'manual'", audience="'team:engineering'", title="'Patch the cross-connect'", open="false",
        opened_at="born", due_at="born + interval '4 hours'", closed_at="born + interval '1 hour'",
        closed_how="'answered'",
    )  # fmt: skip


def _ports() -> list[str]:
    """A port for each hundredth service, 400 on a switch."""
    switch = "'crowd-' || n / 40000"
    return [
        _insert(Switch, "(select distinct n / 40000 as at from crowd) s", name="'crowd-' || at", fabric_code="'lon1'",
                location_code="'LD8'"),
        f"insert into port (id, switch_name, name, capacity, service_id) select md5('port' || n)::uuid, {switch}, "
        "'xe-' || n % 40000 / 100, 10000, service_id from crowd where n % 100 = 0",
    ]  # fmt: skip


def _insert(model: Any, source: str, where: str = "true", **given: str) -> str:
    """INSERT … SELECT with these expressions, and what the model itself would put into the other columns."""
    table: Table = table_of(model)
    values = {column.name: given.get(column.name) or _default(column) for column in table.columns}
    known = {name: value for name, value in values.items() if value is not None}
    names = ", ".join(f'"{name}"' for name in known)
    return f"insert into {table.name} ({names}) select {', '.join(known.values())} from {source} where {where}"


def _default(column: Column[Any]) -> str | None:
    default: Any = column.default
    if default is None or (column.primary_key and column.autoincrement is True):
        return None
    value = default.arg(None) if default.is_callable else default.arg
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, uuid.UUID | datetime):
        return "gen_random_uuid()" if isinstance(value, uuid.UUID) else "now()"
    if isinstance(value, dict | list):
        return "'{}'" if isinstance(value, dict) else "'[]'"
    return str(value).lower() if isinstance(value, bool | int) else f"'{value}'"
