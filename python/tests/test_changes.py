"""icefall_changes: what each commit did, row by row."""

import duckdb
import icefalldb
import pytest


@pytest.fixture(name="database")
def make_database(tmp_path):
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    icefalldb.load(connection)
    connection.execute(f"ATTACH '{tmp_path / 'db'}' AS my (TYPE icefall)")
    connection.execute("USE my")
    connection.execute("CREATE TABLE t AS SELECT i AS id, i * 2 AS v FROM range(1000) r(i)")
    connection.execute("INSERT INTO t VALUES (1000, 0)")
    connection.execute("UPDATE t SET v = -1 WHERE id IN (5, 1000)")
    connection.execute("DELETE FROM t WHERE id BETWEEN 5 AND 6")
    yield connection
    connection.close()


def changes(connection, first, last):
    query = (
        f"SELECT snapshot_sequence, change_type, rowid, id, v FROM icefall_changes('t', {first}, "
        f"{last}) ORDER BY ALL"
    )
    return connection.execute(query).fetchall()


def test_changes_of_files_and_inline_rows(database):
    assert changes(database, 1, 4) == [
        (2, "insert", 1000, 1000, 0),
        (3, "update_postimage", 5, 5, -1),
        (3, "update_postimage", 1000, 1000, -1),
        (3, "update_preimage", 5, 5, 10),
        (3, "update_preimage", 1000, 1000, 0),
        (4, "delete", 5, 5, -1),
        (4, "delete", 6, 6, 12),
    ]


def test_changes_from_the_beginning_are_all_rows(database):
    found = changes(database, 0, 1)
    assert [(row[1], row[2], row[3], row[4]) for row in found] == [
        ("insert", i, i, 2 * i) for i in range(1000)
    ]
    assert changes(database, 4, 4) == []


def test_changes_refuse_a_range_that_is_none(database):
    with pytest.raises(duckdb.Error, match="expected 'to' at or after 'from', found 1 and 2"):
        changes(database, 2, 1)
    with pytest.raises(duckdb.Error, match="version 9"):
        changes(database, 1, 9)
