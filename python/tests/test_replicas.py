"""Replicas of data files, alone and beside other processes."""

import multiprocessing
import pathlib

import duckdb
import icefalldb
import pytest

ROWS = 40_000


def connect(path):
    """A DuckDB that is the user's own."""
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    icefalldb.load(connection)
    connection.execute(f"ATTACH '{path}' AS my (TYPE icefall, INLINE_ROW_LIMIT 0)")
    connection.execute("SET icefall_replica_rows_min = 1000")
    connection.execute("SET icefall_replicate_at_commit = false")
    return connection


@pytest.fixture(name="database")
def make_database(tmp_path):
    path = str(tmp_path / "db")
    with connect(path) as connection:
        connection.execute("CREATE TABLE my.t (i INTEGER, s VARCHAR) WITH (replica = 'duckdb')")
        for part in range(4):
            connection.execute(
                f"INSERT INTO my.t SELECT i, 's' || i % 7 FROM range({part * ROWS // 4}, "
                f"{(part + 1) * ROWS // 4}) r(i)"
            )
    return path


def test_methods(database):
    with icefalldb.attach(database) as db:
        assert [file["replica"] for file in db.replicas("t")] == [None] * 4
        assert db.replicate("t")["built_files"] == 0
        db.execute("SET icefall_replica_rows_min = 1000")
        done = db.replicate("t")
        assert done["built_files"] == 4 and done["total_bytes"] == done["built_bytes"] > 0
        files = db.replicas("t")
        assert sum(file["replica_size_bytes"] for file in files) == done["total_bytes"]
        assert all(pathlib.Path(database, file["replica"]).is_file() for file in files)
        assert db.sql("SELECT sum(i), max(s) FROM t").fetchone() == (sum(range(ROWS)), "s6")


def replicate_until(path, stop, failures):
    with connect(path) as connection:
        while not stop.is_set():
            try:
                connection.execute("CALL icefall_replicate('my.t')").fetchall()
            except duckdb.Error as error:
                failures.put(f"replicate: {error}")


def ask_until(path, stop, failures):
    with connect(path) as connection:
        connection.execute("SET icefall_result_cache = false")
        while not stop.is_set():
            answer = connection.execute(
                "SELECT count(*) FROM (SELECT i // 2, count(*) AS n, count(DISTINCT s) AS d FROM "
                "my.t GROUP BY 1) WHERE n <> 2"
            ).fetchone()
            if answer != (0,):
                failures.put(f"{answer[0]} torn pairs")


def test_beside_processes_that_replicate_and_ask(database):
    context = multiprocessing.get_context("spawn")
    stop, failures = context.Event(), context.Queue()
    workers = [
        context.Process(target=work, args=(database, stop, failures))
        for work in (replicate_until, replicate_until, ask_until)
    ]
    for worker in workers:
        worker.start()
    with connect(database) as connection:
        deleted = 0
        for step in range(12):
            changed = connection.execute(f"DELETE FROM my.t WHERE (i // 2) % 20 = {step}")
            deleted += changed.fetchone()[0]
            if step % 4 == 3:
                connection.execute("CALL icefall_optimize('my.t', sort := 's')")
                connection.execute("CALL icefall_gc('my.t', retain_snapshots := 1)")
            left = connection.execute("SELECT count(*) FROM my.t WHERE i >= 0").fetchone()
            assert left == (ROWS - deleted,)
        stop.set()
        for worker in workers:
            worker.join(60)
            assert worker.exitcode == 0
        assert failures.empty(), failures.get()
        assert connection.execute("SELECT count(*), count(DISTINCT i) FROM my.t").fetchone() == (
            ROWS - deleted,
            ROWS - deleted,
        )
