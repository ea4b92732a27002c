"""Two transactions on one table: who wins, what the other one is told, and what is left.

The second one begins and does its work first, and commits last: the first committer wins.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from conflict_operations import CREATE, OPERATIONS, Model, conflict_of
from engine import attach, attempt, cursor_of

PROCESS_PAIRS = [
    ("update 5", "delete 5"),
    ("update 5", "update 6"),
    ("insert same key", "upsert new"),
    ("add column", "insert"),
    ("truncate", "merge"),
    ("compact", "update 5"),
]


@pytest.fixture(scope="module")
def connection():
    with tempfile.TemporaryDirectory() as folder:
        with attach(f"{folder}/database") as connection:
            yield connection


def contents(connection, table):
    result = connection.execute(f"SELECT * FROM {table}")
    return [column[0] for column in result.description], sorted(result.fetchall())


def check_pair(first_name, second_name, first, second, schema):
    """`first` and `second` run one statement each; both have the schema as their default."""
    one, two = OPERATIONS[first_name], OPERATIONS[second_name]
    table = f"my.{schema}.t"
    assert second("BEGIN") is None
    assert second(two.sql.format(n=2, table=table)) is None
    assert first("BEGIN") is None
    assert first(one.sql.format(n=1, table=table)) is None
    assert first("COMMIT") is None
    error = second("COMMIT")
    expected = conflict_of(one, two)
    is_late_drop = two.drops and one.maintains
    if not is_late_drop:
        assert (error is None) == (expected is None), error or "COMMIT succeeded"
    for word in expected or []:
        assert word in error
    return error is None


def final_table(first_name, second_name, second_won):
    """The table's name at the end, and its model; None for one that is gone."""
    one, two = OPERATIONS[first_name], OPERATIONS[second_name]
    model, name = Model(), "t"
    for n, operation, committed in [(1, one, True), (2, two, second_won)]:
        if not committed:
            continue
        if operation.drops:
            return name, None
        if operation.renames:
            name = f"t{n}"
        model.commit(operation, n)
    return name, model


@pytest.mark.parametrize("second_name", OPERATIONS)
def test_first_committer_wins(connection, second_name):
    for number, first_name in enumerate(OPERATIONS):
        schema = f"s{list(OPERATIONS).index(second_name)}_{number}"
        connection.execute(f"CREATE SCHEMA {schema}")
        first, second = connection.cursor(), connection.cursor()
        for cursor in (first, second):
            cursor.execute(f"USE my.{schema}")
        for statement in CREATE:
            first.execute(statement)
        won = check_pair(
            first_name,
            second_name,
            lambda statement: attempt(first, statement),
            lambda statement: attempt(second, statement),
            schema,
        )
        name, model = final_table(first_name, second_name, won)
        if model is None:
            error = attempt(first, f"SELECT id FROM {name}")
            assert error is not None, f"{first_name}, {second_name}"
        else:
            found = contents(first, name)
            assert found == model.contents(), f"{first_name}, {second_name}"


class Process:
    """Statements in another process, one at a time."""

    def __init__(self, path):
        self.child = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("statement_process.py")), str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, statement):
        self.child.stdin.write(statement + "\n")
        self.child.stdin.flush()
        answer = self.child.stdout.readline().rstrip("\n")
        return None if answer == "ok" else answer

    def close(self):
        self.child.stdin.close()
        self.child.wait()


@pytest.mark.parametrize("first_name, second_name", PROCESS_PAIRS)
def test_first_committer_wins_among_processes(tmp_path, first_name, second_name):
    path = tmp_path / "database"
    with attach(path) as connection:
        for statement in CREATE:
            connection.execute(statement)
    first, second = Process(path), Process(path)
    try:
        won = check_pair(first_name, second_name, first, second, "main")
    finally:
        first.close()
        second.close()
    name, model = final_table(first_name, second_name, won)
    with attach(path) as connection:
        assert contents(connection, name) == model.contents()


def test_a_conflict_names_rows_operation_and_time(tmp_path):
    with attach(tmp_path / "database") as connection:
        for statement in CREATE:
            connection.execute(statement)
        other = cursor_of(connection)
        rowid = connection.execute("SELECT rowid FROM t WHERE id = 5").fetchone()[0]
        other.execute("BEGIN")
        other.execute("DELETE FROM t WHERE id BETWEEN 4 AND 5")
        connection.execute("UPDATE t SET v = 0 WHERE id = 5")
        sequence, time = connection.execute(
            "SELECT sequence, strftime(committed_at AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S') "
            "FROM icefall_snapshots('my.main.t') ORDER BY sequence DESC LIMIT 1"
        ).fetchone()
        error = attempt(other, "COMMIT")
        assert f"(rowid {rowid}) deleted by this transaction and by commit {sequence}" in error
        assert f"commit {sequence} is update of {time}" in error
        assert '"main"."t"' in error
