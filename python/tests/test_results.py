from __future__ import annotations

import pyarrow
import pytest

import icefalldb


def test_rows_and_a_cursor_over_them(db: icefalldb.IcefallDBConnection) -> None:
    result = db.sql("SELECT id FROM orders ORDER BY id")
    assert result.fetchone() == (1,)
    assert result.fetchmany(5) == [(2,), (3,)]
    assert result.fetchone() is None
    assert result.fetchall() == [(1,), (2,), (3,)]
    assert list(result) == [(1,), (2,), (3,)]
    with pytest.raises(ValueError, match="-1"):
        result.fetchmany(-1)


def test_columns_then_rows(db: icefalldb.IcefallDBConnection) -> None:
    result = db.sql("SELECT id, fruit FROM orders ORDER BY id LIMIT 1")
    assert result.arrow().to_pylist() == [{"id": 1, "fruit": "apple"}]
    assert result.to_arrow_table().num_rows == 1
    assert result.df()["fruit"].tolist() == ["apple"]
    assert result.fetchdf().shape == (1, 2)
    assert result.pl().rows() == [(1, "apple")]
    assert result.fetchall() == [(1, "apple")]


def test_rows_then_columns_is_refused(db: icefalldb.IcefallDBConnection) -> None:
    result = db.sql("SELECT 1")
    result.fetchall()
    for read in (result.arrow, result.df, result.pl):
        with pytest.raises(icefalldb.IcefallDBError, match="fetched already"):
            read()


def test_empty_result_keeps_its_columns(db: icefalldb.IcefallDBConnection) -> None:
    result = db.sql("SELECT id, fruit FROM orders WHERE false")
    assert result.columns == ["id", "fruit"]
    assert result.arrow().schema.names == ["id", "fruit"]
    assert result.df().columns.tolist() == ["id", "fruit"]
    assert result.pl().shape == (0, 2)
    assert result.fetchall() == [] and result.fetchone() is None


def test_statement_without_result(db: icefalldb.IcefallDBConnection) -> None:
    result = db.sql("BEGIN")
    assert result.columns == [] and result.fetchall() == [] and result.fetchone() is None
    assert result.arrow().num_rows == 0
    db.sql("ROLLBACK")


def test_change_results_in_its_count(db: icefalldb.IcefallDBConnection) -> None:
    assert db.sql("DELETE FROM orders WHERE id < 3").fetchall() == [(2,)]


def test_nested_values(db: icefalldb.IcefallDBConnection) -> None:
    query = "SELECT [MAP {'a': 1}], {'x': [1, NULL], 'y': {'z': 'é'}}, NULL::MAP(VARCHAR, INTEGER)"
    expected = [([{"a": 1}], {"x": [1, None], "y": {"z": "é"}}, None)]
    assert db.sql(query).fetchall() == expected
    columns_first = db.sql(query)
    columns_first.arrow()
    assert columns_first.fetchall() == expected


def test_rows_are_exact_after_columns(db: icefalldb.IcefallDBConnection) -> None:
    query = """SELECT 170141183460469231731687303715884105727::HUGEINT, '0101'::BIT AS bits,
        '12:00:00+02'::TIMETZ, 'c2b6f4a0-0000-0000-0000-000000000001'::UUID, INTERVAL 3 MONTH"""
    rows = db.sql(query).fetchall()
    result = db.sql(query)
    result.df()
    assert result.arrow().to_pylist()[0]["bits"] == "0101"
    assert result.fetchall() == rows


def test_arrow_has_no_types_of_duckdb(db: icefalldb.IcefallDBConnection) -> None:
    schema = db.sql("SELECT 1::HUGEINT AS a, uuid() AS b, 2 AS c").arrow().schema
    assert schema.types == [pyarrow.decimal128(38, 0), pyarrow.string(), pyarrow.int32()]
