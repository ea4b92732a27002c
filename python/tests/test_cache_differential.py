"""Random questions, changes and damage: what is kept never changes an answer."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import duckdb
import icefalldb

ROUNDS = int(os.environ.get("ICEFALL_FUZZ_ROUNDS", "150"))

# Kept for so few rows, and from the first query on.
_SETTINGS = (
    "SET icefall_partial_rows_min = 1",
    "SET icefall_partial_queries_min = 1",
    "SET icefall_partial_file_rows_min = 1",
)
# Which sketches answer exactly, of so few values; by DuckDB in another way.
_QUANTILE = "approx_quantile(k % 300, 0.3)"
_EXACT_QUANTILE = (
    "list_sort(list(k % 300) FILTER (k >= 0))"
    "[1 + round(0.3::FLOAT::DOUBLE * (count(k) - 1))::BIGINT]"
)
_AGGREGATES = (
    "count(*)",
    "sum(k)",
    "avg(v)",
    "max(s)",
    "count(DISTINCT g)",
    "count(DISTINCT s)",
    "sum(DISTINCT k % 7)",
    "avg(DISTINCT v)",
    "approx_count_distinct(k)",
    "approx_count_distinct(s)",
    _QUANTILE,
)

_WRITER = """
import sys, icefalldb
db = icefalldb.attach(sys.argv[1])
for number, line in enumerate(sys.stdin, 1):
    db.mutate("UPDATE counter SET n = n + 1")
    print(number, flush=True)
"""


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
            f"DELETE FROM t WHERE k >= {low}",
            "CREATE OR REPLACE VIEW w AS SELECT k, v FROM t WHERE g IS NOT NULL",
            f"CREATE OR REPLACE VIEW w AS SELECT k, v FROM t WHERE k < {low}",
        ]
    )


def _question(choice: random.Random) -> str:
    low = choice.randrange(4) * 100
    return choice.choice(
        [
            f"SELECT count(*), min(k), max(s), count(g) FROM t WHERE k >= {low}",
            "SELECT g, count(*), sum(k), min(v) FROM t GROUP BY g ORDER BY g",
            f"SELECT k, s FROM t WHERE k < {low} ORDER BY ALL",
            "SELECT count(*), sum(k) FROM w",
            "SELECT count(*) FROM t JOIN w USING (k)",
            "SELECT max(s) FROM t",
            _aggregate_question(choice),
            _aggregate_question(choice),
            _aggregate_question(choice),
        ]
    )


def _aggregate_question(choice: random.Random) -> str:
    chosen = ", ".join(choice.sample(_AGGREGATES, choice.randrange(1, 4)))
    where = choice.choice(["true", f"k >= {choice.randrange(4) * 100}", "g <> 3", "s < 'text 3'"])
    key = choice.choice(["g", "k % 3", "s IS NULL", "g, k % 2"])
    return choice.choice(
        [
            f"SELECT {chosen} FROM t WHERE {where}",
            f"SELECT {key}, {chosen} FROM t WHERE {where} GROUP BY {key} ORDER BY ALL",
        ]
    )


def _declaration(choice: random.Random) -> str:
    """Of some table option; what it asks for may be kept or not, and never shows."""
    if choice.random() < 0.3:
        return "ALTER TABLE t RESET (aggregates)"
    parts = [
        ", ".join(choice.sample(_AGGREGATES, 2)) + choice.choice(["", " by g", " by k % 3"])
        for _ in range(choice.randrange(1, 3))
    ]
    return f"ALTER TABLE t SET (aggregates = '{'; '.join(parts)}')"


def _open(database: Path, **options: bool) -> icefalldb.IcefallDBConnection:
    session = icefalldb.attach(database, **options)
    for setting in _SETTINGS:
        session.sql(setting)
    return session


def _damage(choice: random.Random, database: Path) -> None:
    for file in (database / "_cache").glob("*/*"):
        fate = choice.randrange(4)
        if fate == 0:
            file.unlink()
        elif fate == 1:
            os.truncate(file, choice.randrange(file.stat().st_size + 1))
        elif fate == 2:
            content = bytearray(file.read_bytes())
            if content:
                content[choice.randrange(len(content))] ^= 1 << choice.randrange(8)
            # By another name first, because readers map files.
            changed = file.with_suffix(".changed")
            changed.write_bytes(bytes(content))
            changed.rename(file)


def test_answers_are_those_of_plain_duckdb(tmp_path: Path, monkeypatch) -> None:  # type: ignore
    monkeypatch.setattr("icefalldb.kept_answers._FILE_SECONDS_MIN", 0)
    choice = random.Random(11)
    database = tmp_path / "db"
    plain = duckdb.connect()
    sessions = [_open(database, create=True), _open(database)]
    create = "CREATE TABLE t (k INTEGER, g INTEGER, v DECIMAL(9,2), s VARCHAR)"
    view = "CREATE VIEW w AS SELECT k, v FROM t"
    for statement in (create, view):
        plain.execute(statement)
        sessions[0].mutate(statement)
    hits = 0
    for _ in range(ROUNDS):
        if choice.random() < 0.5:
            change = _change(choice)
            plain.execute(change)
            choice.choice(sessions).sql(change)
        if choice.random() < 0.1:
            _damage(choice, database)
        if choice.random() < 0.05:
            sessions[1].close()
            sessions[1] = _open(database)
        if choice.random() < 0.03:
            choice.choice(sessions).clear_cache()
        if choice.random() < 0.05:
            choice.choice(sessions).sql(_declaration(choice))
            choice.choice(sessions).build_aggregates("t")
        for _ in range(6):
            question = _question(choice)
            expected = plain.execute(question.replace(_QUANTILE, _EXACT_QUANTILE)).fetchall()
            assert choice.choice(sessions).sql(question).fetchall() == expected, question
    for session in sessions:
        counted = session.sql("SELECT sum(hits) FROM icefall_cache()").fetchone()
        hits += int(counted[0]) if counted else 0
    assert hits > ROUNDS // 10


def test_another_process_changes_and_no_answer_is_stale(tmp_path: Path) -> None:
    database = tmp_path / "db"
    with icefalldb.attach(database, create=True) as db:
        db.mutate("CREATE TABLE counter (n INTEGER)")
        db.mutate("INSERT INTO counter VALUES (0)")
        command = [sys.executable, "-c", _WRITER, str(database)]
        writer = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert writer.stdin and writer.stdout
        try:
            for asked in range(1, 101):
                print(file=writer.stdin)
                # While the other one commits: the state before or after.
                assert db.sql("SELECT n FROM counter").fetchone() in ((asked - 1,), (asked,))
                assert int(writer.stdout.readline()) == asked
                for _ in range(3):
                    assert db.sql("SELECT n FROM counter").fetchone() == (asked,)
        finally:
            writer.stdin.close()
            writer.wait()
