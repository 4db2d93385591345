"""Imports: a line becomes one order, whatever happens to the worker; what is wrong with one stops no other."""

import threading
import uuid
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.catalogue import ItemInput
from app.config import Config
from app.domain import after_commit, clock
from app.domain.errors import Conflict, Finding, Invalid
from app.domain.models import Account, ImportLine, Order, OrderImport, OrderItem
from app.extensions import db
from app.services import access, import_chunk, import_lines, imports, sweep, turns
from app.services import orders as order_verbs
from app.services.access import actor_of
from app.services.actor import Actor
from app.services.import_lines import FileLine, Record
from app.services.imports import ImportedBefore, Upload
from app.services.order_input import OrderInput
from tests import cast
from tests.services.conftest import CRM, ON_SQLITE
from tests.support.statements import counted

DETAILS = {"fabric": "lon1", "location": "LD8", "port_capacity": 1_000}


@pytest.fixture
def sales(exchange: Flask) -> Actor:
    cast.more_ports(40, capacity=1_000)
    return actor_of(cast.user(cast.SALES))


def line(
    number: int, account: str = cast.HARBOUR, *, requestor: Any = None, notes: str | None = None, **details: Any
) -> Record:
    item = ItemInput("multiservice_port", "new", {**DETAILS, **details}, item_number=1)
    said = requestor or {"account_id": account}
    return import_lines.one(number, [str(number)], OrderInput("", said, [item], "file", notes=notes))


def unit(number: int, mac: str) -> Record:
    details = {"port": cast.PORT, "fabric": "edi2", "location": "PUL", "service_capacity": 100}
    item = ItemInput("peering_unit", "new", {**details, "mac_address": f"00:00:5e:00:53:{mac}"}, item_number=1)
    return import_lines.one(number, [str(number)], OrderInput("", {"account_id": cast.HARBOUR}, [item], "file"))


def upload(digest: str = "d", mode: str = "submit", **more: Any) -> Upload:
    return Upload("orders.csv", "csv", mode, "desk", digest, 10, ["a"], **more)


def states(import_id: uuid.UUID) -> list[tuple[int, str]]:
    rows = db.session.execute(
        select(ImportLine.number, ImportLine.state).where(ImportLine.import_id == import_id).order_by(ImportLine.number)
    ).all()
    db.session.rollback()
    return [(row.number, row.state) for row in rows]


def orders() -> int:
    counted = db.session.execute(select(func.count()).select_from(Order)).scalar_one()
    db.session.rollback()
    return counted


def numbers() -> tuple[list[int], list[int]]:
    """Those of the orders and of the services that they made."""
    rows = db.session.execute(select(Order.number, OrderItem.service_number).join(OrderItem.order)).all()
    db.session.rollback()
    return sorted(row.number for row in rows), sorted(row.service_number for row in rows)


def test_good_lines_become_orders_and_bad_ones_say_why(sales: Actor, config: Config) -> None:
    unread = import_lines.one(5, ["x"], None, [Finding("/moon", "unknown", "moon is not a field of this request.")])
    records = [line(2), line(3, fabric="moon"), line(4, account="nobody"), unread, line(6)]
    import_id = imports.start(sales, upload(), records)
    assert imports.work(import_id, config) == "finished"
    assert states(import_id) == [(2, "done"), (3, "failed"), (4, "failed"), (5, "failed"), (6, "done")]
    assert imports.work(import_id, config) == "not due"
    made = db.session.scalars(select(Order).order_by(Order.number)).all()
    alias = db.session.get_one(OrderImport, import_id).alias
    assert [(one.batch_alias, one.origin, one.channel) for one in made] == [(alias, "mass_migration", "desk")] * 2
    assert len({item.service_number for one in made for item in one.items}) == 2


def test_no_more_ports_are_ordered_than_there_are_whatever_chunk_a_line_is_in(
    sales: Actor, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "CHUNK", 3)
    records = [line(number, fabric="lon2") for number in range(2, 10)]
    import_id = imports.start(sales, upload(), records)
    assert imports.work(import_id, config) == "finished"
    assert [state for _, state in states(import_id)] == ["done"] * 4 + ["failed"] * 4
    told = db.session.scalars(select(ImportLine.findings).where(ImportLine.number == 6)).one()
    assert [(one["pointer"], one["rule"]) for one in told] == [("/items/0/details/port_capacity", "sold_out")]
    assert orders() == 4


