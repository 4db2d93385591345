"""How a setting is declared, found in the environment, parsed and refused. `app.config` declares them."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import Field, dataclass, field
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

YES = ("1", "on", "true", "yes")
NO = ("0", "off", "false", "no")
POSTGRES = ("postgres", "postgresql", "postgresql+psycopg")


class ConfigError(Exception):
    """A setting makes no sense; the message is one sentence that names the variable."""


@dataclass(frozen=True)
class Row:
    """A setting as the documentation shows it."""

    name: str
    type: str
    default: str
    help: str
    secret: bool


def setting(default: Any, help: str, *, secret: bool = False, shown: str = "", **limits: Any) -> Any:
    """Declare a setting.

    `shown` is what the documentation prints instead of the default. `limits`: minimum, maximum, choices.
    """
    return field(default=default, repr=not secret, metadata={"help": help, "secret": secret, "shown": shown, **limits})


def variable(declared: Field[Any]) -> str:
    return declared.name.upper()


def text_of(declared: Field[Any], environ: Mapping[str, str]) -> str:
    """What the environment says, or what the file says that `NAME_FILE` points to; empty means unset."""
    name = variable(declared)
    text = environ.get(name, "").strip()
    path = environ.get(f"{name}_FILE", "").strip() if declared.metadata["secret"] else ""
    if not path:
        return text
    if text:
        raise ConfigError(f"{name} and {name}_FILE must not both be set.")
    try:
        text = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as why:
        raise ConfigError(f"{name}_FILE names {path}, which cannot be read: {_reason(why)}.") from None
    if not text:
        raise ConfigError(f"{name}_FILE names {path}, which is empty.")
    return text


def _reason(why: OSError | UnicodeDecodeError) -> str:
    return why.strerror or "unknown error" if isinstance(why, OSError) else "it is not text"


def parse(declared: Field[Any], kind: type, text: str) -> Any:
    """The typed value, or `ConfigError` that says what it may be."""
    name, limits = variable(declared), declared.metadata
    if kind is bool:
        return _flag(name, text)
    if kind is Path:
        return Path(text)
    if kind in (int, float):
        return _number(name, kind, text, limits.get("minimum"), limits.get("maximum"))
    if choices := limits.get("choices"):
        return _choice(name, text, choices)
    return text


def _flag(name: str, text: str) -> bool:
    if text.lower() in YES:
        return True
    if text.lower() in NO:
        return False
    raise ConfigError(f"{name} must be on or off, not “{text}”.")


def _number(name: str, kind: type, text: str, minimum: float | None, maximum: float | None) -> float:
    low = 0 if minimum is None else minimum
    high = 10**10 if maximum is None else maximum
    try:
        value: float = kind(text)
    except ValueError:
        value = float("nan")
    if low <= value <= high:
        return value
    what = "a whole number" if kind is int else "a number"
    span = f"of at least {low:g}" if maximum is None else f"from {low:g} to {high:g}"
    raise ConfigError(f"{name} must be {what} {span}, not “{text}”.")


def _choice(name: str, text: str, choices: tuple[str, ...]) -> str:
    for choice in choices:
        if text.lower() == choice.lower():
            return choice
    raise ConfigError(f"{name} must be one of {', '.join(choices)}, not “{text}”.")


def row(declared: Field[Any], kind: type) -> Row:
    """The setting as the documentation shows it."""
    meta = declared.metadata
    words = {str: "text", int: "whole number", float: "number", bool: "on/off", Path: "path"}[kind]
    return Row(
        name=variable(declared),
        type=" | ".join(meta["choices"]) if "choices" in meta else words,
        default=meta["shown"] or _shown(declared.default),
        help=meta["help"],
        secret=meta["secret"],
    )


def _shown(default: object) -> str:
    if isinstance(default, bool):
        return "`on`" if default else "`off`"
    plain = f"{default:g}" if isinstance(default, float) else str(default)
    return f"`{plain}`" if plain else "unset"


def database_url(text: str) -> str:
    """A SQLAlchemy URL; PostgreSQL always through psycopg 3, whichever way it was spelt. Empty stays empty."""
    if not text:
        return ""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ConfigError("DATABASE_URL is not an address; write postgresql://user:password@host/name.") from None
    if url.drivername in POSTGRES:
        return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    if url.drivername in ("sqlite", "sqlite+pysqlite"):
        return text
    raise ConfigError(f"DATABASE_URL must start with postgresql:// or sqlite:///, not {url.drivername}://.")


def redis_url(text: str) -> str:
    """An address that the Redis client understands. Empty stays empty."""
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        complete = bool(parts.path) if parts.scheme == "unix" else bool(parts.hostname) and parts.port != 0
    except ValueError:
        complete = False
    else:
        complete = complete and parts.scheme in ("redis", "rediss", "unix")
    if not complete:
        raise ConfigError("REDIS_URL must look like redis://host:6379/0, rediss://host/0 or unix:///path/redis.sock.")
    return text


def smtp_url(text: str) -> None:
    """Refuse what is not the address of a mail server. Empty is fine: none."""
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("smtp", "smtps") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if text and not good:
        raise ConfigError("SMTP_URL must look like smtp://user:password@host:587 or smtps://host.")


def sender(name: str, text: str) -> None:
    """Refuse what cannot stand as the sender of a mail."""
    address = parseaddr(text)[1]
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", address) or any(ord(sign) < 32 for sign in text):
        raise ConfigError(f"{name} must be a sender such as Orders <orders@ix.example>, not “{text}”.")


def web_url(name: str, text: str) -> str:
    """An http(s) address without a trailing slash."""
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and not parts.query
    except ValueError:
        good = False
    if not good:
        raise ConfigError(f"{name} must be an address that starts with http:// or https://, not “{text}”.")
    return text.rstrip("/")


def kept_secret(path: Path) -> str:
    """The secret in this file; made on the first call. Safe when several processes make it at the same moment."""
    try:
        if not path.exists():
            _make_secret(path)
        found = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as why:
        raise ConfigError(f"SECRET_KEY is unset and {path} cannot be used instead: {_reason(why)}.") from None
    if len(found) < 16:
        raise ConfigError(f"SECRET_KEY is unset and {path} is damaged: delete that file, which ends all sessions.")
    return found


def _make_secret(path: Path) -> None:
    """Written beside and linked into place: whoever comes second finds the first one's, whole."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48) + "\n")
    try:
        os.link(beside, path)
    except FileExistsError:
        pass
    finally:
        beside.unlink()
