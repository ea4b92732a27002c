"""Inline rows that cannot be moved into a data file: the commit stands, and the log says so."""

from engine import attach


def test_a_flush_that_fails_is_a_warning(tmp_path):
    database = tmp_path / "database"
    with attach(database, rows_inline=20_000) as connection:
        connection.execute("CALL enable_logging(level = 'warning')")
        connection.execute("CREATE TABLE t (i INTEGER)")
        # No file can be written into a folder that is a file.
        (database / "t" / "data").touch()
        warnings = "SELECT message FROM duckdb_logs WHERE type = 'icefall'"
        connection.execute("INSERT INTO t SELECT i FROM range(6000) r(i)")
        assert connection.execute(warnings).fetchall() == []
        connection.execute("INSERT INTO t SELECT i FROM range(6000) r(i)")
        (message,) = connection.execute(warnings).fetchone()
        assert message.startswith("inline rows of table t could not be moved to a data file: ")
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (12_000,)
        (database / "t" / "data").unlink()
        connection.execute("INSERT INTO t VALUES (1)")
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (12_001,)
        files = "SELECT count(*) FROM glob('%s/t/data/*.parquet')" % database
        assert connection.execute(files).fetchone() == (1,)
