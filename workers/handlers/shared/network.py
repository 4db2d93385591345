"""Changing the network through its automation: plan, review what is not the member's own, submit, wait for the end."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from app.domain import asks, clock
from app.domain.errors import NotYet, PermanentFailure
from app.domain.states import WaitKind
from app.domain.story import Line
from workers.handlers.shared.details import ordered, standing
from workers.pipeline.handler import Await, Facts, Step, Task, automated, local, until

POLL_EVERY = timedelta(seconds=5)
"""How often a job is looked at when no callback comes."""

Parameters = Callable[[Task, Facts], dict[str, Any]]
"""What an action needs to know, from the task and the service's details as they are to be."""


def network_change(
    action: str,
    title: str,
    parameters: Parameters,
    *,
    undo: str,
    says: str = "",
    activates: bool = False,
) -> tuple[Step, ...]:
    """The steps of one network action.

    Its plan is looked at first: a difference that touches anything but the ordering member's own ports and services
    pauses for an engineer (the seed's automation is for member related, low risk changes). Then it is submitted, and
    the item waits, holding no worker, until the automation has read the change back. `undo` names the action that
    takes it back when the item is cancelled, to how the service stood before; `says` is told to the member when it is
    done.
    """
    return (
        _reviewed(action, title, parameters),
        _judged(action, title),
        _submitted(action, title, parameters, undo, activates),
        _done(action, title, says),
    )


def measurement(check: str, title: str, parameters: Parameters) -> Step:
    """Look at the network; what is not right stops the item in words."""

    def measure(task: Task) -> Facts:
        seen = task.systems.network.measure(check, parameters(task, ordered(task)))
        label = " (simulated)" if seen.get("simulated") else ""
        if not seen["ok"]:
            raise PermanentFailure(f"{seen['detail']}{label}")  # the story names the step itself
        task.say(debug=f"{title}: {seen['detail']}{label}")
        return {f"measured_{check}": seen.get("value")}

    return replace(automated(title, uses=("network",))(measure), key=f"measure_{check}")


def _reviewed(action: str, title: str, parameters: Parameters) -> Step:
    def review(task: Task) -> Facts | Await:
        plan = task.systems.network.plan(action, parameters(task, ordered(task)))
        own = {task.item.account_id, task.item.sub_account_id}
        foreign = [touch for touch in plan.touches if touch.account not in own]
        if not foreign or not task.config.network_review:
            return _undecided(task)
        touched = ", ".join(f"{touch.kind} {touch.id} of {touch.account or 'nobody known'}" for touch in foreign)
        return Await(
            WaitKind.REVIEW,
            "team:engineering",
            f"Review the network change: {title.lower()}",
            tell=f"The planned change touches what is not the member's own: {touched}.\n\n{plan.diff}",
            ask={
                "decision": asks.choice("Decision", "approve", "refuse"),
                "remark": asks.text("Remark", required=False),
            },
            line=Line(debug=f"Paused for a review: the change touches {touched}."),
        )

    return replace(until(_plan_title(title), uses=("network",))(review), key=f"review_{action}")


def _judged(action: str, title: str) -> Step:
    def judge(task: Task) -> Facts:
        """The review only collected a decision; here it takes effect, and is cleared for the next review."""
        if task.facts.get("decision") == "refuse":
            said = task.facts.get("remark")
            raise PermanentFailure(
                f"An engineer refused the planned change{f': {said}' if said else '.'} "
                f"Once it is put right, retry from “{_plan_title(title)}”."
            )
        return _undecided(task)

    return replace(local(f"Judge the plan: {title.lower()}")(judge), key=f"judge_{action}")


def _plan_title(title: str) -> str:
    return f"Plan: {title.lower()}"


def _undecided(task: Task) -> Facts:
    """Facts that forget the decision of an earlier review."""
    return {"decision": None, "remark": None} if task.facts.get("decision") else {}


def _submitted(action: str, title: str, parameters: Parameters, undo: str, activates: bool) -> Step:
    def submit(task: Task) -> Facts:
        callback = f"{task.config.public_url}/hooks/nca"
        effect = _new_effect(task, task.facts.get(f"job_{action}"))
        reference = task.systems.network.submit(effect.key, action, parameters(task, ordered(task)), callback)
        task.say(debug=f"Network automation: {action} submitted as job {reference}.")
        return {f"job_{action}": reference}

    def take_back(task: Task) -> Facts:
        _must_have_ended(task, task.facts.get(f"job_{action}"), action)
        reference = task.systems.network.submit(task.key, undo, _back(task, parameters))
        job = task.systems.network.poll(reference)
        if not job.ended:
            raise NotYet(f"Network automation still works on {undo}.", look_again=2.0)
        if job.state == "failed":
            raise PermanentFailure(f"Network automation could not do {undo}: {job.error}")
        task.say(debug=f"Network automation: {undo} done, revision {job.revision}.")
        return {}

    step = automated(title, uses=("network",), undo=take_back, activates=activates)(submit)
    return replace(step, key=action)


def _back(task: Task, parameters: Parameters) -> dict[str, Any]:
    """How the service stood before; `clear` names what the change had added, for a change of a service is a merge."""
    before, wanted = parameters(task, standing(task)), parameters(task, ordered(task))
    added = [name for name, value in wanted.items() if value is not None and before.get(name) is None]
    return {**before, "clear": added} if added else before


def _new_effect(task: Task, earlier: str | None) -> Task:
    """The task under its own key; after a job that failed, and so changed nothing, under one for the next job."""
    if earlier is None or task.systems.network.poll(earlier).state != "failed":
        return task
    return replace(task, key=str(uuid.uuid5(uuid.UUID(task.key), earlier)))


def _must_have_ended(task: Task, reference: str | None, action: str) -> None:
    """A change that is still under way could be done after it was taken back."""
    if reference is not None and not task.systems.network.poll(reference).ended:
        raise NotYet(f"Network automation still works on {action}.", look_again=2.0)


def _done(action: str, title: str, says: str) -> Step:
    def look(task: Task) -> Facts | Await:
        reference = task.facts.get(f"job_{action}")
        if reference is None:
            return {}  # the submission was skipped or done by hand: there is no job to wait for
        job = task.systems.network.poll(reference)
        if not job.ended:
            return Await(
                WaitKind.SYSTEM, "system:network", f"Network automation works on it: {title.lower()}",
                reference=reference, look_again=clock.now() + POLL_EVERY,
            )  # fmt: skip
        if job.state == "failed":
            raise PermanentFailure(
                f"Network automation failed on {action}: {job.error} Once it is put right, retry from “{title}”."
            )
        checked = ", ".join(f"{check['name']}: {'ok' if check['ok'] else 'not ok'}" for check in job.checks)
        told = says.format(service_number=task.item.service_number) if says else None
        task.say(
            user=told, debug=f"{action} done, revision {job.revision or 'unchanged'}. {checked}\n{job.diff}".strip()
        )
        return {f"revision_{action}": job.revision}

    return replace(until(f"Wait for the network: {title.lower()}", uses=("network",))(look), key=f"{action}_done")