def test_a_worker_that_dies_leaves_no_line_twice(sales: Actor, config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "CHUNK", 2)
    import_id = imports.start(sales, upload(), [line(number) for number in range(2, 7)])
    made, chunks = import_chunk.made, []

    def dies(*args: Any) -> Any:
        chunks.append(made(*args))
        if len(chunks) == 2:
            raise KeyboardInterrupt
        return chunks[-1]

    with monkeypatch.context() as dying:
        dying.setattr(import_chunk, "made", dies)
        with pytest.raises(KeyboardInterrupt):
            imports.work(import_id, config)
    db.session.rollback()
    assert orders() == 2, "the second chunk was never committed"
    assert imports.work(import_id, config) == "not due", "its lease still lasts"
    db.session.execute(import_lines.imports.update().values(lease_until=None))
    db.session.commit()
    assert turns.orphans(sweep.UNDERTAKINGS[1], clock.now(), 10) == [import_id]
    assert imports.work(import_id, config) == "finished"
    assert orders() == 5
    assert {state for _, state in states(import_id)} == {"done"}


def test_what_breaks_on_our_side_stops_no_other_and_can_be_tried_again(
    sales: Actor, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = order_verbs.place

    def breaks(wanted: OrderInput, *args: Any) -> Order:
        order = place(wanted, *args)
        if wanted.items[0].details["port_capacity"] == 10_000:
            raise RuntimeError("a bug")
        return order

    import_id = imports.start(sales, upload(), [line(2), line(3, port_capacity=10_000), line(4)])
    with pytest.raises(Conflict, match="still at work"):
        imports.again(import_id, sales)
    with monkeypatch.context() as broken:
        broken.setattr(order_verbs, "place", breaks)
        imports.work(import_id, config)
    assert states(import_id) == [(2, "done"), (3, "failed"), (4, "done")]
    assert orders() == 2, "what the line had written before is undone"
    imports.again(import_id, sales)
    assert imports.work(import_id, config) == "finished"
    assert (orders(), {state for _, state in states(import_id)}) == (3, {"done"})
    with pytest.raises(Conflict, match="No line can be tried again"):
        imports.again(import_id, sales)


def test_many_lines_are_written_in_few_statements(sales: Actor, config: Config) -> None:
    sent = []
    for number in (2, 40):
        import_id = imports.start(sales, upload(f"of {number}"), [line(2 + n) for n in range(number)])
        with counted(db.engine) as statements:
            assert imports.work(import_id, config) == "finished"
        sent.append([one for one in statements if one.startswith(("INSERT", "UPDATE"))])
    assert len(sent[1]) <= len(sent[0])
    assert numbers() == ([*range(100_001, 100_043)], [*range(106_001, 106_043)])


def test_what_the_database_refuses_when_all_is_written_takes_nobody_with_it(
    sales: Actor, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = order_verbs.place

    def spoils(wanted: OrderInput, *args: Any) -> Order:
        order = place(wanted, *args)
        if wanted.notes:
            order.contact_id = "nobody"
        return order

    monkeypatch.setattr(order_verbs, "place", spoils)
    records = [line(2), line(3, notes="Spoil me"), line(4, fabric="moon"), line(5)]
    import_id = imports.start(sales, upload(), records)
    assert imports.work(import_id, config) == "finished"
    assert states(import_id) == [(2, "done"), (3, "failed"), (4, "failed"), (5, "done")]
    assert numbers() == ([100_001, 100_002], [106_001, 106_002])


def carried(number: int, mac: str, vlan_id: int) -> Record:
    """A service that a group of ports carries."""
    details = {
        "port_group_id": cast.HARBOUR_GROUP, "bandwidth": 1_000, "vlan_id": vlan_id, "location": "Mon",
        "mac_address": f"00:00:5e:00:53:{mac}", "fabric": "jsp1", "connexions_port": "edge2-dev ge-3/0/2",
    }  # fmt: skip
    item = ItemInput("connexions", "new", details, item_number=1)
    return import_lines.one(number, [str(number)], OrderInput("", {"account_id": cast.HARBOUR}, [item], "file"))


def in_pvlan(number: int, vlan_id: int) -> Record:
    """A private VLAN of its own, with a unit on the member's port."""
    items = [
        ItemInput("pvlan", "new", {"fabric": "edi2", "pvlan_type": "p2p", "bandwidth": 100,
                                   "service_name": f"of {number}"}, None, 1),
        ItemInput("pvlan_unit", "new", {"port": cast.PORT, "pvlan": {"item": 1}, "vlan_id": vlan_id},
                  None, 2),
    ]  # fmt: skip
    return import_lines.one(number, [str(number)], OrderInput("", {"account_id": cast.HARBOUR}, items, "file"))


@pytest.mark.parametrize("records, field", [
    ([unit(2, "20"), unit(3, "20"), unit(4, "21")], "mac_address"),
    ([carried(2, "20", 810), carried(3, "21", 810), carried(4, "22", 811)], "vlan_id"),
    ([in_pvlan(2, 810), in_pvlan(3, 810), in_pvlan(4, 811)], "vlan_id"),
], ids=["MAC address", "VLAN of a group", "VLAN of a port"])  # fmt: skip
def test_two_lines_cannot_have_what_only_one_can(
    sales: Actor, config: Config, records: list[Record], field: str
) -> None:
    import_id = imports.start(sales, upload(), records)
    imports.work(import_id, config)
    refused = db.session.scalars(select(ImportLine.findings).order_by(ImportLine.number)).all()
    assert [[one["pointer"].rpartition("/")[2] for one in found] for found in refused] == [[], [field], []]
    assert states(import_id) == [(2, "done"), (3, "failed"), (4, "done")]


@ON_SQLITE
def test_lines_of_an_account_that_is_not_known_yet_make_it_once(
    exchange: Flask, config: Config, sales: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "actor_of", lambda *_: CRM)
    told = {"account_id": "account-fresh", "organisation": "Fresh Fibre", "contact_id": "con-fresh"}
    records = [line(2, requestor=told), line(3, requestor=told), line(4, requestor={"account_id": "account-nameless"})]
    import_id = imports.start(sales, upload(), records)
    imports.work(import_id, config)
    assert [state for _, state in states(import_id)] == ["done", "done", "failed"]
    assert db.session.get_one(Account, "account-fresh").organisation == "Fresh Fibre"


def pair(number: int, capacity: Any = 10_000) -> Record:
    """A port, and a peering unit on it on the next line."""
    place = {"fabric": "lon1", "location": "LD8"}
    unit = {**place, "port": {"item": 1}, "service_capacity": 100, "mac_address": f"00:00:5e:00:53:{number:02x}"}
    items = [
        ItemInput("multiservice_port", "new", {**place, "port_capacity": capacity}, item_number=1),
        ItemInput("peering_unit", "new", unit, item_number=2),
    ]
    said = OrderInput("", {"account_id": cast.HARBOUR}, items, "file")
    return Record([FileLine(number, [f"port {number}"]), FileLine(number + 1, [f"unit {number}"])], said)


def test_several_lines_are_one_order_done_or_failed_together(sales: Actor, config: Config) -> None:
    import_id = imports.start(sales, upload(), [pair(2), line(4), pair(5, 7), pair(7)])
    one = db.session.get_one(OrderImport, import_id)
    assert (one.total, one.orders) == (7, 4)
    assert imports.work(import_id, config) == "finished"
    found = db.session.scalars(select(ImportLine).order_by(ImportLine.number)).all()
    assert [(row.number, row.begins, row.state) for row in found] == [
        (2, 2, "done"), (3, 2, "done"), (4, 4, "done"), (5, 5, "failed"), (6, 5, "failed"), (7, 7, "done"),
        (8, 7, "done"),
    ]  # fmt: skip
    assert found[0].order_id == found[1].order_id != found[5].order_id
    assert [one["pointer"] for one in found[3].findings] == ["/items/0/details/port_capacity"]
    assert (found[4].findings, found[4].sentence) == ([], "Nothing is wrong here, but with line 5 of the same order.")
    units = db.session.scalars(select(OrderItem).where(OrderItem.service_type == "peering_unit")).all()
    assert all(unit.service.port_service_id for unit in units) and len(units) == 2


def test_a_transaction_holds_no_more_items_than_it_may(
    sales: Actor, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "ITEMS", 3)
    made = import_chunk.made
    chunks: list[int] = []

    def seen(rows: Any, *args: Any) -> Any:
        chunks.append(len(rows))
        return made(rows, *args)

    monkeypatch.setattr(import_chunk, "made", seen)
    import_id = imports.start(sales, upload(), [pair(2), line(4), pair(5), pair(7), pair(9)])
    assert imports.work(import_id, config) == "finished"
    assert (chunks, orders()) == ([2, 1, 1, 1], 5)


def test_a_corrected_file_brings_an_order_of_several_lines_again_only_if_it_failed(
    sales: Actor, config: Config
) -> None:
    first = imports.start(sales, upload(), [pair(2), pair(4, 7)])
    imports.work(first, config)
    mended = replace(pair(4), lines=[FileLine(4, ["port mended"]), FileLine(5, ["unit 4"])])
    second = imports.start(sales, upload("mended", corrects=first), [pair(2), mended])
    imports.work(second, config)
    assert [state for _, state in states(second)] == ["skipped", "skipped", "done", "done"]
    assert orders() == 2


def test_a_stopped_import_leaves_out_the_rest_and_can_go_on(
    sales: Actor, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "CHUNK", 2)
    import_id = imports.start(sales, upload(), [line(number) for number in range(2, 7)])
    looks = iter([False, True])
    assert imports.work(import_id, config, lambda: next(looks)) == "more"
    assert imports.stop(import_id, sales) == 3
    assert imports.work(import_id, config) == "not due"
    assert [state for _, state in states(import_id)] == ["done", "done", "stopped", "stopped", "stopped"]
    assert orders() == 2
    with pytest.raises(Conflict, match="finished already"):
        imports.stop(import_id, sales)
    imports.again(import_id, sales, "stopped")
    while imports.work(import_id, config) == "more":
        pass
    assert (orders(), {state for _, state in states(import_id)}) == (5, {"done"})


def test_stopping_waits_for_the_orders_that_are_just_being_made(
    exchange: Flask, sales: Actor, config: Config, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    """A person presses Stop in the middle of a chunk: what it makes is done, the rest is left out."""
    monkeypatch.setattr(imports, "CHUNK", 2)
    import_id = imports.start(sales, upload(), [line(number) for number in range(2, 7)])
    made = import_chunk.made
    pressed: list[threading.Thread] = []

    def press() -> None:
        with exchange.app_context():
            imports.stop(import_id, sales)

    def slowly(*args: Any) -> Any:
        results = made(*args)
        if not pressed:
            pressed.append(threading.Thread(target=press))
            pressed[0].start()
            pressed[0].join(0.3)
            assert pressed[0].is_alive(), "it waits"
        return results

    monkeypatch.setattr(import_chunk, "made", slowly)
    stopping = iter([False, True])
    imports.work(import_id, config, lambda: next(stopping))
    pressed[0].join(30)
    assert [state for _, state in states(import_id)] == ["done", "done", "stopped", "stopped", "stopped"]
    assert imports.work(import_id, config) == "not due"


@ON_SQLITE
def test_pages_hear_how_far_it_is_after_each_chunk(
    sales: Actor, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    monkeypatch.setitem(after_commit._carriers, "signal", heard.extend)
    monkeypatch.setattr(imports, "CHUNK", 1)
    import_id = imports.start(sales, upload(), [line(2), line(3)])
    imports.work(import_id, config)
    assert heard.count(f"import-{import_id}") == 3, "twice one order, and the end"


@ON_SQLITE
def test_the_same_form_is_one_import_and_the_same_file_is_told(sales: Actor) -> None:
    first = imports.start(sales, upload(), [line(2)], key="one")
    assert imports.start(sales, upload(), [line(2)], key="one") == first
    with pytest.raises(ImportedBefore) as told:
        imports.start(sales, upload(), [line(2)])
    assert told.value.earlier == first
    assert imports.start(sales, upload(), [line(2)], again=True) != first
    with pytest.raises(Conflict, match="still at work"):
        imports.start(sales, upload("other", corrects=first), [line(2)])


@ON_SQLITE
def test_too_many_orders_or_none_are_refused_and_nothing_is_kept(sales: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "MOST", 2)
    for records in ([], [line(2), line(3), line(4)]):
        with pytest.raises(Invalid):
            imports.start(sales, upload(), records)
        db.session.rollback()
    with pytest.raises(Invalid, match="no such way"):
        imports.start(sales, upload(mode="guess"), [line(2)])
    assert db.session.execute(select(func.count()).select_from(OrderImport)).scalar_one() == 0


@ON_SQLITE
def test_a_large_import_leaves_its_wake_ups_to_the_sweep(
    sales: Actor, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[Any] = []
    monkeypatch.setitem(after_commit._carriers, "wake", woken.extend)
    imports.work(imports.start(sales, upload("small"), [line(2)]), config)
    assert len(woken) == 1
    monkeypatch.setattr(imports, "FEW", 1)
    imports.work(imports.start(sales, upload("large"), [line(2), line(3)]), config)
    assert len(woken) == 1
