"""Two people at the switch of one stage: one effect, and the other is told who was faster."""

import threading

import pytest
from flask import Flask

from app.domain.errors import IllegalMove
from app.domain.models import Audit, StagePause
from app.domain.permissions import Role
from app.domain.states import Stage
from app.extensions import db
from app.services import engine
from app.services.actor import Actor

NELL, IVO = (Actor(name, role=Role.ENGINEER) for name in ("Nell Patcher", "Ivo Splice"))


def test_whoever_comes_second_is_told_who_paused_it(app: Flask) -> None:
    with app.app_context():
        engine.pause_stage(Stage.INVENTORY, NELL, "Switch maintenance.")
        with pytest.raises(IllegalMove, match="Nell Patcher has paused this stage already: Switch maintenance"):
            engine.pause_stage(Stage.INVENTORY, IVO, "Maintenance.")
        assert [pause.by for pause in db.session.query(StagePause)] == ["Nell Patcher"]


def test_the_same_click_twice_is_one_pause(app: Flask) -> None:
    with app.app_context():
        for _ in range(2):
            engine.pause_stage(Stage.INVENTORY, NELL, "Switch maintenance.")
        assert db.session.query(Audit).filter_by(what="pause stage").count() == 1


@pytest.mark.parametrize("ending", [False, True], ids=["pausing", "resuming"])
def test_two_at_the_same_moment_are_one_effect_and_one_sentence(app: Flask, ending: bool) -> None:
    if ending:
        with app.app_context():
            engine.pause_stage(Stage.INVENTORY, NELL, "Switch maintenance.")
    together, heard = threading.Barrier(2), []

    def click(who: Actor) -> None:
        with app.app_context():
            together.wait()
            try:
                if ending:
                    engine.resume_stage(Stage.INVENTORY, who)
                else:
                    engine.pause_stage(Stage.INVENTORY, who, f"{who.name} wants it.")
                heard.append("done")
            except IllegalMove as why:
                heard.append(why.detail)
            finally:
                db.session.remove()

    clicks = [threading.Thread(target=click, args=(who,)) for who in (NELL, IVO)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()
    assert heard.count("done") == 1
    assert any(said.endswith(("wants it.", "is not paused.")) for said in heard)
