"""Rules that every handler keeps."""

import pytest

from app.catalogue import JOIN_PVLAN, NORMAL, every_action
from app.catalogue.model import Action, ServiceType
from app.domain.states import Stage, WaitKind
from workers.pipeline import plan
from workers.pipeline.handler import HANDLERS, Handler, Step, handler_for, handler_name

import workers.handlers  # noqa: F401  isort: skip

AUTOMATED = [one for one in every_action() if not one[0].by_hand]
EVERY_ACTION = [pytest.param(*one, id=f"{one[0].key}:{one[1].name}:{one[2]}") for one in AUTOMATED]
EVERY_HANDLER = [pytest.param(handler, id=name) for name, handler in sorted(HANDLERS.items())]
PERSONS = {kind.value for kind in WaitKind}
LOOKS = ("measure_",)
TAKES = ("reserve_", "assign_")
CHANGES_AN_ACTIVE_SERVICE = {"modify", "edit_encap", "cease"}


@pytest.mark.parametrize(("kind", "action", "order_type"), EVERY_ACTION)
def test_every_action_is_automated_unless_people_do_all_of_it(kind: ServiceType, action: Action, order_type: str):
    handler = handler_for(kind.key, action.name, order_type)
    assert handler is not None, f"no handler for {kind.key} {action.name} in orders of type {order_type}"
    assert (handler.service_type, handler.action) == (kind.key, action.name)


def test_there_is_no_handler_for_anything_else():
    known = {
        handler_name(kind.key, action.name, JOIN_PVLAN if order_type == JOIN_PVLAN else None)
        for kind, action, order_type in AUTOMATED
    }
    assert set(HANDLERS) == known


def test_a_join_has_a_handler_of_its_own_and_what_goes_with_it_the_ordinary_one():
    assert handler_for("pvlan", "new", JOIN_PVLAN) is not handler_for("pvlan", "new", NORMAL)
    assert handler_for("multiservice_port", "edit_encap", JOIN_PVLAN) is handler_for(
        "multiservice_port", "edit_encap", NORMAL
    )


@pytest.mark.parametrize("handler", EVERY_HANDLER)
def test_every_step_has_a_key_of_its_own_a_title_for_people_and_something_to_do(handler: type[Handler]):
    steps = [step for _, step in handler.plan()]
    assert len({step.key for step in steps}) == len(steps)
    assert len({step.title for step in steps}) == len(steps)
    for step in steps:
        assert step.title[0].isupper() and not step.title.endswith("."), step.title
        assert (step.act is not None) != (step.kind in PERSONS), step.key
        assert len(step.key) <= 80 and len(step.title) <= 200


@pytest.mark.parametrize("handler", EVERY_HANDLER)
def test_whatever_was_taken_or_changed_can_be_undone(handler: type[Handler]):
    for _, step in handler.plan():
        if _takes_or_changes(step):
            assert step.undo is not None, f"{handler.__name__}: “{step.title}” cannot be undone"


def _takes_or_changes(step: Step) -> bool:
    return (step.kind == "auto" and not step.key.startswith(LOOKS)) or step.key.startswith(TAKES)


@pytest.mark.parametrize("handler", EVERY_HANDLER)
def test_what_touches_a_far_system_names_it_so_that_its_breaker_counts(handler: type[Handler]):
    for _, step in handler.plan():
        assert (step.kind == "auto") <= bool(step.uses), f"{step.key} does not say which system it uses"
        assert set(step.uses) | set(step.undo_uses) <= {"network", "inventory", "ticketing"}


@pytest.mark.parametrize("handler", EVERY_HANDLER)
def test_every_handler_ends_by_keeping_the_record_and_has_work_in_each_stage(handler: type[Handler]):
    stages = {stage for stage, _ in handler.plan()}
    assert stages == set(Stage)
    last = list(handler.plan())[-1][1]
    assert last.key in ("activate_service", "change_service", "cease_service", "add_member")


@pytest.mark.parametrize("handler", EVERY_HANDLER)
def test_changes_of_an_active_service_take_turns(handler: type[Handler]):
    first = next(handler.plan())[1]
    assert (first.key == "begin_change") == (handler.action in CHANGES_AN_ACTIVE_SERVICE)


@pytest.mark.parametrize("handler", EVERY_HANDLER)
def test_one_step_switches_the_service_so_that_a_wished_date_can_hold_it_back(handler: type[Handler]):
    switching = [step.key for _, step in handler.plan() if step.activates]
    assert len(switching) == (0 if handler.order_type == JOIN_PVLAN else 1)


@pytest.mark.parametrize("handler", EVERY_HANDLER)
def test_a_published_plan_shows_each_step_with_its_stage_and_whether_it_can_be_undone(handler: type[Handler]):
    shown = plan.published(handler)
    assert [row["key"] for row in shown] == [step.key for _, step in handler.plan()]
    assert all(row["stage"] in set(Stage) and row["title"] for row in shown)
    assert [row["undo"] for row in shown] == [step.undo is not None for _, step in handler.plan()]


def test_the_patch_is_the_only_thing_that_people_do_for_a_new_port_and_it_asks_two_things():
    persons = [step for _, step in HANDLERS["multiservice_port:new"].plan() if step.is_person]
    assert [step.title for step in persons] == ["Patch the cross-connect"]
    assert [(ask.label, ask.unit) for ask in persons[0].ask.values()] == [
        ("Patch panel position", ""), ("Light level", "dBm"),
    ]  # fmt: skip


def test_two_handlers_for_one_thing_are_refused():
    with pytest.raises(TypeError, match="already handled by ConnexionsNew"):
        type("Second", (Handler,), {"service_type": "connexions", "action": "new"})
