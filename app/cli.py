"""The command line: `flask --app wsgi …`. What cannot be done ends in one sentence and an exit code above 0."""

import csv
import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TextIO, TypeVar

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app import config as settings
from app import queues
from app.domain.errors import HandoffError
from app.domain.permissions import Role, Scope
from app.extensions import db
from app.services import access_lines, accounts, audit, demo, demo_carrier, sweep, users

BY = "command line"
P = ParamSpec("P")
T = TypeVar("T")

user = AppGroup("user", help="People who sign in.")
token = AppGroup("token", help="API tokens of programs.")
demo_data = AppGroup("demo", help="The demo exchange.")
audit_trail = AppGroup("audit", help="The audit trail.")
items = AppGroup("items", help="Order items.")
lines = AppGroup("lines", help="Active lines of the local loop, for access products.")
configuration = AppGroup("config", help="The settings.")


def init_app(app: Flask) -> None:
    """Add the commands."""
    for group in (user, token, demo_data, audit_trail, items, lines, configuration):
        app.cli.add_command(group)


def plainly(command: Callable[P, T]) -> Callable[P, T]:
    """Whatever is refused is told in one sentence."""

    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except HandoffError as why:
            raise click.ClickException(" ".join([why.detail, *(finding.detail for finding in why.errors)])) from None
        except RedisError as why:
            raise click.ClickException(f"Redis does not answer: {_first_line(why)}.") from None
        except SQLAlchemyError as why:
            cause = why.orig if isinstance(why, DBAPIError) and why.orig else why
            hint = "Is it there, and has “flask --app wsgi db upgrade” been run?"
            raise click.ClickException(f"The database refused: {_first_line(cause)}. {hint}") from None

    return guarded


def _first_line(why: BaseException) -> str:
    return (str(why).strip().splitlines() or [type(why).__name__])[0].rstrip(". ")


@user.command("add")
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--account", help="The account of a member or reseller, by its id.")
@click.option("--password", help="Better left out: it is then asked for, or read from standard input.")
@plainly
def add_user(email: str, name: str, role: str, account: str | None, password: str | None) -> None:
    """Add somebody who can sign in."""
    added = users.add(email, name, role, password if password is not None else _password(), account, by=BY)
    click.echo(f"{added.email} can sign in now, as {added.role.value}.")


@user.command("invite")
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--account", help="The account of a member or reseller, by its id.")
@plainly
def invite_user(email: str, name: str, role: str, account: str | None) -> None:
    """Add somebody who chooses a password by a mailed link."""
    added = accounts.invite(email, name, role, account, by=BY)
    click.echo(f"A link to choose a password is on its way to {added.email}; it works for 7 days.")


def _password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


@user.command("list")
@plainly
def list_users() -> None:
    """Everybody who can sign in."""
    for one in users.every():
        where = f"  {one.account_id}" if one.account_id else ""
        click.echo(f"{one.email}  {one.role.value}{where}  {one.name}{'' if one.active else '  (inactive)'}")


@token.command("add")
@click.option("--user", "email", required=True, help="Whose token it is, by e-mail address.")
@click.option("--scope", "scopes", multiple=True, required=True, help=f"One or more of {', '.join(Scope)}.")
@click.argument("more_scopes", nargs=-1, metavar="[SCOPE]...")
@click.option("--name", default="", help="What it is for.")
@click.option("--expires-days", type=float, help="How many days it lasts; without this it does not end by itself.")
@plainly
def add_token(
    email: str, scopes: tuple[str, ...], more_scopes: tuple[str, ...], name: str, expires_days: float | None
) -> None:
    """Make an API token; its secret is the last word printed, and is shown only this once."""
    wanted = [scope for said in (*scopes, *more_scopes) for scope in said.replace(",", " ").split()]
    secret = users.add_token(users.by_email(email), list(dict.fromkeys(wanted)), name, expires_days, by=BY)
    click.echo(f"Token of {email.strip().lower()}, shown only this once: {secret}")


@token.command("list")
@click.option("--user", "email", required=True)
@plainly
def list_tokens(email: str) -> None:
    """A user's tokens, without their secrets."""
    for one in users.tokens(users.by_email(email)):
        until = f"until {one.expires_at:%Y-%m-%d}" if one.expires_at else "without end"
        click.echo(f"{one.id}  {' '.join(one.scopes)}  {until}  {one.name}".rstrip())


@token.command("revoke")
@click.argument("token_id")
@plainly
def revoke_token(token_id: str) -> None:
    """Refuse a token from now on; `token list` shows the ids."""
    revoked = users.revoke_token(token_id, by=BY)
    click.echo(f"The token of {revoked.user.email} is refused from now on.")


@audit_trail.command("verify")
@plainly
def verify_audit() -> None:
    """Walk the hash chain; exit code 1 and a sentence if a row was changed or is missing."""
    held, broken = audit.verify()
    if broken is not None:
        raise click.ClickException(f"The audit trail does not hold. {broken}")
    click.echo(f"The audit trail holds: {held} rows.")


@items.command("sweep")
@plainly
def sweep_items() -> None:
    """Wake at once what is due or was forgotten; workers do the same every few seconds."""
    queues.here().redis.ping()
    woken, deliveries = sweep.sweep()
    click.echo(f"Woke {woken} items and {deliveries} deliveries.")


@demo_data.command("load")
@click.option("--if-empty", is_flag=True, help="Do nothing if the database holds any accounts or users.")
@plainly
def load_demo(if_empty: bool) -> None:
    """Load the demo exchange; once is enough, a second time changes nothing."""
    _only_in_a_demo()
    click.echo(demo.load(current_app.config["HANDOFF"], if_empty=if_empty))


@demo_data.command("reset")
@click.option("--yes", is_flag=True, help="Do not ask.")
@plainly
def reset_demo(yes: bool) -> None:
    """Forget EVERYTHING in the database and load the demo exchange anew."""
    _only_in_a_demo()
    if not yes:
        click.confirm("All orders, users and tickets in this database will be deleted. Go on?", abort=True)
    click.echo(demo.reset(current_app.config["HANDOFF"]))


@demo_data.command("carrier")
@plainly
def load_carrier() -> None:
    """Add what a small carrier sells: access lines and ENNIs. A second time changes nothing."""
    _only_in_a_demo()
    demo_carrier.build()
    db.session.commit()
    click.echo("Access lines (AM01, SD01, SM01) and ENNIs (NT01) are sold now.")


@lines.command("load")
@click.argument("file", type=click.File(encoding="utf-8-sig"))
@plainly
def load_lines(file: TextIO) -> None:
    """Enter the active lines of a CSV file: endpoint_ref_type, endpoint_ref, street_number, street_name, city …"""
    try:
        entered = access_lines.load(csv.DictReader(file))
    except (UnicodeDecodeError, csv.Error):
        raise click.ClickException("This is no CSV file in UTF-8.") from None
    db.session.commit()
    click.echo(f"{entered} lines are in the register.")


def _only_in_a_demo() -> None:
    if not current_app.config["HANDOFF"].demo:
        raise click.ClickException("DEMO is off: demo logins have a known password. Set DEMO=on if that is wanted.")


@configuration.command("table")
def config_table() -> None:
    """Every setting as a table in Markdown, for the README."""
    click.echo("| variable | type | default | what for |\n|---|---|---|---|")
    for row in settings.table():
        click.echo(f"| `{row.name}` | {row.type} | {row.default} | {row.help} |")
