"""What a process needs to work items: made once, from the configuration."""

from collections.abc import Callable

from flask import Flask

from app import queues
from app.config import Config
from app.domain.states import Stage
from app.services.stock import Stock
from workers.pipeline.runner import Bench
from workers.southbound import systems_from


def make_bench(
    app: Flask,
    config: Config,
    stages: frozenset[Stage] = frozenset(Stage),
    stopping: Callable[[], bool] = lambda: False,
) -> Bench:
    """A bench for this app, also found by the jobs as `app.extensions["bench"]`."""
    wakes: queues.Wakes = app.extensions["wakes"]
    bench = Bench(
        systems=systems_from(config),
        config=config,
        stock=Stock(config),
        stages=stages,
        stopping=stopping,
        others_wait=lambda: wakes.others_wait(stages),
    )
    app.extensions["bench"] = bench
    return bench
