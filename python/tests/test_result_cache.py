"""Results that are given again."""

from __future__ import annotations

import datetime
import decimal
from pathlib import Path
from typing import Any

import duckdb
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


def test_statistics_answer_without_running_anything(
    db: icefalldb.IcefallDBConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.mutate(
        "CREATE TABLE v AS SELECT i::INTEGER AS i, i::UTINYINT AS u, i::HUGEINT AS h, "
        "i / 2 AS x, 'é' || i AS s, i::DECIMAL(9,3) AS d, DATE '2024-02-29' + i::INTEGER AS day, "
        "TIMESTAMP '2024-01-01' + INTERVAL (i) SECOND AS ts, (i % 2 = 0) AS b, "
        "TIMESTAMPTZ '2024-01-01 00:00:00+00' + INTERVAL (i) DAY AS tz FROM range(100) r(i)"
    )
    names = "i u h x s d day ts b tz".split()
    queries = [
        "SELECT count(*) FROM v",
        'SELECT count(*) AS "All", min(i) FROM v',
        *(f"SELECT min({name}), max({name}) AS most, count({name}) FROM v" for name in names),
    ]
    with icefalldb.attach(db.db_path, engine="duckdb") as plain:
        expected = [(plain.sql(query).arrow(), plain.sql(query).fetchall()) for query in queries]
    db.sql("FROM v LIMIT 1")

    executed: list[str] = []
    run = icefalldb.connection._executed

    def note(connection: duckdb.DuckDBPyConnection, statement: duckdb.Statement) -> Any:
        executed.append(statement.query)
        return run(connection, statement)

    monkeypatch.setattr(icefalldb.connection, "_executed", note)
    for query, (table, rows) in zip(queries, expected):
        for _ in range(2):
            result = db.sql(query)
            assert result.columns == table.column_names
            assert repr(result.fetchall()) == repr(rows)
            assert result.arrow().equals(table)
            assert result.df().shape == (1, table.num_columns)
        assert db.sql(query + " ").arrow().equals(table)
    # Types that pyarrow has no values for go the usual way.
    assert {query.split("(")[1][0] for query in executed} <= {"h", "b", "t"}
    assert not any("(ts)" in query or "(i)" in query for query in executed)


def test_a_direct_answer_follows_its_session(db: icefalldb.IcefallDBConnection) -> None:
    query = "SELECT count(*) FROM t"
    assert db.sql(query).fetchall() == [(2,)]
    db.sql("CREATE SCHEMA other")
    db.sql("CREATE TABLE other.t AS FROM range(7)")
    db.sql("USE other")
    assert db.sql(query).fetchall() == [(7,)]
    db.sql("CREATE TEMP TABLE t AS FROM range(5)")
    assert db.sql("SELECT count(*) FROM temp.t").fetchall() == [(5,)]
    assert db.sql("SELECT count(*) FROM other.t").fetchall() == [(7,)]
    with pytest.raises(icefalldb.QueryError, match="missing"):
        db.sql("SELECT max(missing) FROM other.t")
    with pytest.raises(icefalldb.TableNotFoundError, match="missing"):
        db.sql("SELECT count(*) FROM missing")
    assert db.sql("SELECT count(*) FROM other.t; SELECT count(*) FROM other.t").fetchone() == (7,)


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
