"""A runbook of six steps that do nothing, over three stages: what the engine itself costs. Only for the benchmark."""

from dataclasses import replace

from app.domain.permissions import Team
from workers.pipeline.handler import Facts, Handler, Step, Task, local, manual

SERVICE_TYPE = "bench"


def _nothing(task: Task) -> Facts:
    return {}


def noop(name: str) -> Step:
    return replace(local(f"Nothing {name}")(_nothing), key=f"noop_{name}")


pause = manual("pause", "Press Resume", team=Team.ENGINEERING, tell="Press Resume.")


class SixSteps(Handler):
    """Two steps in each stage."""

    service_type, action = SERVICE_TYPE, "new"

    inventory = (noop("1"), noop("2"))
    quality_assurance = (noop("3"), noop("4"))
    provisioning = (noop("5"), noop("6"))


class Paused(Handler):
    """A person's step, then three that do nothing: what a click costs until the item is completed."""

    service_type, action = SERVICE_TYPE, "modify"

    inventory = (noop("1"),)
    provisioning = (pause, noop("2"), noop("3"), noop("4"))
