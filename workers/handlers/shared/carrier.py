"""Steps of services that ride on a port: peering units and private VLAN units."""

from typing import Any

from app.domain.errors import PermanentFailure
from workers.handlers.shared.details import ordered, owner, policed
from workers.pipeline.handler import Facts, Task, local


@local("Find the port that carries it")
def locate_port(task: Task) -> Facts:
    """The physical ports of the port service, by now patched if they were ordered together."""
    port = task.stock.port_service(task.item)
    if port is None:
        raise PermanentFailure(f"Service {task.service_number} names no port.")
    ports = task.stock.ports_of(port)
    if port.state != "active" or not ports:
        raise PermanentFailure(f"Port service {port.number} is {port.state} with {len(ports)} physical ports.")
    return {"ports": ports, "port_label": ", ".join(ports), "port_service_number": port.number}


@local("Check that the capacity fits the port")
def capacity_fits_port(task: Task) -> Facts:
    port = task.stock.port_service(task.item)
    wanted = ordered(task).get("service_capacity") or 0
    there = port.capacity or 0
    if wanted > there:
        raise PermanentFailure(f"{wanted} Mbit/s do not fit the port's {there} Mbit/s.")
    task.say(debug=f"{policed(wanted)} fits the port's {there} Mbit/s.")
    return {}


def unit_parameters(task: Task, known: Facts) -> dict[str, Any]:
    """What the network automation needs to know of a service on a port."""
    return {
        "service_number": task.item.service_number,
        "service_type": task.item.service_type,
        "account": owner(task),
        "port": task.facts["ports"][0],
        "vlan_id": known.get("vlan_id"),
        "bandwidth_mbps": known.get("service_capacity", known.get("bandwidth")),
        "mac_address": known.get("mac_address"),
        "fabric": known.get("fabric") or task.facts.get("fabric"),
        "location": known.get("location"),
        "asn": known.get("asn"),
        "pvlan": task.facts.get("pvlan_service_number"),
    }
