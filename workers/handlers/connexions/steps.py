"""What can be done for a ConneXions service: a member's service on a partner's port."""

from typing import Any

from app.domain.asks import objection
from app.domain.errors import PermanentFailure
from workers.handlers.shared.details import ordered, owner, policed
from workers.pipeline.handler import Facts, Task, local, member


def port_parameters(task: Task, known: Facts) -> dict[str, Any]:
    """What the network automation needs to know of the service."""
    return {
        "service_number": task.item.service_number,
        "service_type": "connexions",
        "account": owner(task),
        "port": known["connexions_port"],
        "vlan_id": known.get("vlan_id"),
        "bandwidth_mbps": known.get("bandwidth"),
        "mac_address": known.get("mac_address"),
        "fabric": known.get("fabric"),
        "location": known.get("location"),
        "asn": known.get("asn"),
    }


@local("Check that the bandwidth fits the port group")
def bandwidth_fits_port_group(task: Task) -> Facts:
    known = ordered(task)
    group = task.stock.port_group(known["port_group_id"])
    bandwidth = known.get("bandwidth") or 0
    if bandwidth > group.capacity:
        raise PermanentFailure(f"{bandwidth} Mbit/s do not fit the port group's {group.capacity} Mbit/s.")
    if (group.fabric_code, group.location_code) != (known["fabric"], known["location"]):
        raise PermanentFailure(f"Port group {group.id} is on {group.fabric_code} in {group.location_code}.")
    task.say(debug=f"{policed(bandwidth)} fits the port group's {group.capacity} Mbit/s.")
    return {}


_WAIT = "Wait for the member to use the service"
wait_for_member = member(
    "wait_for_member",
    _WAIT,
    tell="Your service has been configured. Please confirm when it works; "
    "without an answer the order completes by itself.",
    says="Your service has been configured. Please configure your side and confirm; "
    "without an answer the order completes by itself.",
    expires_setting="member_ready_seconds",
    default_answer={"confirmed": "no answer in time", "trouble": None},
    ask={"trouble": objection("What does not work?", help="What you tried, and what you saw.", max_length=1000)},
)


@local("See whether it works for the member")
def member_is_content(task: Task) -> Facts:
    """The member only told; here it takes effect: what does not work is an engineer's, and is asked about again."""
    trouble = task.facts.get("trouble")
    if trouble:
        raise PermanentFailure(
            f"The member says that it does not work: “{trouble}” Once it is put right, retry from “{_WAIT}”.",
            member_words="Thank you for telling us what does not work. An engineer looks into it; "
            "you will be asked again.",
        )
    return {}
