"""Keys of every type, in data files and inline, by every statement; DuckDB's answers where it has
them."""

import duckdb
import pytest

from engine import attach, attempt, cursor_of

# Distinct values of each type; of those that DuckDB itself takes no keys of, after None.
VALUES = {
    "VARCHAR": ["''", "'a'", "'a '", "'b''c'", "'雪'", "repeat('z', 99999)", "repeat('z', 100000)"],
    "DATE": ["DATE '2024-02-29'", "DATE '0001-01-01'", "DATE 'infinity'"],
    "TIMESTAMP": ["TIMESTAMP '2024-02-29 01:02:03.123456'", "TIMESTAMP '1969-12-31 23:59:59'"],
    "TIMESTAMP_NS": ["'2024-02-29 01:02:03.123456789'", "'2024-02-29 01:02:03.123456788'"],
    "TIMESTAMPTZ": ["TIMESTAMPTZ '2024-02-29 01:02:03+00'", "TIMESTAMPTZ '2024-02-29 01:02:03+01'"],
    "TIME": ["TIME '01:02:03'", "TIME '24:00:00'", "TIME '00:00:00'"],
    "DECIMAL(4,1)": ["1.5", "-1.5", "0"],
    "DECIMAL(38,10)": ["12345678901234567890.5", "-1.5", "0"],
    "UUID": [f"'{c * 8}-0000-0000-0000-000000000001'" for c in "0f8"],
    "BLOB": ["''::BLOB", "'\\x00'::BLOB", "'\\x00\\xFF'::BLOB"],
    "HUGEINT": [str(2**127 - 1), str(-(2**127)), "0"],
    "UBIGINT": [str(2**64 - 1), "0", "1"],
    "TINYINT": ["-128", "127", "0"],
    "DOUBLE": [f"{v}::DOUBLE" for v in ["'nan'", "'inf'", "'-inf'", "-0.0", "1e-320"]],
    "BOOLEAN": ["true", "false"],
    "ENUM('x', 'y', 'z')": ["'z'", "'x'"],
    "VARCHAR COLLATE NOCASE": ["'a'", "'b'"],
    "INTERVAL": ["INTERVAL '1 month'", "INTERVAL '3 hours'"],
    "STRUCT(a INTEGER, b VARCHAR)": [
        "{'a': 1, 'b': 'x'}",
        "{'a': 1, 'b': ''}",
        "{'a': 2, 'b': NULL}",
    ],
    "INTEGER[]": ["[1, 2]", "[]", "[1, NULL]"],
    "MAP(VARCHAR, INTEGER)": ["MAP {'a': 1}", "MAP {'a': 2}"],
}


def statements(value, other):
    return [
        f"INSERT INTO t VALUES ({value}, 100)",
        f"INSERT INTO t VALUES ({value}, 100) ON CONFLICT DO NOTHING RETURNING v",
        f"INSERT INTO t VALUES ({value}, 100) ON CONFLICT (k) DO UPDATE SET v = excluded.v + t.v "
        "RETURNING v",
        f"INSERT OR REPLACE INTO t VALUES ({value}, 7)",
        f"INSERT OR IGNORE INTO t VALUES ({value}, 9)",
        f"UPDATE t SET v = v + 1 WHERE k = {value} RETURNING v",
        f"UPDATE t SET k = {other} WHERE k = {value}",
        f"INSERT INTO t SELECT k, v FROM t WHERE k = {value}",
        f"DELETE FROM t WHERE k = {value} RETURNING v",
        f"INSERT INTO t VALUES ({value}, 5)",
        f"INSERT INTO t VALUES ({value}, 1), ({value}, 2)",
        "SELECT count(*), sum(v) FROM t",
    ]


class ModelTable:
    """A keyed table of DuckDB's whose key is the text of the values."""

    def __init__(self, key_type):
        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'")
        made = attempt(self.connection, f"CREATE TABLE t (k {key_type} PRIMARY KEY, v INTEGER)")
        self.wraps = made is not None
        if self.wraps:
            self.connection.execute("CREATE TABLE t (k VARCHAR PRIMARY KEY, v INTEGER)")

    def value(self, value):
        return f"({value})::VARCHAR" if self.wraps else value


def outcome(connection, statement):
    try:
        result = connection.execute(statement)
        return sorted(result.fetchall()) if result.description else []
    except duckdb.ConstraintException:
        return "constraint"


@pytest.mark.parametrize("rows_inline", [0, 100], ids=["files", "inline"])
@pytest.mark.parametrize("key_type", VALUES)
def test_keys_of_every_type(tmp_path, key_type, rows_inline):
    values, model = VALUES[key_type], ModelTable(key_type)
    with attach(tmp_path / "database", rows_inline=rows_inline) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"CREATE TABLE t (k {key_type} PRIMARY KEY, v INTEGER)")
        for i, value in enumerate(values):
            connection.execute(f"INSERT INTO t VALUES ({value}, {i})")
            model.connection.execute(f"INSERT INTO t VALUES ({model.value(value)}, {i})")
        for i, value in enumerate(values):
            other = values[i - 1]
            expected = statements(model.value(value), model.value(other))
            for ours, theirs in zip(statements(value, other), expected):
                assert outcome(connection, ours) == outcome(model.connection, theirs), ours
        text = f"SELECT ({values[0]})::{key_type.split(' C')[0]}::VARCHAR"
        text = connection.execute(text).fetchone()[0]
        error = attempt(connection, f"INSERT INTO t VALUES ({values[0]}, 0)")
        assert f"table 't': duplicate key '{text}'" in error


