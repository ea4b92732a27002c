"""icefall_changes replayed gives the table: exact images of every kind of change, by stable ids."""

import random

import pytest

from engine import attach

OPERATIONS = [
    "INSERT INTO t SELECT {new} + i, {v}, 'n' FROM range({many}) r(i)",
    "INSERT INTO t VALUES ({new}, {v}, NULL)",
    "INSERT INTO t VALUES ({old}, {v}, 'u') ON CONFLICT (id) DO UPDATE SET v = excluded.v",
    "INSERT INTO t SELECT i, {v}, 'u' FROM range({old}, {new} + 5) r(i) ON CONFLICT (id) "
    "DO UPDATE SET v = t.v + excluded.v WHERE t.v % 2 = 0",
    "INSERT OR REPLACE INTO t SELECT i, {v}, 'r' FROM range({old}, {old} + 9) r(i)",
    "UPDATE t SET v = v + 1 WHERE id % 7 = {small}",
    "UPDATE t SET v = v WHERE id = {old}",
    "UPDATE t SET id = id + 1000000 WHERE id = {old}",
    "DELETE FROM t WHERE id % 11 = {small}",
    "DELETE FROM t WHERE id = {old}",
    "MERGE INTO t USING (SELECT i AS id, {v} AS v FROM range({old}, {old} + 12) r(i)) s "
    "ON t.id = s.id WHEN MATCHED AND t.id % 3 = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET v = s.v "
    "WHEN NOT MATCHED AND s.id > 0 THEN INSERT (id, v) VALUES (s.id, s.v) "
    "WHEN NOT MATCHED BY SOURCE AND t.id = {small} THEN UPDATE SET s = 'unmatched'",
    "BEGIN; INSERT INTO t VALUES ({new}, 1, 'a'); UPDATE t SET v = 2 WHERE id IN ({new}, {old}); "
    "DELETE FROM t WHERE id = {old} + 1; COMMIT",
    "BEGIN; INSERT INTO t VALUES ({new}, 1, 'gone'); DELETE FROM t WHERE id = {new}; COMMIT",
    "TRUNCATE t",
    "ALTER TABLE t ALTER v TYPE BIGINT",
    "ALTER TABLE t RENAME s TO s2; ALTER TABLE t RENAME s2 TO s",
    "CALL icefall_compact('my.main.t')",
    "CALL icefall_optimize('my.main.t')",
]


def is_maintenance(statement):
    return statement.startswith(("CALL", "ALTER"))


def newest(connection):
    query = "SELECT max(sequence) FROM icefall_snapshots('my.main.t')"
    return connection.execute(query).fetchone()[0]


def replay(table, changes, seen, statement):
    """Applies changes to `table` (rowid -> row); each has to fit what is there."""
    before = {}
    for kind, rowid, *row in changes:
        if kind in ("delete", "update_preimage"):
            assert table.pop(rowid) == row, statement
            before[rowid] = kind
    for kind, rowid, *row in changes:
        if kind == "insert":
            assert rowid not in seen, f"{statement}: row id {rowid} was used before"
            table[rowid] = row
        elif kind == "update_postimage":
            assert before.pop(rowid) == "update_preimage", statement
            table[rowid] = row
    assert "update_preimage" not in before.values(), statement
    seen.update(table)


@pytest.mark.parametrize("seed", range(2))
def test_changes_replayed_give_the_table(tmp_path, seed):
    chooser = random.Random(seed)
    with attach(tmp_path / "database") as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER, s VARCHAR)")
        table, seen, sequence, new = {}, set(), newest(connection), 0
        for _ in range(60):
            statement = chooser.choices(OPERATIONS, [1 if "TRUNC" in o else 6 for o in OPERATIONS])
            words = {
                "new": new,
                "old": chooser.randint(0, max(new, 1)),
                "small": chooser.randint(0, 10),
                "v": chooser.randint(-5, 5),
                "many": chooser.choice([2, 300]),
            }
            text = statement[0].format(**words)
            new += 400
            connection.execute(text)
            last = newest(connection)
            changes = connection.execute(
                "SELECT change_type, rowid, id, v, s FROM icefall_changes('my.main.t', "
                f"{sequence}, {last}) ORDER BY snapshot_sequence"
            ).fetchall()
            if is_maintenance(text):
                assert changes == [], text
            replay(table, changes, seen, text)
            sequence = last
            rows = connection.execute("SELECT rowid, id, v, s FROM t").fetchall()
            assert {row[0]: list(row[1:]) for row in rows} == table, text
