"""The runbooks of peering units. Resellers' peering units are worked in the same way, for another kind of customer."""

from workers.handlers.shared.carrier import capacity_fits_port, locate_port, unit_parameters
from workers.handlers.shared.details import begin_change
from workers.handlers.shared.network import measurement, network_change
from workers.handlers.shared.register import (
    activate_service,
    all_checks_done,
    cease_service,
    change_service,
    create_service,
    register_active,
    register_ceased,
    register_change,
)
from workers.handlers.shared.reserve import reserve_mac
from workers.pipeline.handler import Handler


class NewPeering(Handler):
    """Tested in quarantine first: exactly the ordered MAC address, only the frames an exchange allows."""

    inventory = (locate_port, reserve_mac, create_service)
    quality_assurance = (
        capacity_fits_port,
        *network_change("open_quarantine", "Put the service into quarantine", unit_parameters, undo="close_quarantine"),
        measurement("quarantine_mac", "Check the MAC address seen in quarantine", unit_parameters),
        measurement("frame_types", "Check that only IPv4, ARP and IPv6 are sent", unit_parameters),
        measurement("arp_nd", "Check that ARP and neighbour discovery are answered", unit_parameters),
        all_checks_done,
    )
    provisioning = (
        *network_change(
            "connect_service", "Move the service into production", unit_parameters,
            undo="remove_service", says="Service {service_number} is connected now.", activates=True,
        ),
        measurement("violation_counter", "Check the violation counter again", unit_parameters),
        register_active,
        activate_service,
    )  # fmt: skip


class ModifyPeering(Handler):
    """Another capacity, MAC address or ASN."""

    inventory = (begin_change, locate_port, reserve_mac)
    quality_assurance = (capacity_fits_port, all_checks_done)
    provisioning = (
        *network_change(
            "modify_service", "Change the service on the network", unit_parameters,
            undo="modify_service", says="Service {service_number} is connected now.", activates=True,
        ),
        measurement("violation_counter", "Check the violation counter again", unit_parameters),
        register_change,
        change_service,
    )  # fmt: skip


class CeasePeering(Handler):
    inventory = (begin_change, locate_port)
    quality_assurance = (all_checks_done,)
    provisioning = (
        *network_change(
            "remove_service", "Take the service off the network", unit_parameters,
            undo="connect_service", activates=True,
        ),
        register_ceased,
        cease_service,
    )  # fmt: skip
