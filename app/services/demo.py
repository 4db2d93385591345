"""The demo: a small exchange in the middle of its working day. Loaded once, in one transaction."""

import random

from sqlalchemy import delete, select, update

from app.config import Config
from app.domain import clock, story
from app.domain.models import Account, Counter, Fabric, HandlerPlan, Location, PortGroup, User, WorkerBeat
from app.domain.models.base import table_of
from app.extensions import db
from app.services import demo_exchange, demo_history, demo_orders, demo_packages, demo_services
from app.services.demo_rows import Past
from app.services.demo_services import Market
from app.services.orders import FIRST_ORDER_NUMBER

FIRST_TICKET_NUMBER = 20_001
MOST_ORDERS = demo_history.ORDERS
MOST_SERVICES = 2 * MOST_ORDERS + 20


def load(config: Config, *, if_empty: bool = False) -> str:
    """Load the demo exchange unless it is there; answer in a sentence what was done."""
    if db.session.get(Account, demo_exchange.HARBOUR) is not None:
        return "The demo exchange is there already."
    if if_empty and _holds_anything():
        return "The database holds accounts or users already; nothing was loaded."
    demo_exchange.build()
    demo_packages.build()
    demo_packages.enable_terms()
    past = _past(config)
    numbers = _reserve("service", demo_services.FIRST_NUMBER, MOST_SERVICES)
    market = Market(past, past.dice, numbers)
    demo_services.settle(market, clock.now())
    finished = demo_history.happen(past, market, clock.now())
    past.write()
    _give_back(past, numbers)
    placed = demo_orders.place_all(market, config)
    db.session.commit()
    return (
        f"The demo exchange is loaded, with {finished} finished orders and {placed} new ones. "
        f"Its logins have the password {demo_exchange.PASSWORD}."
    )


def _holds_anything() -> bool:
    return any(db.session.scalars(select(column).limit(1)).first() for column in (Account.id, User.id))


def _past(config: Config) -> Past:
    return Past(
        dice=random.Random(2022),
        exchange=config.exchange_name,
        order_numbers=_reserve("order", FIRST_ORDER_NUMBER, MOST_ORDERS),
        ticket_numbers=_reserve("ticket", FIRST_TICKET_NUMBER, 2 * MOST_ORDERS),
        fabrics={row.code: row.name for row in db.session.execute(select(Fabric.code, Fabric.name))},
        locations={row.code: row.name for row in db.session.execute(select(Location.code, Location.name))},
        port_groups={row.id: row.port_label for row in db.session.execute(select(PortGroup.id, PortGroup.port_label))},
    )


def _reserve(counter: str, first: int, count: int) -> list[int]:
    """So many numbers in a row, at least from `first`, that nothing else will get; the counter goes on behind them."""
    start = max(first, story.next_number(counter, first))
    _set(counter, start + count - 1)
    return list(range(start, start + count))


def _give_back(past: Past, services: list[int]) -> None:
    """Numbers that were not needed after all: the counters' lock has kept all others away so far."""
    for counter, unused in (("order", past.order_numbers), ("ticket", past.ticket_numbers), ("service", services)):
        if unused:
            _set(counter, unused[0] - 1)


def _set(counter: str, value: int) -> None:
    db.session.execute(update(Counter).where(Counter.name == counter).values(value=value))


def reset(config: Config) -> str:
    """Forget everything in the database and load the demo exchange anew."""
    kept = {table_of(HandlerPlan), table_of(WorkerBeat)}  # what running workers have said about themselves
    for table in reversed(db.metadata.sorted_tables):
        if table not in kept:
            db.session.execute(delete(table))
    db.session.flush()
    return load(config)
