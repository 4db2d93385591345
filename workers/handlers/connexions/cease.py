"""A ConneXions service ends."""

from workers.handlers.connexions.steps import port_parameters
from workers.handlers.shared.details import begin_change
from workers.handlers.shared.network import network_change
from workers.handlers.shared.register import all_checks_done, cease_service, register_ceased
from workers.pipeline.handler import Handler


class ConnexionsCease(Handler):
    service_type, action = "connexions", "cease"

    inventory = (begin_change,)
    quality_assurance = (all_checks_done,)
    provisioning = (
        *network_change(
            "remove_service", "Take the service off the network", port_parameters,
            undo="connect_service", activates=True,
        ),
        register_ceased,
        cease_service,
    )  # fmt: skip
