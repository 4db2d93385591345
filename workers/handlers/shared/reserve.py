"""Steps that take what only one service can have. The unique index decides; whoever comes second fails in words."""

from workers.handlers.shared.details import standing
from workers.pipeline.handler import Facts, Task, local


def _give_vlan_back(task: Task) -> Facts:
    task.stock.release_vlan(task.item, standing(task).get("vlan_id"))
    return {}


@local("Reserve the VLAN", undo=_give_vlan_back)
def reserve_vlan(task: Task) -> Facts:
    vlan_id = task.item.details.get("vlan_id")
    if vlan_id is None:
        return {}  # an untagged port, or a change that leaves the VLAN as it is
    task.stock.reserve_vlan(task.item, vlan_id)
    task.say(debug=f"VLAN {vlan_id} reserved.")
    return {}


def _give_mac_back(task: Task) -> Facts:
    task.stock.release_mac(task.item, standing(task).get("mac_address"))
    return {}


@local("Reserve the MAC address", undo=_give_mac_back)
def reserve_mac(task: Task) -> Facts:
    mac_address = task.item.details.get("mac_address")
    if mac_address is None:
        return {}  # a change that leaves it as it is
    task.stock.reserve_mac(task.item, mac_address)
    task.say(debug=f"MAC address {mac_address} reserved.")
    return {}
