"""The servers that the tests start are real, are the test's own, and leave nothing behind."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import sqlalchemy
from flask import Flask

from app.domain.models import Counter
from app.extensions import db
from tests.support import waiting
from tests.support.postgres import PostgresServer
from tests.support.processes import ended, family
from tests.support.redis import RedisServer

STARTER = """
import json, sys, time
from tests.support.postgres import PostgresServer
from tests.support.processes import ended, family
from tests.support.redis import RedisServer
postgres, redis = PostgresServer.start(), RedisServer().start()
print(json.dumps([[postgres.pid, postgres.folder], [redis._child.pid, str(redis.folder)]]), flush=True)
time.sleep(600)
"""


def connect(server: PostgresServer) -> psycopg.Connection[tuple[int]]:
    return psycopg.connect(server.url().replace("+psycopg", ""), autocommit=True)


def test_what_postgresql_committed_survives_a_crash_and_what_was_open_does_not(own_postgres: PostgresServer) -> None:
    with connect(own_postgres) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (1)")
    half_done = connect(own_postgres)
    half_done.execute("BEGIN")
    half_done.execute("INSERT INTO kept VALUES (2)")
    own_postgres.crash()
    half_done.close()
    own_postgres.restart()
    with connect(own_postgres) as connection:
        assert connection.execute("SELECT n FROM kept").fetchall() == [(1,)]


def test_a_stopped_postgresql_leaves_no_process_and_no_folder() -> None:
    server = PostgresServer.start()
    processes = family(server.pid)
    server.stop()
    assert ended(processes)
    assert not Path(server.folder).exists()


def test_redis_keeps_its_data_through_kill_9_and_loses_it_when_flushed(own_redis: RedisServer) -> None:
    with own_redis.client() as client:
        client.set("wake", "1")
        client.execute_command("WAITAOF", 1, 0, 2000)
    own_redis.restart()
    with own_redis.client() as client:
        assert client.get("wake") == b"1"
        own_redis.flush()
        assert client.get("wake") is None


def test_servers_end_when_whoever_started_them_is_killed() -> None:
    root = Path(__file__).parents[2]
    starter = subprocess.Popen([sys.executable, "-c", STARTER], stdout=subprocess.PIPE, text=True, cwd=root)
    assert starter.stdout is not None
    with starter.stdout as told:
        started = json.loads(told.readline())
    processes = [one for pid, _folder in started for one in family(pid)]
    assert len(processes) > 4
    os.kill(starter.pid, signal.SIGKILL)
    starter.wait()
    waiting.until(lambda: ended(processes), "the servers end by themselves")
    for _pid, folder in started:
        subprocess.run(["rm", "-rf", folder], check=True)


@pytest.mark.parametrize("round_", [1, 2])
def test_every_test_gets_an_empty_database_with_all_tables(app: Flask, round_: int) -> None:
    with app.app_context():
        tables = sqlalchemy.inspect(db.engine).get_table_names()
        assert {"order", "orders"} & set(tables)
        assert db.session.scalars(sqlalchemy.select(Counter.name)).all() == []
        db.session.add(Counter(name="only here", value=1))
        db.session.commit()


def test_every_test_gets_an_empty_redis(redis_server: RedisServer, redis_url: str) -> None:
    with redis_server.client() as client:
        assert client.dbsize() == 0
        client.set("left", "behind")
