"""Random transactions of several sessions at once, against a model of snapshot isolation."""

import os
import random

import pytest

from engine import attach, attempt, cursor_of

SEEDS = [int(s) for s in os.environ.get("ICEFALL_IN_FLIGHT_SEEDS", "1,2").split(",")]
STEPS = int(os.environ.get("ICEFALL_IN_FLIGHT_STEPS", "250"))
SESSIONS = 4
KEYS = 40
KINDS = ["insert", "upsert", "update", "delete", "range", "many", "merge"]
MAINTENANCE = ["CALL icefall_compact('my.main.t')", "CALL icefall_optimize('my.main.t')"]


class Committed:
    """The table: key -> (version, value); a version is one row as one transaction wrote it."""

    def __init__(self):
        self.rows = {}
        self.removed = []  # versions, in the order of commits
        self.versions = 0

    def new_version(self):
        self.versions += 1
        return self.versions


class ModelTransaction:
    def __init__(self, committed):
        self.committed = committed
        self.base = dict(committed.rows)
        self.rows = dict(committed.rows)
        self.removed_before = len(committed.removed)

    def write(self, key, value):
        self.rows[key] = (self.committed.new_version(), value)

    def changes(self):
        """Versions of the base that go, and rows that come."""
        gone = {v for k, (v, _) in self.base.items() if self.rows.get(k, (None,))[0] != v}
        come = {k: r for k, r in self.rows.items() if self.base.get(k, (None,))[0] != r[0]}
        return gone, come

    def conflicts(self):
        gone, come = self.changes()
        if gone & set(self.committed.removed[self.removed_before :]):
            return True
        taken = {k for k, (version, _) in self.committed.rows.items() if version not in gone}
        return bool(taken & set(come))

    def commit(self):
        gone, come = self.changes()
        rows = self.committed.rows
        for key in [k for k, (version, _) in rows.items() if version in gone]:
            del rows[key]
        rows.update(come)
        self.committed.removed.extend(gone)


class Session:
    def __init__(self, connection, committed, chooser):
        self.cursor = cursor_of(connection)
        self.committed = committed
        self.chooser = chooser
        self.model = None
        self.trail = []

    def run(self, statement):
        self.trail.append(statement)
        return attempt(self.cursor, statement)

    def step(self):
        if self.model is None:
            self.trail = []
            assert self.run("BEGIN") is None
            self.model = ModelTransaction(self.committed)
            # A snapshot is taken with the first look.
            self.compare()
            return
        roll = self.chooser.random()
        if roll < 0.2:
            self.end()
        elif roll < 0.3:
            self.compare()
        else:
            self.change()

    def compare(self):
        found = self.cursor.execute("SELECT k, v FROM t").fetchall()
        expected = {key: value for key, (_, value) in self.model.rows.items()}
        assert sorted(found) == sorted(expected.items()), self.trail

    def end(self):
        model, self.model = self.model, None
        if self.chooser.random() < 0.15:
            assert self.run("ROLLBACK") is None
            return
        expected = model.conflicts()
        error = self.run("COMMIT")
        assert (error is not None) == expected, (error, self.trail)
        if error is None:
            model.commit()
        else:
            assert "commit" in error or "duplicate key" in error, error

    def change(self):
        key, value = self.chooser.randrange(KEYS), self.chooser.randrange(1000)
        rows = self.model.rows
        kind = self.chooser.choice(KINDS)
        if kind == "insert":
            error = self.run(f"INSERT INTO t VALUES ({key}, {value})")
            assert (error is not None) == (key in rows), (error, self.trail)
            if error is not None:
                self.model = None
                assert self.run("ROLLBACK") is None
            else:
                self.model.write(key, value)
        elif kind == "upsert":
            self.run(f"INSERT OR REPLACE INTO t VALUES ({key}, {value})")
            self.model.write(key, value)
        elif kind == "update":
            self.run(f"UPDATE t SET v = {value} WHERE k = {key}")
            if key in rows:
                self.model.write(key, value)
        elif kind == "delete":
            self.run(f"DELETE FROM t WHERE k = {key}")
            rows.pop(key, None)
        elif kind == "range":
            self.run(f"UPDATE t SET v = v + 1 WHERE k BETWEEN {key} AND {key + 3}")
            for k in [k for k in rows if key <= k <= key + 3]:
                self.model.write(k, rows[k][1] + 1)
        elif kind == "many":
            first = KEYS + 10 * self.chooser.randrange(100000)
            self.run(f"INSERT INTO t SELECT {first} + i, i FROM range(8) r(i)")
            for i in range(8):
                self.model.write(first + i, i)
        else:
            self.run(
                f"MERGE INTO t USING (SELECT {key} + i AS k FROM range(3) r(i)) s ON t.k = s.k "
                "WHEN MATCHED AND t.k % 2 = 0 THEN DELETE "
                f"WHEN MATCHED THEN UPDATE SET v = {value} "
                f"WHEN NOT MATCHED THEN INSERT VALUES (s.k, {value})"
            )
            for k in range(key, key + 3):
                if k in rows and k % 2 == 0:
                    del rows[k]
                else:
                    self.model.write(k, value)


@pytest.mark.parametrize("seed", SEEDS)
def test_transactions_in_flight(tmp_path, seed):
    chooser, committed = random.Random(seed), Committed()
    with attach(tmp_path / "database") as connection:
        connection.execute("CREATE TABLE t (k INTEGER PRIMARY KEY, v INTEGER)")
        sessions = [Session(connection, committed, chooser) for _ in range(SESSIONS)]
        for _ in range(STEPS):
            if chooser.random() < 0.03:
                connection.execute(chooser.choice(MAINTENANCE))
            chooser.choice(sessions).step()
        for session in sessions:
            if session.model is not None:
                session.end()
        found = connection.execute("SELECT k, v FROM t").fetchall()
        assert sorted(found) == sorted((key, value) for key, (_, value) in committed.rows.items())
