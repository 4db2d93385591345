"""The short chaos run: kills, zombies, a wiped Redis, a crashed database, a far side that lies; nothing is lost."""

import pytest

from tests.chaos.run import run
from tests.chaos.scale import SHORT


@pytest.mark.chaos
@pytest.mark.timeout(240)
@pytest.mark.xdist_group("chaos")
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nothing_is_lost_and_nothing_done_twice_whatever_dies(kind: str) -> None:
    report = run(kind, SHORT)
    table = "\n".join(f"{name:40} {value}" for name, value in report.rows())
    print(table)
    assert report.faults == [], f"{table}\n{report.last_words}"
    assert report.disasters.kills >= 3
    assert len(report.disasters.redis_wiped) == 2
