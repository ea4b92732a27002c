"""States of aggregates on disk: several processes, changes and damage never change an answer."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import duckdb
import icefalldb

ROUNDS = int(os.environ.get("ICEFALL_FUZZ_ROUNDS", "150")) // 3

_SETTINGS = (
    "SET icefall_result_cache = false",
    "SET icefall_metadata_aggregates = false",
    "SET icefall_partial_rows_min = 1",
    "SET icefall_partial_queries_min = 1",
    "SET icefall_partial_file_rows_min = 1",
)

# Runs the statements that come in, and answers the rows of each.
_WORKER = """
import sys, icefalldb
db = icefalldb.attach(sys.argv[1])
for line in sys.stdin:
    rows = db.sql(line).fetchall()
    print(repr(rows).replace(chr(10), " "), flush=True)
"""


class _Worker:
    def __init__(self, database: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _WORKER, str(database)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        for setting in _SETTINGS:
            self.ask(setting)

    def ask(self, sql: str) -> str:
        assert self._process.stdin and self._process.stdout
        print(sql, file=self._process.stdin)
        return self._process.stdout.readline().strip()

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


def _open(database: Path, **options: bool) -> icefalldb.IcefallDBConnection:
    session = icefalldb.attach(database, **options)
    for setting in _SETTINGS:
        session.sql(setting)
    return session


def _question(choice: random.Random) -> str:
    aggregates = (
        "count(*);sum(k);avg(v);min(s);max(k);count(g);sum(v);max(v);count(DISTINCT s);"
        "sum(DISTINCT k % 7);approx_count_distinct(s);approx_count_distinct(v)"
    )
    chosen = ", ".join(choice.sample(aggregates.split(";"), 3))
    where = choice.choice(["true", f"k >= {choice.randrange(4) * 100}", "g <> 3", "s < 'text 3'"])
    key = choice.choice(["g", "k % 3", "s IS NULL"])
    return choice.choice(
        [
            f"SELECT {chosen} FROM t WHERE {where}",
            f"SELECT {key} AS x, {chosen} FROM t WHERE {where} GROUP BY x ORDER BY x",
        ]
    )


def _change(choice: random.Random) -> str:
    low = choice.randrange(400)
    return choice.choice(
        [
            "INSERT INTO t SELECT i, i % 5, i / 4, 'text ' || i "
            f"FROM range({low}, {low + 150}) r(i)",
            f"INSERT INTO t VALUES ({low}, NULL, {low}.5, NULL)",
            f"DELETE FROM t WHERE k BETWEEN {low} AND {low + 20}",
            f"UPDATE t SET v = v + 1 WHERE k = {low}",
            f"UPDATE t SET g = 9 WHERE g = {choice.randrange(5)}",
        ]
    )


def _damage(choice: random.Random, database: Path) -> None:
    for file in (database / "_cache" / "states").glob("*"):
        fate = choice.randrange(4)
        if fate == 0:
            file.unlink(missing_ok=True)
        elif fate == 1:
            os.truncate(file, choice.randrange(file.stat().st_size + 1))
        elif fate == 2:
            content = bytearray(file.read_bytes())
            if content:
                content[choice.randrange(len(content))] ^= 1 << choice.randrange(8)
            file.write_bytes(bytes(content))


def test_answers_of_several_processes_are_those_of_plain_duckdb(tmp_path: Path) -> None:
    choice = random.Random(7)
    database = tmp_path / "db"
    plain = duckdb.connect()
    create = "CREATE TABLE t (k INTEGER, g INTEGER, v DECIMAL(9,2), s VARCHAR)"
    plain.execute(create)
    with _open(database, create=True) as session:
        session.sql(create)
    worker = _Worker(database)
    session = _open(database)
    taken = 0
    try:
        for _ in range(ROUNDS):
            for _ in range(choice.randrange(3)):
                change = _change(choice)
                plain.execute(change)
                if choice.random() < 0.5:
                    session.sql(change)
                else:
                    worker.ask(change)
            if choice.random() < 0.2:
                _damage(choice, database)
            if choice.random() < 0.2:
                taken += _taken_from_disk(session)
                session.close()
                session = _open(database)
            for _ in range(4):
                question = _question(choice)
                expected = plain.execute(question).fetchall()
                assert session.sql(question).fetchall() == expected, question
                assert worker.ask(question) == repr(expected), question
        assert taken + _taken_from_disk(session) > 0
    finally:
        worker.close()
        session.close()


def test_another_process_begins_with_what_was_made_at_load(tmp_path: Path) -> None:
    database = tmp_path / "db"
    with icefalldb.attach(database, create=True) as db:
        db.sql(
            "CREATE TABLE t (k BIGINT, g INTEGER) "
            "WITH (aggregates = 'sum(k), count(DISTINCT k % 5) by g')"
        )
        db.sql("INSERT INTO t SELECT range, range % 7 FROM range(130000)")
    question = "SELECT g, sum(k), count(DISTINCT k % 5) FROM t GROUP BY g ORDER BY g"
    worker = _Worker(database)
    try:
        plain = duckdb.sql(
            question.replace("FROM t", "FROM (SELECT range k, range % 7 g FROM range(130000))")
        )
        assert worker.ask(question) == repr(plain.fetchall())
        states = "SELECT hits FROM icefall_cache() WHERE kind = 'states' AND name = 'all on disk'"
        assert worker.ask(states) == "[(4,)]"  # two sets of two units
    finally:
        worker.close()


def _taken_from_disk(session: icefalldb.IcefallDBConnection) -> int:
    row = session.sql(
        "SELECT hits FROM icefall_cache() WHERE kind = 'states' AND name = 'all on disk'"
    ).fetchone()
    return int(row[0]) if row else 0


def test_one_process_changes_and_the_other_is_never_late(tmp_path: Path) -> None:
    database = tmp_path / "db"
    with _open(database, create=True) as session:
        session.sql("CREATE TABLE t AS SELECT range AS k, range % 7 AS g FROM range(200000)")
        worker = _Worker(database)
        try:
            for number in range(60):
                worker.ask(f"UPDATE t SET k = k + 1 WHERE k % 50021 = {number * 7}")
                question = "SELECT g, sum(k), count(*) FROM t GROUP BY g ORDER BY g"
                kept = session.sql(question).fetchall()
                session.sql("SET icefall_partial_aggregates = false")
                assert session.sql(question).fetchall() == kept
                session.sql("SET icefall_partial_aggregates = true")
                assert worker.ask(question) == repr(kept)
        finally:
            worker.close()
