"""A member joins the private VLAN of another account, which has agreed before any of this runs."""

from workers.handlers.pvlan.steps import add_member, enter_owners_pvlan, find_owners_pvlan
from workers.handlers.shared.register import all_checks_done
from workers.pipeline.handler import Handler


class PvlanJoin(Handler):
    service_type, action, order_type = "pvlan", "new", "join_pvlan"

    inventory = (find_owners_pvlan, enter_owners_pvlan)
    quality_assurance = (all_checks_done,)
    provisioning = (add_member,)
