"""What a worker does with some lines of an import: an order of each, in the caller's transaction.

All lines are written together, in a few statements, and read once what they share. A line that is refused has written
nothing, so the others go on. Where one breaks after it had begun to write, or the database refuses what all have
written, everything is undone and done again, line by line, each in a savepoint of its own: what is wrong with one
stops no other.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, OperationalError

from app.config import Config
from app.domain import clock
from app.domain.errors import Finding, HandoffError, Invalid
from app.domain.models import Account, ApiToken, Contact, Order, User
from app.domain.permissions import Permission, may, token_may
from app.domain.together import together
from app.extensions import db
from app.queries.remembered import forget, remembering
from app.services import access, drafts, orders, requestors
from app.services.actor import Actor
from app.services.order_record import unpacked

log = structlog.get_logger()

NOT_ANY_MORE = "Whoever sent this file may not order any more."
OUR_SIDE = "Something went wrong on our side; it has been noted."

Result = dict[str, Any]
Make = Callable[[Any], uuid.UUID]


class _Begun(Exception):
    """A line that had begun to write has failed."""


def made(rows: Sequence[Any], of: Any, config: Config) -> list[Result]:
    """The result of each line (its `number` and the order `wanted`) of the import `of`."""
    user, token = db.session.get(User, of.by_id), db.session.get(ApiToken, of.token_id) if of.token_id else None
    if user is None or not _may_still(user, token, of):
        return [_result(row.number, "failed", sentence=NOT_ANY_MORE) for row in rows]
    actor = access.actor_of(user, token)

    def make(row: Any) -> uuid.UUID:
        return _order(row.wanted, of, actor, user, config)

    with remembering():
        known = _known(rows, user)
        results = _together(rows, make)
        if results is None:
            log.info("lines of an import are done one by one", of=str(of.id), first=rows[0].number, lines=len(rows))
            results = _one_by_one(rows, make, of)
    log.debug("lines of an import", of=str(of.id), lines=len(rows), accounts=len(known))
    return results


def _known(rows: Sequence[Any], user: User) -> list[Account | Contact]:
    """The accounts and contacts that the lines name, read at once; the session has them while somebody holds them."""
    said = [row.wanted.get("requestor") or {} for row in rows]
    customers = [row.wanted.get("sub_customer") or {} for row in rows]
    accounts = {user.account_id, *(one.get("account_id") for one in (*said, *customers))} - {None}
    contacts = {user.contact_id, *(one.get("contact_id") for one in said)} - {None}
    return [
        *db.session.scalars(select(Account).where(Account.id.in_(accounts))),
        *db.session.scalars(select(Contact).where(Contact.id.in_(contacts))),
    ]


def _may_still(user: User, token: ApiToken | None, of: Any) -> bool:
    """As they are now: people are deactivated and tokens revoked while a long file is worked."""
    if not user.active:
        return False
    if of.token_id is None:
        return may(user.role, Permission.ORDER_IMPORT)
    living = token is not None and not token.revoked_at and not (token.expires_at and token.expires_at <= clock.now())
    return token is not None and living and token_may(token.scopes, Permission.ORDER_WRITE)


def _together(rows: Sequence[Any], make: Make) -> list[Result] | None:
    """All lines at once; None, and nothing is written, if that does not work."""
    results = []
    try:
        with db.session.begin_nested(), together(len(rows)) as kept:
            for row in rows:
                before = kept.begun
                try:
                    results.append(_result(row.number, "done", order_id=make(row)))
                except HandoffError as why:
                    if kept.begun != before:
                        raise _Begun from why
                    results.append(_refused(row, why))
    except OperationalError:
        raise
    except DBAPIError as why:
        if why.connection_invalidated:
            raise
        return None
    except Exception:  # done again alone, where it is noted
        return None
    return results


def _one_by_one(rows: Sequence[Any], make: Make, of: Any) -> list[Result]:
    """What lines that were undone have counted is read again."""
    results = []
    forget()
    for row in rows:
        results.append(_alone(row, make, of))
        if results[-1]["new_state"] == "failed":
            forget()
    return results


def _alone(row: Any, make: Make, of: Any) -> Result:
    try:
        with db.session.begin_nested():
            order_id = make(row)
    except HandoffError as why:
        return _refused(row, why)
    except OperationalError:
        raise
    except DBAPIError as why:
        if why.connection_invalidated:
            raise
        log.warning("a line of an import cannot be stored", of=str(of.id), line=row.number, error=str(why.orig))
        return _result(row.number, "failed", sentence="A value of this line is outside of what can be stored.")
    except Exception:
        log.exception("a line of an import failed", of=str(of.id), line=row.number)
        return _result(row.number, "failed", sentence=OUR_SIDE)
    return _result(row.number, "done", order_id=order_id)


def _refused(row: Any, why: HandoffError) -> Result:
    findings = why.errors or [Finding("", "refused", why.detail)]
    return _result(row.number, "failed", findings=findings, sentence=why.detail)


def _order(record: dict[str, Any], of: Any, actor: Actor, user: User, config: Config) -> uuid.UUID:
    said = unpacked(record)
    if said.batch_alias:
        words = "All orders of an import carry its alias; leave this out."
        raise Invalid("The order names a batch.", [Finding("/batch_alias", "import", words)])
    wanted = requestors.completed(said, actor, user)
    make = orders.place if of.mode == "submit" else drafts.create
    order: Order = make(replace(wanted, batch_alias=of.alias, channel=of.channel), actor, config)
    return order.id


def _result(
    number: int, state: str, *, findings: Sequence[Finding] = (), sentence: str | None = None,
    order_id: uuid.UUID | None = None,
) -> Result:  # fmt: skip
    return {
        "at_line": number, "new_state": state, "new_findings": list(findings),
        "new_sentence": sentence, "new_order_id": order_id,
    }  # fmt: skip
