"""Which names this site answers under. Any other is refused, before anything is read.

A page elsewhere can let its own name point to this machine (DNS rebinding); the browser then believes both to be one
site. Such a request carries the foreign name.
"""

from flask import Flask, current_app, request

from app.config import Config, is_loopback
from app.domain.errors import Malformed

PROBES = ("/healthz", "/readyz")
"""Asked by address, not by name, from load balancers; what they answer is no secret."""


def init_app(app: Flask) -> None:
    app.before_request(_check)


def _check() -> None:
    config: Config = current_app.config["HANDOFF"]
    if request.path not in PROBES and not known(name_of(request.host), config.hosts):
        raise Malformed("This site does not answer under this name. Its operator adds names with TRUSTED_HOSTS.")


def name_of(host: str) -> str:
    """The name without its port: “desk.example” of “desk.example:8000”, “::1” of “[::1]:8000”."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].rstrip(".").lower()


def known(name: str, hosts: tuple[str, ...]) -> bool:
    """Whether it is this machine's own name or one of these; “.desk.example” stands for all names below it."""
    if is_loopback(name) or name in hosts:
        return True
    return any(host.startswith(".") and name.endswith(host) for host in hosts)