@pytest.mark.parametrize("key_type", VALUES)
def test_keys_of_every_type_among_transactions(tmp_path, key_type):
    value, other = VALUES[key_type][:2]
    with attach(tmp_path / "database") as first:
        second = cursor_of(first)
        first.execute(f"CREATE TABLE t (k {key_type} UNIQUE, v INTEGER)")
        first.execute("INSERT INTO t VALUES (NULL, 0)")
        second.execute("BEGIN")
        second.execute(f"INSERT INTO t VALUES ({value}, 2), (NULL, 2)")
        first.execute(f"INSERT INTO t VALUES ({value}, 1), (NULL, 1)")
        assert "unique key violation on index 't_k_key' of table 't'" in attempt(second, "COMMIT")
        second.execute("BEGIN")
        second.execute(f"INSERT INTO t VALUES ({other}, 2)")
        first.execute(f"DELETE FROM t WHERE k = {value}")
        assert attempt(second, "COMMIT") is None
        assert sorted(first.execute("SELECT v FROM t").fetchall()) == [(0,), (1,), (2,)]


EQUAL = [
    ("DOUBLE", "0.0", "-0.0"),
    ("DOUBLE", "'nan'", "'-nan'"),
    ("VARCHAR COLLATE NOCASE", "'a'", "'A'"),
]


@pytest.mark.parametrize("key_type, value, same", EQUAL)
def test_values_that_compare_equal_are_one_key(tmp_path, key_type, value, same):
    model = duckdb.connect()
    with attach(tmp_path / "database") as connection:
        for statement in [
            f"CREATE TABLE t (k {key_type} UNIQUE, v INTEGER)",
            f"INSERT INTO t VALUES ({value}, 1)",
            f"INSERT INTO t VALUES ({same}, 2)",
            f"INSERT INTO t VALUES ({same}, 3) ON CONFLICT (k) DO UPDATE SET v = excluded.v",
            "SELECT v FROM t",
        ]:
            assert outcome(connection, statement) == outcome(model, statement), statement


def test_keys_of_several_columns_with_nulls(tmp_path):
    model = duckdb.connect()
    with attach(tmp_path / "database") as connection:
        for statement in [
            "CREATE TABLE t (a INTEGER, b VARCHAR, c DATE, v INTEGER, UNIQUE (a, b, c))",
            "INSERT INTO t VALUES (1, NULL, NULL, 1), (1, NULL, NULL, 2), (NULL, 'x', NULL, 3)",
            "INSERT INTO t VALUES (1, '', DATE '2024-01-01', 5), (1, 'a', DATE '2024-01-01', 5)",
            "INSERT INTO t VALUES (1, '', DATE '2024-01-01', 6)",
            "INSERT INTO t VALUES (1, '', DATE '2024-01-01', 6) ON CONFLICT (c, b, a) DO UPDATE "
            "SET v = excluded.v RETURNING v",
            "INSERT INTO t VALUES (1, NULL, NULL, 6) ON CONFLICT (a, b, c) DO UPDATE SET v = 0 "
            "RETURNING v",
            "UPDATE t SET b = '' WHERE b = 'a'",
            "UPDATE t SET b = NULL WHERE b = 'a' RETURNING v",
            "SELECT v FROM t",
        ]:
            assert outcome(connection, statement) == outcome(model, statement), statement


def test_keys_may_change_places_in_one_statement(tmp_path):
    with attach(tmp_path / "database") as connection:
        connection.execute("CREATE TABLE t (k INTEGER PRIMARY KEY, v INTEGER)")
        connection.execute("INSERT INTO t SELECT i, i FROM range(500) r(i)")
        connection.execute("INSERT INTO t VALUES (500, 500)")
        rows = {i: i for i in range(501)}  # v -> k
        for change, moved in [
            ("k + 1", lambda k: k + 1),
            ("500 - k", lambda k: 500 - k),
            ("CASE k WHEN 1 THEN 2 WHEN 2 THEN 1 ELSE k END", lambda k: {1: 2, 2: 1}.get(k, k)),
        ]:
            connection.execute(f"UPDATE t SET k = {change}")
            rows = {v: moved(k) for v, k in rows.items()}
            assert dict(connection.execute("SELECT v, k FROM t").fetchall()) == rows
        error = attempt(connection, "UPDATE t SET k = 7 WHERE k < 10")
        assert "unique key violation on index 't_pkey' of table 't': duplicate key '7'" in error
        connection.execute(
            "MERGE INTO t USING (VALUES (3, 4), (4, 3)) s(a, b) ON t.k = s.a "
            "WHEN MATCHED THEN UPDATE SET k = s.b"
        )
        rows = {v: {3: 4, 4: 3}.get(k, k) for v, k in rows.items()}
        assert dict(connection.execute("SELECT v, k FROM t").fetchall()) == rows


def test_copy_enforces_keys(tmp_path):
    file = tmp_path / "rows.csv"
    with attach(tmp_path / "database") as connection:
        connection.execute("CREATE TABLE t (k VARCHAR PRIMARY KEY, v INTEGER)")
        file.write_text("k,v\nä,1\nb,2\nä,3\n")
        error = attempt(connection, f"COPY t FROM '{file}'")
        assert "of table 't': duplicate key 'ä'" in error
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)
        file.write_text("k,v\nä,1\nb,2\n")
        connection.execute(f"COPY t FROM '{file}'")
        assert "of table 't': duplicate key" in attempt(connection, f"COPY t FROM '{file}'")
        assert connection.execute("SELECT sum(v) FROM t").fetchone() == (3,)
