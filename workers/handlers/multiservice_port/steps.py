"""What can be done for a port: taken from stock, patched by hand, judged by its light, brought up."""

from typing import Any

from app.domain.asks import number, text
from app.domain.errors import PermanentFailure
from app.domain.permissions import Team
from workers.handlers.shared.details import owner
from workers.pipeline.handler import Facts, Task, local, manual


def port_parameters(task: Task, known: Facts) -> dict[str, Any]:
    """What the network automation needs to know of a port service."""
    return {
        "service_number": task.item.service_number,
        "service_type": "multiservice_port",
        "account": owner(task),
        "ports": task.facts["ports"],
        "port": task.facts["ports"][0],
        "encapsulation": known.get("encapsulation") or "none",
        "speed_mbps": known.get("port_capacity"),
        "fabric": known.get("fabric"),
        "location": known.get("location"),
    }


def _give_ports_back(task: Task) -> Facts:
    task.stock.release_ports(task.item)
    return {}


@local("Take free ports from stock", undo=_give_ports_back)
def assign_ports(task: Task) -> Facts:
    details = task.item.details
    ports = task.stock.take_ports(task.item, details.get("quantity") or 1, details["port_capacity"])
    task.say(debug=f"Assigned {', '.join(ports)}.")
    return {"ports": ports, "port": ", ".join(ports)}


def is_bundle(task: Task) -> bool:
    return len(task.facts["ports"]) > 1


@local("Find the port")
def find_ports(task: Task) -> Facts:
    ports = task.stock.ports_of(task.stock.service(task.item))
    if not ports:
        raise PermanentFailure(f"No physical port is recorded for service {task.service_number}.")
    return {"ports": ports, "port": ", ".join(ports)}


patch_cross_connect = manual(
    "patch_cross_connect",
    "Patch the cross-connect",
    team=Team.ENGINEERING,
    tell="Patch {port} in {location} to the member's rack ({presentation_type}), then read the received light.",
    ask={
        "patch_position": text("Patch panel position", help="Rack, panel and position, such as LD8-R12-PP03/17."),
        "light_dbm": number(
            "Light level", unit="dBm", minimum=-60, maximum=20,
            help="As the switch receives it. Copper ports have none: enter 0.",
        ),
    },
)  # fmt: skip


@local("Judge the light level")
def light_is_good(task: Task) -> Facts:
    """The engineer only reads; whether it is enough is decided here, so that it stands in the journal."""
    light, weakest = float(task.facts["light_dbm"]), task.config.light_minimum_dbm
    if light < weakest:
        raise PermanentFailure(
            f"{task.facts['port']} receives {light:g} dBm; {weakest:g} dBm or better is needed. "
            "Clean or replace the patch, then retry from “Patch the cross-connect”."
        )
    task.stock.record_patch(task.item, task.facts["patch_position"])
    task.say(debug=f"{task.facts['port']} receives {light:g} dBm at {task.facts['patch_position']}.")
    return {}


@local("Check that nothing is left on the port")
def nothing_on_port(task: Task) -> Facts:
    left = [str(one.number) for one in task.stock.services_on(task.stock.service(task.item))]
    if left:
        raise PermanentFailure(f"The port still carries services {', '.join(left)}; cease them first.")
    return {}


@local("Check that the encapsulation fits the services on the port")
def encapsulation_fits(task: Task) -> Facts:
    wanted = task.item.details.get("encapsulation")
    tagged = [str(one.number) for one in task.stock.services_on(task.stock.service(task.item)) if one.vlan_id]
    if wanted == "none" and tagged:
        raise PermanentFailure(f"The port carries tagged services ({', '.join(tagged)}); it cannot be untagged.")
    return {}
