"""Every setting of Handoff: read from the environment once, typed once, and loud on nonsense.

A setting is one field of `Config`; its variable is the field's name in capitals. Nothing else reads the environment.
A secret may also come from a file: `SECRET_KEY_FILE` names a file that holds `SECRET_KEY`.
"""

import hashlib
import ipaddress
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Self, get_type_hints
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy.engine import URL

from app import settings
from app.domain import targets
from app.domain.targets import Targets
from app.settings import ConfigError, Row, setting

HOUR = 3600
LONGEST_SOCKET_PATH = 100  # bytes; the kernels allow 103 (macOS) and 107 (Linux)


@dataclass(frozen=True, kw_only=True)
class Config:
    """All settings, checked. Times are in seconds unless the name says otherwise."""

    # Where things are
    data_dir: Path = setting(Path("var"), "Folder for everything Handoff keeps on disk.")
    database_url: str = setting("", "Database; SQLite or PostgreSQL.", secret=True, shown="`DATA_DIR/handoff.db`")
    redis_url: str = setting("", "Redis that carries the wake-ups.", secret=True, shown="an embedded Redis")
    host: str = setting("127.0.0.1", "Address that the site listens on.")
    port: int = setting(8000, "Port that the site listens on.", minimum=1, maximum=65535)
    public_url: str = setting("", "Address that people use; https, or http on loopback.", shown="`http://HOST:PORT`")
    trusted_hosts: str = setting("", "More names that the site answers under, with commas; .name.example: all below.")
    trusted_proxies: int = setting(0, "Proxies in front whose X-Forwarded headers count.", minimum=0, maximum=5)

    # Who we are
    exchange_name: str = setting("Example Exchange", "Name of the exchange, as the pages show it.")
    exchange_timezone: str = setting("Europe/London", "Its time zone; a date without a time is its midnight.")
    demo: bool = setting(True, "Load demo data and logins into an empty database.", shown="`on` if only on loopback")

    # Secrets and sessions
    secret_key: str = setting("", "Signs sessions and forms.", secret=True, shown="generated, kept in `DATA_DIR`")
    session_hours: float = setting(12.0, "Hours until a login ends by itself.", minimum=0.1)
    max_body_bytes: int = setting(1_000_000, "Largest request body that is read.", minimum=1024)
    max_import_bytes: int = setting(20_000_000, "Largest file of orders that is taken.", minimum=1024)

    # How much runs
    workers: int = setting(2, "Worker processes.", minimum=1, maximum=256)
    web_processes: int = setting(1, "Web server processes.", minimum=1, maximum=64)
    web_threads: int = setting(48, "Threads of each web process: pages that it makes at once.", minimum=4, maximum=1000)
    web_streams: int = setting(1000, "Open live pages that each web process bears.", minimum=1, maximum=20_000)

    # The engine
    lease_seconds: float = setting(30.0, "How long a worker owns an item without a sign of life.", minimum=1)
    sweep_seconds: float = setting(2.0, "Pause between two looks for items that are due or forgotten.", minimum=0.05)
    call_connect_seconds: float = setting(3.0, "Longest wait for a connection to a far system.", minimum=0.05)
    call_read_seconds: float = setting(10.0, "Longest wait for a far system's answer.", minimum=0.05)
    max_attempts: int = setting(6, "Tries of a step with temporary failures before the item stops.", minimum=1)
    max_crashes: int = setting(5, "Workers that may die on one item before the item stops.", minimum=1)
    retry_base_seconds: float = setting(0.5, "Pause before the second try; then doubling.", minimum=0.01)
    retry_max_seconds: float = setting(60.0, "Longest pause between two tries.", minimum=0.01)

    # People and rules
    member_ready_seconds: float = setting(72.0 * HOUR, "A ready service waits so long for its member.")
    targets: str = setting("", "Minutes until a wait is due, as JSON; see docs/operations.md.", shown="see there")
    system_longest_seconds: float = setting(24.0 * HOUR, "A far system's job that takes longer fails.", minimum=60)
    digest_hour: int = setting(8, "Local hour of the mail on what is over target; -1 = none.", minimum=-1, maximum=23)
    claim_idle_seconds: float = setting(4.0 * HOUR, "An untouched claim on a manual step lapses after this.", minimum=1)
    network_review: bool = setting(True, "An engineer reviews what touches more than the member's own.")
    light_minimum_dbm: float = setting(-14.0, "Weakest light (dBm) that passes on a new port.", minimum=-60, maximum=10)
    sales_confirm_from_mbps: int = setting(100_000, "From this port capacity (Mbit/s) Sales confirms an order.")

    # Systems that we call, and that call back
    ticketing: str = setting("local", "Where tickets are kept.", choices=("local", "deskpro"))
    ticketing_url: str = setting("", "Address of the ticketing system.")
    ticketing_key: str = setting("", "Its API key.", secret=True)
    network: str = setting("local", "What changes the network.", choices=("local", "http"))
    network_url: str = setting("", "Address of the network automation.")
    inventory: str = setting("local", "Where services are registered.", choices=("local", "http"))
    inventory_url: str = setting("", "Address of the service inventory.")
    callback_secret: str = setting("", "Signs the callbacks of the network automation.", secret=True)
    smtp_url: str = setting("", "Mail server, smtp://user:password@host:587 or smtps://…; unset: logged.", secret=True)
    mail_from: str = setting("", "Sender of mails, such as Orders <orders@ix.example>.", shown="unset")
    southbound_token: str = setting("", "Bearer token sent to the network automation and the inventory.", secret=True)

    # Sign-in by OpenID Connect: for people who have a login here with the same, verified e-mail address
    staff_oidc_issuer: str = setting("", "OpenID provider that staff may sign in with.")
    staff_oidc_client_id: str = setting("", "Our client id there.")
    staff_oidc_client_secret: str = setting("", "Our client secret there.", secret=True)
    staff_oidc_name: str = setting("Staff single sign-on", "Its name on the sign-in page.")
    member_oidc_issuer: str = setting("", "OpenID provider that members may sign in with.")
    member_oidc_client_id: str = setting("", "Our client id there.")
    member_oidc_client_secret: str = setting("", "Our client secret there.", secret=True)
    member_oidc_name: str = setting("Member single sign-on", "Its name on the sign-in page.")

    # Logs
    log_format: str = setting("json", "How a log line is written.", choices=("json", "console"))
    log_level: str = setting("INFO", "Least level that is logged.", choices=("DEBUG", "INFO", "WARNING", "ERROR"))

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read every setting; `ConfigError` says in one sentence which variable is wrong and what it may be."""
        source = os.environ if environ is None else environ
        types = get_type_hints(cls)
        given = {}
        for field in fields(cls):
            text = settings.text_of(field, source)
            if text:
                given[field.name] = settings.parse(field, types[field.name], text)
        config = cls(**given)
        return config if "demo" in given or config.on_loopback else replace(config, demo=False)

    def __post_init__(self) -> None:
        self._set("data_dir", self.data_dir.expanduser().absolute())
        self._set("database_url", settings.database_url(self.database_url) or self._own_database())
        self._set("redis_url", settings.redis_url(self.redis_url) or f"unix://{quote(str(self.redis_socket))}")
        self._set("public_url", self._public_url())
        self._check_hosts()
        self._check_zone()
        self._check_far_systems()
        self._check_mail()
        self._check_providers()
        self._check_times()
        self._check_targets()
        if self.secret_key and len(self.secret_key) < 16:
            raise ConfigError("SECRET_KEY must have at least 16 characters.")

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _own_database(self) -> str:
        return URL.create("sqlite", database=str(self.data_dir / "handoff.db")).render_as_string()

    def _public_url(self) -> str:
        if not self.public_url:
            if not is_loopback(self.host):
                raise ConfigError("PUBLIC_URL must be the https:// address people use, as HOST serves other machines.")
            host = f"[{self.host}]" if ":" in self.host else self.host
            return f"http://{host}:{self.port}"
        url = settings.web_url("PUBLIC_URL", self.public_url)
        parts = urlsplit(url)
        if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            raise ConfigError("PUBLIC_URL must start with https://; plain http is for 127.0.0.1 and localhost only.")
        return url

    def _check_hosts(self) -> None:
        for name in self.hosts:
            if not re.fullmatch(r"\.?[0-9a-z_:-]+(\.[0-9a-z_-]+)*", name):
                raise ConfigError(f"TRUSTED_HOSTS must be names such as desk.exchange.example, not “{name[:60]}”.")

    def _check_zone(self) -> None:
        try:
            ZoneInfo(self.exchange_timezone)
        except (KeyError, ValueError, OSError):
            raise ConfigError(
                f"EXCHANGE_TIMEZONE must be a time zone such as Europe/London, not “{self.exchange_timezone}”."
            ) from None

    def _check_far_systems(self) -> None:
        for name in ("ticketing", "network", "inventory"):
            url = getattr(self, f"{name}_url")
            if url:
                self._set(f"{name}_url", settings.web_url(f"{name.upper()}_URL", url))
            elif getattr(self, name) != "local":
                raise ConfigError(f"{name.upper()}_URL must be set when {name.upper()} is {getattr(self, name)}.")
        if self.ticketing != "local" and not self.ticketing_key:
            raise ConfigError(f"TICKETING_KEY must be set when TICKETING is {self.ticketing}.")
        if self.network != "local" and not self.callback_secret:
            raise ConfigError(f"CALLBACK_SECRET must be set when NETWORK is {self.network}, to check its callbacks.")

    def _check_providers(self) -> None:
        for who in ("staff", "member"):
            name, issuer = f"{who.upper()}_OIDC", getattr(self, f"{who}_oidc_issuer")
            if not issuer:
                continue
            url = settings.web_url(f"{name}_ISSUER", issuer)
            if not url.startswith("https://") and not is_loopback(urlsplit(url).hostname or ""):
                raise ConfigError(f"{name}_ISSUER must start with https://.")
            self._set(f"{who}_oidc_issuer", url)
            for part in ("client_id", "client_secret"):
                if not getattr(self, f"{who}_oidc_{part}"):
                    raise ConfigError(f"{name}_{part.upper()} must be set when {name}_ISSUER is.")

    def _check_mail(self) -> None:
        settings.smtp_url(self.smtp_url)
        if self.smtp_url:
            settings.sender("MAIL_FROM", self.mail_from)

    def _check_times(self) -> None:
        if self.call_connect_seconds + self.call_read_seconds >= self.lease_seconds / 2:
            raise ConfigError(
                "CALL_CONNECT_SECONDS and CALL_READ_SECONDS together must be less than half of LEASE_SECONDS, "
                f"so less than {self.lease_seconds / 2:g}."
            )
        if self.retry_base_seconds > self.retry_max_seconds:
            raise ConfigError("RETRY_BASE_SECONDS must not be more than RETRY_MAX_SECONDS.")

    def _check_targets(self) -> None:
        try:
            assert self.due_after
        except ValueError as why:
            raise ConfigError(f"TARGETS {why}.") from None

    @cached_property
    def due_after(self) -> Targets:
        """How long each kind of waiting may take."""
        return targets.read(self.targets)

    @cached_property
    def hosts(self) -> tuple[str, ...]:
        """The names, in small letters, that the site answers under beside those of this machine: PUBLIC_URL's first."""
        more = (name.strip().strip("[]").rstrip(".").lower() for name in self.trusted_hosts.split(","))
        return ((urlsplit(self.public_url).hostname or "").lower(), *(name for name in more if name))

    @cached_property
    def timezone(self) -> ZoneInfo:
        """The exchange's zone."""
        return ZoneInfo(self.exchange_timezone)

    @property
    def on_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def on_loopback(self) -> bool:
        """Only people on this machine reach the site: the one case where demo logins are loaded unasked."""
        return is_loopback(self.host) and is_loopback(urlsplit(self.public_url).hostname or "")

    @property
    def over_https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def redis_socket(self) -> Path:
        """Where the embedded Redis listens: under DATA_DIR, or in the temporary folder where that path is too long."""
        wished = self.data_dir / "redis" / "redis.sock"
        if len(os.fsencode(wished)) <= LONGEST_SOCKET_PATH:
            return wished
        short = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"handoff-{os.getuid()}-{short}" / "redis.sock"

    @property
    def embedded_redis(self) -> bool:
        """REDIS_URL is unset: whoever starts Handoff starts a Redis for it at `redis_socket`."""
        return self.redis_url == f"unix://{quote(str(self.redis_socket))}"

    def signing_key(self) -> str:
        """SECRET_KEY, or one that is generated once and kept under DATA_DIR, readable by its owner only."""
        return self.secret_key or settings.kept_secret(self.data_dir / "secret_key")

    def flask_settings(self) -> dict[str, Any]:
        """What Flask and its extensions are configured with."""
        return {
            "HANDOFF": self,
            "SECRET_KEY": self.signing_key(),
            "SQLALCHEMY_DATABASE_URI": self.database_url,
            "SQLALCHEMY_ENGINE_OPTIONS": self.engine_options(),
            "MAX_CONTENT_LENGTH": self.max_body_bytes,
            "MAX_FORM_MEMORY_SIZE": self.max_body_bytes,
            "SESSION_COOKIE_NAME": "__Host-handoff" if self.over_https else "handoff",
            "SESSION_COOKIE_SECURE": self.over_https,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "SESSION_COOKIE_PATH": "/",
            "PERMANENT_SESSION_LIFETIME": timedelta(hours=self.session_hours),
            "PREFERRED_URL_SCHEME": urlsplit(self.public_url).scheme,
            "WTF_CSRF_TIME_LIMIT": None,
            "WTF_CSRF_SSL_STRICT": self.over_https,
        }

    def engine_options(self) -> dict[str, Any]:
        """SQLAlchemy engine options: a dead connection is noticed, nothing waits or holds a lock for ever."""
        if self.on_sqlite:
            return {"pool_pre_ping": True, "connect_args": {"timeout": 20}}
        limits = {
            "lock_timeout": "5s",
            "statement_timeout": "20s",
            "idle_in_transaction_session_timeout": "30s",
            "TimeZone": "UTC",
        }
        return {
            "pool_size": 8,
            "max_overflow": 24,
            "pool_timeout": 10,
            "connect_args": {
                "connect_timeout": 5,
                "application_name": "handoff",
                "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
            },
        }


def table() -> list[Row]:
    """One row for each setting, for the documentation."""
    types = get_type_hints(Config)
    return [settings.row(field, types[field.name]) for field in fields(Config)]


def is_loopback(host: str) -> bool:
    """Only this machine reaches it."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
