"""ALTER beside writers that began before it and commit after it, and rows of old files."""

import pytest

from engine import attach, attempt, cursor_of

# The change, whether rows written before fit, and what the row (1, 10) of the writer is then.
CHANGES = [
    ("ADD COLUMN c INTEGER DEFAULT 7", {"id": 1, "v": 10, "c": 7}),
    ("ADD COLUMN c VARCHAR", {"id": 1, "v": 10, "c": None}),
    ("RENAME v TO w", {"id": 1, "w": 10}),
    ("ALTER v TYPE BIGINT", {"id": 1, "v": 10}),
    ("ALTER v SET DEFAULT 3", {"id": 1, "v": 10}),
    ("RENAME TO u", {"id": 1, "v": 10}),
    ("DROP COLUMN v", None),
    ("ALTER v TYPE VARCHAR", None),
    ("ALTER v TYPE DOUBLE", None),
    ("ALTER v SET NOT NULL", None),
    ("ALTER id TYPE BIGINT", None),  # of a key
]


@pytest.mark.parametrize("rows_inline", [0, 5], ids=["files", "inline"])
@pytest.mark.parametrize("change, expected", CHANGES, ids=[change for change, _ in CHANGES])
def test_a_writer_that_began_before(tmp_path, change, expected, rows_inline):
    with attach(tmp_path / "database", rows_inline=rows_inline) as connection:
        connection.execute("CREATE TABLE t (id INTEGER UNIQUE, v INTEGER)")
        connection.execute("INSERT INTO t VALUES (0, 0)")
        writer = cursor_of(connection)
        writer.execute("BEGIN")
        writer.execute("INSERT INTO t VALUES (1, 10)")
        writer.execute("UPDATE t SET v = v + 1 WHERE id = 0")
        connection.execute(f"ALTER TABLE t {change}")
        error = attempt(writer, "COMMIT")
        table = "u" if change == "RENAME TO u" else "t"
        result = connection.execute(f"SELECT * FROM {table} ORDER BY id")
        names = [column[0] for column in result.description]
        rows = [dict(zip(names, row)) for row in result.fetchall()]
        if expected is None:
            assert "schema: column" in error and "commit" in error
            assert len(rows) == 1
        else:
            assert error is None
            assert rows[1] == expected
            assert len(rows) == 2
            assert rows[0].get("v", rows[0].get("w")) == 1


@pytest.mark.parametrize("rows_inline", [0, 5], ids=["files", "inline"])
def test_values_past_the_old_type_beside_a_writer_of_it(tmp_path, rows_inline):
    with attach(tmp_path / "database", rows_inline=rows_inline) as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v TINYINT)")
        writer = cursor_of(connection)
        writer.execute("BEGIN")
        writer.execute("INSERT INTO t VALUES (1, 100)")
        connection.execute("ALTER TABLE t ALTER v TYPE BIGINT")
        connection.execute("INSERT INTO t VALUES (2, 1000000000000)")
        writer.execute("COMMIT")
        connection.execute("CALL icefall_compact('my.main.t')")
        found = connection.execute("SELECT id, v FROM t ORDER BY id").fetchall()
        assert found == [(1, 100), (2, 1000000000000)]
        assert connection.execute("SELECT id FROM t WHERE v > 100").fetchall() == [(2,)]


def test_a_float_column_that_became_double(tmp_path):
    with attach(tmp_path / "database", rows_inline=0) as connection:
        connection.execute("CREATE TABLE t (f FLOAT)")
        connection.execute("INSERT INTO t SELECT 0.1 FROM range(10)")
        connection.execute("ALTER TABLE t ALTER f TYPE DOUBLE")
        for predicate in ["f > 0.1", "f = 0.1::FLOAT::DOUBLE", "f <> 0.1", "f >= 0.100000001"]:
            query = f"SELECT count(*) FROM t WHERE {predicate}"
            assert connection.execute(query).fetchone() == (10,), predicate
        assert connection.execute("SELECT max(f) FROM t").fetchone() == (0.10000000149011612,)


def test_old_files_have_the_default_of_when_the_column_was_added(tmp_path):
    with attach(tmp_path / "database", rows_inline=0) as connection:
        for statement in [
            "CREATE TABLE t (id INTEGER, s STRUCT(a INTEGER, b INTEGER))",
            "INSERT INTO t VALUES (1, {'a': 1, 'b': 2})",
            "ALTER TABLE t ADD COLUMN c INTEGER DEFAULT 7",
            "INSERT INTO t VALUES (2, {'a': 3, 'b': 4}, 8)",
            "ALTER TABLE t ALTER c SET DEFAULT 9",
            "ALTER TABLE t RENAME COLUMN c TO d",
            "ALTER TABLE t RENAME COLUMN s.a TO x",
            "ALTER TABLE t ADD COLUMN s.z INTEGER",
            "ALTER TABLE t ADD COLUMN c INTEGER DEFAULT 1",
            "INSERT INTO t (id, s) VALUES (3, {'x': 5, 'b': 6, 'z': 7})",
        ]:
            connection.execute(statement)
        expected = [
            (1, {"x": 1, "b": 2, "z": None}, 7, 1),
            (2, {"x": 3, "b": 4, "z": None}, 8, 1),
            (3, {"x": 5, "b": 6, "z": 7}, 9, 1),
        ]
        assert connection.execute("SELECT id, s, d, c FROM t ORDER BY id").fetchall() == expected
        connection.execute("CALL icefall_compact('my.main.t')")
        assert connection.execute("SELECT id, s, d, c FROM t ORDER BY id").fetchall() == expected
        assert connection.execute("SELECT id FROM t WHERE d = 7").fetchall() == [(1,)]
