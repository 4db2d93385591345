"""The systems that the processor works with, chosen by configuration; each kind has one protocol."""

from dataclasses import dataclass

from app.config import Config
from workers.southbound.inventory.http import HttpInventory
from workers.southbound.inventory.local import LocalInventory
from workers.southbound.network.http import HttpNetworkAutomation
from workers.southbound.network.local import LocalNetworkAutomation
from workers.southbound.network.simulated import SimulatedSwitches
from workers.southbound.notifier.console import ConsoleNotifier
from workers.southbound.notifier.smtp import SmtpNotifier
from workers.southbound.protocols import NetworkAutomation, Notifier, ServiceInventory, Ticketing
from workers.southbound.ticketing.deskpro import DeskproTicketing
from workers.southbound.ticketing.local import LocalTicketing


@dataclass(frozen=True)
class Systems:
    """Every far system a step may use."""

    ticketing: Ticketing
    inventory: ServiceInventory
    network: NetworkAutomation
    notifier: Notifier

    def close(self) -> None:
        """Let go of the connections of those that have any."""
        for far in (self.ticketing, self.inventory, self.network, self.notifier):
            if hasattr(far, "close"):
                far.close()


def systems_from(config: Config) -> Systems:
    """The systems that `config` names. Made once per process; safe to share between threads."""
    return Systems(_ticketing(config), _inventory(config), _network(config), _notifier(config))


def _ticketing(config: Config) -> Ticketing:
    if config.ticketing == "deskpro":
        return DeskproTicketing(config.ticketing_url, config.ticketing_key, *_limits(config))
    return LocalTicketing()


def _inventory(config: Config) -> ServiceInventory:
    if config.inventory == "http":
        return HttpInventory(config.inventory_url, config.southbound_token, *_limits(config))
    return LocalInventory()


def _network(config: Config) -> NetworkAutomation:
    if config.network == "http":
        return HttpNetworkAutomation(config.network_url, config.southbound_token, *_limits(config))
    return LocalNetworkAutomation(SimulatedSwitches())


def _notifier(config: Config) -> Notifier:
    if config.smtp_url:
        return SmtpNotifier(config.smtp_url, config.mail_from, sum(_limits(config)))
    return ConsoleNotifier(show_text=config.demo)


def _limits(config: Config) -> tuple[float, float]:
    return config.call_connect_seconds, config.call_read_seconds
