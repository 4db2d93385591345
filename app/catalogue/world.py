"""The facts that the rules ask for. `app.queries.catalogue_world` answers them from the database, tests from a dict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

ENDED_STATES = frozenset({"ceased", "cancelled"})
"""States of a service that nothing can be ordered for any more."""


@dataclass(frozen=True)
class ServiceFacts:
    """What is known of a service, or of one that an earlier item of the same order will create (number None).

    `capacity` in Mbit/s: of a port all its physical ports together, of a private VLAN its bandwidth (0 = not policed).
    `port` and `pvlan` are service numbers, `port_group` an id; `encapsulation` is a port's, None where unknown.
    `joined`: a private VLAN of somebody else that the account has joined; it may have units in it, but not change it.
    `guest`: somebody else's unit in a private VLAN of the account; it may be ended with that VLAN, and nothing else.
    `changing`: an order under way is going to change it, so that it will not stay as it is.
    """

    number: int | None
    service_type: str
    joined: bool = False
    guest: bool = False
    changing: bool = False
    state: str = "active"
    fabric: str | None = None
    location: str | None = None
    capacity: int | None = None
    encapsulation: str | None = None
    vlan_id: int | None = None
    mac_address: str | None = None
    port: int | None = None
    pvlan: int | None = None
    port_group: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PortGroupFacts:
    """A partner's port group. `ports` names its ports as “switch interface”; empty where they are not listed."""

    id: str
    fabric: str
    location: str
    capacity: int
    ports: tuple[str, ...] = ()


class World(Protocol):
    """What is true at the moment of ordering, as far as the ordering account may use it.

    `service` and `port_group` answer None for what is somebody else's, just as for what does not exist.
    The others look at everybody's services, as a VLAN is taken whoever took it. Ended services hold nothing.
    """

    def fabrics(self) -> Mapping[str, str]:
        """Key → display name."""

    def locations(self, fabric: str) -> Mapping[str, str]:
        """Key → display name of the buildings where this fabric is present."""

    def fabric_is_automated(self, fabric: str) -> bool:
        """False where every item on it is worked by hand."""

    def service(self, number: int) -> ServiceFacts | None:
        """A service that the ordering account may name."""

    def port_group(self, group_id: str) -> PortGroupFacts | None:
        """A port group that the ordering account may name."""

    def free_ports(self, fabric: str, location: str, capacity: int) -> Sequence[int]:
        """How many ports of this speed (Mbit/s) each switch there has free, and promised to nobody."""

    def may_be_joined(self, owner: str, fabric: str | None) -> bool:
        """Whether another account of this id has an active private VLAN (on this fabric)."""

    def line_address(self, ref_type: str, ref: str) -> Mapping[str, str] | None:
        """The address of an active line of the local loop, whoever uses it; None for one that is not known."""

    def units_on_port(self, port: int) -> Sequence[ServiceFacts]:
        """All services that a port carries."""

    def units_of_pvlan(self, pvlan: int) -> Sequence[ServiceFacts]:
        """All units of a private VLAN."""

    def vlan_holder(self, port: int, vlan_id: int) -> int | None:
        """The number of the service that has this VLAN on the port."""

    def group_vlan_holder(self, group_id: str, vlan_id: int) -> int | None:
        """The number of the service that has this VLAN on the port group."""

    def mac_holder(self, fabric: str, mac_address: str) -> int | None:
        """The number of the service that uses this MAC address on the fabric."""
