"""Every type comes back from a table as it went in, NULL included."""

from __future__ import annotations

import pytest

import icefalldb

VALUES = {
    "BOOLEAN": "true",
    "TINYINT": "-128",
    "SMALLINT": "-32768",
    "INTEGER": "-2147483648",
    "BIGINT": "-9223372036854775808",
    "HUGEINT": "-170141183460469231731687303715884105728",
    "UTINYINT": "255",
    "USMALLINT": "65535",
    "UINTEGER": "4294967295",
    "UBIGINT": "18446744073709551615",
    "UHUGEINT": "340282366920938463463374607431768211455",
    "FLOAT": "1.5",
    "DOUBLE": "'-inf'",
    "DECIMAL(4,1)": "-99.9",
    "DECIMAL(38,10)": "1234567890123456789012345678.0123456789",
    "VARCHAR": "'grüße, 世界 🧊'",
    "BLOB": r"'\x00\xFF'::BLOB",
    "BIT": "'010110'",
    "UUID": "'c2b6f4a0-1234-5678-9abc-def012345678'",
    "JSON": """'{"a": [1, null]}'""",
    "DATE": "'0001-01-01'",
    "TIME": "'23:59:59.999999'",
    "TIME WITH TIME ZONE": "'12:00:00.123456+05:30'",
    "TIMESTAMP": "'2024-02-29 12:34:56.789012'",
    "TIMESTAMP_S": "'1969-12-31 23:59:59'",
    "TIMESTAMP_MS": "'2024-02-29 12:34:56.789'",
    "TIMESTAMP_NS": "'2024-02-29 12:34:56.789012345'",
    "TIMESTAMP WITH TIME ZONE": "'2024-02-29 12:34:56+00'",
    "INTERVAL": "INTERVAL '1 year 2 days 3 microseconds'",
    "ENUM('small', 'large')": "'large'",
    "INTEGER[]": "[1, NULL, 3]",
    "INTEGER[3]": "[1, 2, 3]::INTEGER[3]",
    "STRUCT(a INTEGER, b VARCHAR[])": "{'a': NULL, 'b': ['x', NULL]}",
    "MAP(VARCHAR, INTEGER)": "MAP {'a': 1, 'b': NULL}",
    "STRUCT(u UUID, h HUGEINT)[]": "[{'u': 'c2b6f4a0-1234-5678-9abc-def012345678', 'h': 5}]",
}


@pytest.mark.parametrize("sql_type", VALUES)
def test_round_trip(db: icefalldb.IcefallDBConnection, sql_type: str) -> None:
    expected = f"CAST({VALUES[sql_type]} AS {sql_type})"
    db.sql(f"CREATE TABLE t (number INTEGER, value {sql_type})")
    db.sql(f"INSERT INTO t VALUES (1, {expected}), (2, NULL)")
    # Enough rows for a Parquet file, as few go into the log itself.
    db.sql(f"INSERT INTO t SELECT 3, {expected} FROM range(5000)")

    same = db.sql(f"SELECT typeof(value), value = {expected}, count(*) FROM t GROUP BY ALL")
    type_name = db.sql(f"SELECT typeof({expected})").fetchone()[0]
    assert sorted(same.fetchall(), key=str) == sorted(
        [(type_name, True, 5001), (type_name, None, 1)], key=str
    )
    if sql_type == "TIMESTAMP WITH TIME ZONE":
        pytest.importorskip("pytz", reason="DuckDB makes the Python value with it")
    direct = db.sql(f"SELECT {expected} AS value UNION ALL SELECT NULL").fetchall()
    stored = db.sql("SELECT value FROM t WHERE number < 3 ORDER BY number")
    assert stored.fetchall() == direct


# Arrow's decimals hold 38 digits; these types hold one more.
SMALL_VALUES = {"HUGEINT": "-7", "UHUGEINT": "7"}


@pytest.mark.parametrize("sql_type", VALUES)
def test_columns(db: icefalldb.IcefallDBConnection, sql_type: str) -> None:
    value = f"CAST({SMALL_VALUES.get(sql_type, VALUES[sql_type])} AS {sql_type})"
    db.sql(f"CREATE TABLE t AS SELECT {value} AS value UNION ALL SELECT NULL")
    result = db.sql("SELECT value FROM t")
    assert result.arrow().num_rows == 2
    assert result.arrow()["value"].null_count == 1
    assert len(result.df()) == 2
    assert result.pl().shape == (2, 1)


def test_empty_table_of_every_type(db: icefalldb.IcefallDBConnection) -> None:
    columns = ", ".join(f"c{number} {name}" for number, name in enumerate(VALUES))
    db.sql(f"CREATE TABLE t ({columns})")
    result = db.sql("FROM t")
    assert result.arrow().num_columns == len(VALUES)
    assert result.df().shape == (0, len(VALUES))
    assert result.pl().shape == (0, len(VALUES))
