"""A partner's port carries a new service for a member."""

from workers.handlers.connexions.steps import (
    bandwidth_fits_port_group,
    member_is_content,
    port_parameters,
    wait_for_member,
)
from workers.handlers.shared.network import measurement, network_change
from workers.handlers.shared.register import activate_service, all_checks_done, create_service, register_active
from workers.handlers.shared.reserve import reserve_mac, reserve_vlan
from workers.pipeline.handler import Handler


class ConnexionsNew(Handler):
    service_type, action = "connexions", "new"

    inventory = (reserve_vlan, reserve_mac, create_service)
    quality_assurance = (
        bandwidth_fits_port_group,
        measurement("port_up", "Check that the partner's port is up", port_parameters),
        all_checks_done,
    )
    provisioning = (
        *network_change(
            "connect_service", "Connect the service", port_parameters,
            undo="remove_service", says="Service {service_number} is connected now.", activates=True,
        ),
        register_active,
        wait_for_member,
        member_is_content,
        activate_service,
    )  # fmt: skip
