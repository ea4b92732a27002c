"""Results that are given again."""

from __future__ import annotations

import datetime
import decimal
from pathlib import Path

import icefalldb
import pytest


@pytest.fixture
def db(tmp_path: Path) -> icefalldb.IcefallDBConnection:
    connection = icefalldb.attach(tmp_path / "db", create=True)
    connection.mutate("CREATE TABLE t (k INTEGER, v DECIMAL(9,2))")
    connection.mutate("INSERT INTO t VALUES (1, 2.5), (2, NULL)")
    return connection


def _hits(db: icefalldb.IcefallDBConnection) -> int:
    rows = db.sql("SELECT sum(hits) FROM icefall_cache() WHERE name = 'all in memory'").fetchall()
    return int(rows[0][0])


def test_the_same_text_is_answered_again(db: icefalldb.IcefallDBConnection) -> None:
    query = "SELECT k, v FROM t ORDER BY k"
    rows = [(1, decimal.Decimal("2.50")), (2, None)]
    first = db.sql(query)
    assert first.fetchall() == rows
    assert first.arrow().num_rows == 2
    for _ in range(3):
        again = db.sql(query)
        assert again.columns == ["k", "v"]
        assert again.fetchone() == rows[0]
        assert again.fetchall() == rows
        assert again.arrow().to_pydict() == {"k": [1, 2], "v": [rows[0][1], None]}
    assert _hits(db) == 3


def test_values_are_those_of_duckdb(db: icefalldb.IcefallDBConnection) -> None:
    db.mutate(
        "CREATE TABLE v AS SELECT * FROM (VALUES "
        "(1::UTINYINT, -2::HUGEINT, 1.5::FLOAT, 'NaN'::DOUBLE, DATE '2024-02-29', "
        "TIMESTAMP '2024-01-01 01:02:03.5', 'é', 12.340::DECIMAL(9,3), true, '\\x00a'::BLOB, "
        "TIME '01:02:03', TIMESTAMPTZ '2024-01-01 00:00:00+00'), "
        "(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), "
        "(2, 3, 4, 5, 'infinity', '-infinity', '', 6, false, '', '00:00:00', 'infinity')) t"
    )
    with icefalldb.attach(db.db_path, engine="duckdb") as plain:
        columns = [name for name in db.sql("FROM v").columns]
        for selected in ["*", *columns]:
            query = f"SELECT {selected} FROM v"
            expected = repr(plain.sql(query).fetchall())
            for _ in range(2):
                assert repr(db.sql(query).fetchall()) == expected


def test_the_caller_cannot_change_what_is_kept(db: icefalldb.IcefallDBConnection) -> None:
    db.sql("SELECT k FROM t").fetchall().clear()
    db.sql("SELECT k FROM t").fetchall().clear()
    assert sorted(db.sql("SELECT k FROM t").fetchall()) == [(1,), (2,)]
    lists = "SELECT [k] FROM t WHERE k = 1"
    db.sql(lists).fetchall()[0][0].append(7)
    assert db.sql(lists).fetchall() == [([1],)]


def test_changes_of_anyone_are_seen(db: icefalldb.IcefallDBConnection) -> None:
    query = "SELECT count(*) FROM t"
    with icefalldb.attach(db.db_path) as other:
        for count in range(2, 6):
            assert db.sql(query).fetchall() == [(count,)]
            assert db.sql(query).fetchall() == [(count,)]
            assert other.sql(query).fetchall() == [(count,)]
            (db if count % 2 else other).mutate("INSERT INTO t VALUES (9, 9)")


def test_a_transaction_sees_itself(db: icefalldb.IcefallDBConnection) -> None:
    query = "SELECT count(*) FROM t"
    assert db.sql(query).fetchone() == (2,)
    db.sql("BEGIN")
    db.mutate("DELETE FROM t")
    assert db.sql(query).fetchone() == (0,)
    db.sql("ROLLBACK")
    assert db.sql(query).fetchone() == (2,)


def test_settings_change_the_meaning_of_a_text(db: icefalldb.IcefallDBConnection) -> None:
    query = "SELECT v FROM t ORDER BY v"
    assert db.sql(query).fetchone() == (decimal.Decimal("2.50"),)
    db.sql("SET default_null_order = 'nulls_first'")
    assert db.sql(query).fetchone() == (None,)
    db.sql("CREATE TEMP TABLE t AS SELECT 5 AS v")
    assert db.sql(query).fetchone() == (5,)


def test_volatile_functions_and_parameters_are_computed(db: icefalldb.IcefallDBConnection) -> None:
    volatile = "SELECT random() FROM t"
    assert db.sql(volatile).fetchall() != db.sql(volatile).fetchall()
    query = "SELECT k FROM t WHERE k = ?"
    assert db.sql(query, [1]).fetchall() == [(1,)]
    assert db.sql(query, [2]).fetchall() == [(2,)]


def test_another_process_takes_the_file(db: icefalldb.IcefallDBConnection) -> None:
    db.mutate(
        "CREATE TABLE many AS SELECT range AS k, TIMESTAMP '2024-01-01' AS t FROM range(500000)"
    )
    query = "SELECT count(DISTINCT k % 1000), sum(sqrt(k))::BIGINT, max(t) FROM many"
    rows = db.sql(query).fetchall()
    assert rows[0][2] == datetime.datetime(2024, 1, 1)
    assert list(Path(db.db_path, "_cache", "results").iterdir())
    with icefalldb.attach(db.db_path) as other:
        assert other.sql(query).fetchall() == rows
        assert other.sql(query).fetchall() == rows
        assert _hits(other) == 1
        db.mutate("DELETE FROM many")
        assert other.sql(query).fetchone() == (0, None, None)


def test_it_can_be_cleared_and_left_away(db: icefalldb.IcefallDBConnection) -> None:
    query = "SELECT count(*) FROM t"
    db.sql(query)
    db.clear_cache()
    assert db.sql(query).fetchall() == [(2,)]
    assert _hits(db) == 0
    for arguments in ({"result_cache_mb": 0}, {"engine": "duckdb"}):
        with icefalldb.attach(db.db_path, **arguments) as none:
            assert none.sql(query).fetchall() == none.sql(query).fetchall()
            assert _hits(none) == 0
