"""The steps of the demo's past orders, as the handlers of today would write them down.

The web side knows no handler code, so they stand here once more; a test compares them with the handlers' own plans.
"""

from dataclasses import dataclass

from app.domain.permissions import Team
from app.domain.states import Stage, WaitKind

INVENTORY, QUALITY, PROVISIONING = Stage.INVENTORY, Stage.QUALITY_ASSURANCE, Stage.PROVISIONING


@dataclass(frozen=True)
class PastStep:
    """A step of the past. `kind` as handlers have it: local, auto, until, or the kind of a person's wait."""

    key: str
    title: str
    kind: str = "local"
    team: str | None = None
    undo: bool = False
    stage: Stage | None = None


def _auto(key: str, title: str, undo: bool = False) -> PastStep:
    return PastStep(key, title, "auto", undo=undo)


def _network(action: str, title: str) -> tuple[PastStep, ...]:
    return (
        PastStep(f"review_{action}", f"Plan: {title.lower()}", "until"),
        PastStep(f"judge_{action}", f"Judge the plan: {title.lower()}"),
        _auto(action, title, undo=True),
        PastStep(f"{action}_done", f"Wait for the network: {title.lower()}", "until"),
    )


def _measured(check: str, title: str) -> PastStep:
    return _auto(f"measure_{check}", title)


CREATE = _auto("create_service", "Create the service in the inventory", undo=True)
BEGIN_CHANGE = PastStep("begin_change", "Wait for other changes of the service", "until")
MAC = PastStep("reserve_mac", "Reserve the MAC address", undo=True)
VLAN = PastStep("reserve_vlan", "Reserve the VLAN", undo=True)
LOCATE = PastStep("locate_port", "Find the port that carries it")
PVLAN = PastStep("locate_pvlan", "Find the private VLAN")
FITS = PastStep("capacity_fits_port", "Check that the capacity fits the port")
FITS_GROUP = PastStep("bandwidth_fits_port_group", "Check that the bandwidth fits the port group")
CONCLUDED = PastStep("checks_done", "Conclude the service checks")
ACTIVE = (
    _auto("register_active", "Mark the service active in the inventory", undo=True),
    PastStep("activate_service", "Activate the service"),
)
CHANGED = (
    _auto("register_change", "Write the change into the inventory", undo=True),
    PastStep("change_service", "Change the service's record"),
)
CEASED = (
    _auto("register_ceased", "Mark the service ceased in the inventory", undo=True),
    PastStep("cease_service", "Cease the service"),
)
COUNTER = _measured("violation_counter", "Check the violation counter again")
PATCH = PastStep("patch_cross_connect", "Patch the cross-connect", WaitKind.MANUAL.value, team=Team.ENGINEERING.value)
MEMBER = PastStep("wait_for_member", "Wait for the member to use the service", WaitKind.MEMBER.value)
CONTENT = PastStep("member_is_content", "See whether it works for the member")

_BY_STAGE: dict[str, tuple[tuple[PastStep, ...], tuple[PastStep, ...], tuple[PastStep, ...]]] = {
    "connexions:new": (
        (VLAN, MAC, CREATE),
        (FITS_GROUP, _measured("port_up", "Check that the partner's port is up"), CONCLUDED),
        (*_network("connect_service", "Connect the service"), ACTIVE[0], MEMBER, CONTENT, ACTIVE[1]),
    ),
    "connexions:modify": (
        (BEGIN_CHANGE, VLAN, MAC),
        (FITS_GROUP, CONCLUDED),
        (*_network("modify_service", "Change the service on the network"), *CHANGED),
    ),
    "connexions:cease": (
        (BEGIN_CHANGE,),
        (CONCLUDED,),
        (*_network("remove_service", "Take the service off the network"), *CEASED),
    ),
    "multiservice_port:new": (
        (PastStep("assign_ports", "Take free ports from stock", undo=True), CREATE),
        (CONCLUDED,),
        (
            PATCH,
            PastStep("light_is_good", "Judge the light level"),
            *_network("enable_port", "Configure and enable the port"),
            _measured("port_up", "Check that the port is up"),
            _measured("lacp", "Check that all links of the bundle are used"),
            *ACTIVE,
        ),
    ),
    "multiservice_port:edit_encap": (
        (BEGIN_CHANGE, PastStep("find_ports", "Find the port")),
        (PastStep("encapsulation_fits", "Check that the encapsulation fits the services on the port"), CONCLUDED),
        (*_network("edit_encapsulation", "Change the encapsulation"), *CHANGED),
    ),
    "peering_unit:new": (
        (LOCATE, MAC, CREATE),
        (
            FITS,
            *_network("open_quarantine", "Put the service into quarantine"),
            _measured("quarantine_mac", "Check the MAC address seen in quarantine"),
            _measured("frame_types", "Check that only IPv4, ARP and IPv6 are sent"),
            _measured("arp_nd", "Check that ARP and neighbour discovery are answered"),
            CONCLUDED,
        ),
        (*_network("connect_service", "Move the service into production"), COUNTER, *ACTIVE),
    ),
    "peering_unit:modify": (
        (BEGIN_CHANGE, LOCATE, MAC),
        (FITS, CONCLUDED),
        (*_network("modify_service", "Change the service on the network"), COUNTER, *CHANGED),
    ),
    "peering_unit:cease": (
        (BEGIN_CHANGE, LOCATE),
        (CONCLUDED,),
        (*_network("remove_service", "Take the service off the network"), *CEASED),
    ),
    "pvlan:new": (
        (CREATE,),
        (CONCLUDED,),
        (*_network("create_pvlan", "Make the private VLAN"), *ACTIVE),
    ),
    "pvlan_unit:new": (
        (LOCATE, PVLAN, VLAN, CREATE),
        (
            PastStep("pvlan_has_room", "Check that the private VLAN takes another unit"),
            _measured("port_up", "Check that the port is up"),
            CONCLUDED,
        ),
        (*_network("attach_pvlan_unit", "Put the port into the private VLAN"), *ACTIVE),
    ),
}

BY_HAND = "by_hand"
BY_HAND_STEPS = (
    PastStep("by_hand_inventory", "Create the service in the inventory by hand", "manual", "sales", stage=INVENTORY),
    PastStep("by_hand_quality_assurance", "Check the service by hand", "manual", "sales", stage=QUALITY),
    PastStep("by_hand_provisioning", "Provision the service by hand", "manual", "sales", stage=PROVISIONING),
    PastStep("record_by_hand", "Record the service as worked by hand", stage=PROVISIONING),
)


def _staged(steps: tuple[PastStep, ...], stage: Stage) -> tuple[PastStep, ...]:
    return tuple(PastStep(one.key, one.title, one.kind, one.team, one.undo, stage) for one in steps)


RUNBOOKS: dict[str, tuple[PastStep, ...]] = {
    handler: tuple(step for steps, stage in zip(stages, Stage, strict=True) for step in _staged(steps, stage))
    for handler, stages in _BY_STAGE.items()
} | {BY_HAND: BY_HAND_STEPS}
"""Handler → its steps, in the order in which they are done."""

PREDECESSORS = PastStep("predecessors_done", "Wait for the items it depends on", "until")
CONSENT = PastStep("confirmation_1", "Sales confirm the order", WaitKind.CONFIRM.value, team="team:sales")
