"""Large changes in little memory end, with the right rows."""

from pathlib import Path

import duckdb
import pytest

ROWS = 400_000
SOURCE = (
    "SELECT (CASE WHEN i % 2 = 0 THEN i * 4 ELSE 400000 + i END) AS id, -5 AS g, "
    "'upserted ' || md5(i::VARCHAR) || md5((i + 1)::VARCHAR) AS s FROM range(100000) r(i)"
)
STATEMENTS = {
    "upsert": f"INSERT INTO k {SOURCE} "
    "ON CONFLICT (id) DO UPDATE SET g = excluded.g, s = excluded.s",
    "merge": f"MERGE INTO k USING ({SOURCE}) m ON k.id = m.id WHEN MATCHED THEN "
    "UPDATE SET g = m.g, s = m.s WHEN NOT MATCHED THEN INSERT VALUES (m.id, m.g, m.s)",
    "update": "UPDATE k SET g = g + 1 WHERE id % 3 = 0",
    "delete": "DELETE FROM k WHERE id % 3 = 0",
}
DIGEST = "SELECT count(*), sum(id), sum(g), sum(hash(id, g, s)::HUGEINT) FROM k"


def load(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("CREATE TABLE k (id BIGINT PRIMARY KEY, g INTEGER, s VARCHAR)")
    connection.execute(
        "INSERT INTO k SELECT i, i % 1000, md5(i::VARCHAR) || md5((i + 7)::VARCHAR) "
        f"FROM range({ROWS}) r(i)"
    )


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_large_change_fits(
    host: duckdb.DuckDBPyConnection, tmp_path: Path, statement: str
) -> None:
    plain = duckdb.connect()
    load(plain)
    plain.execute(STATEMENTS[statement])
    host.execute(f"ATTACH '{tmp_path / 'db'}' AS lake (TYPE icefall)")
    host.execute("USE lake")
    load(host)
    host.execute(f"SET temp_directory = '{tmp_path / 'spilled'}'")
    host.execute("SET memory_limit = '48MB'")
    host.execute(STATEMENTS[statement])
    host.execute("SET memory_limit = '1GB'")
    assert host.execute(DIGEST).fetchall() == plain.execute(DIGEST).fetchall()
    plain.close()
