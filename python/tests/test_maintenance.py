"""compact, optimize and gc, alone and beside writers of other processes."""

import datetime
import multiprocessing
import pathlib

import duckdb
import icefalldb
import pytest

ROWS = 20_000
WRITERS = 3


@pytest.fixture(name="database")
def make_database(tmp_path):
    path = str(tmp_path / "db")
    with connect(path) as connection:
        connection.execute("CREATE TABLE my.t (i INTEGER, w INTEGER)")
        for part in range(8):
            connection.execute(
                f"INSERT INTO my.t SELECT i, 0 FROM range({part * ROWS // 8}, "
                f"{(part + 1) * ROWS // 8}) r(i)"
            )
    return path


def connect(path):
    """A DuckDB that is the user's own."""
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    icefalldb.load(connection)
    connection.execute(f"ATTACH '{path}' AS my (TYPE icefall, INLINE_ROW_LIMIT 0)")
    return connection


def test_methods(database):
    with icefalldb.attach(database) as db:
        before = db.sql("SELECT rowid, * FROM t ORDER BY rowid").fetchall()
        assert db.compact("t")["files_before"] == 8
        assert db.compact("t")["files_after"] == 1
        done = db.optimize("t", sort="i DESC", retain_snapshots=1)
        assert done["deleted_files"] == 9
        assert done["retained_snapshots"] == [11]
        assert db.sql("SELECT rowid, * FROM t ORDER BY rowid").fetchall() == before
        assert db.sql("SELECT i FROM t LIMIT 1").fetchone() == (ROWS - 1,)
        db.optimize("t", zorder="i, w")
        assert db.gc("t", older_than=datetime.timedelta(days=1))["deleted_files"] == 0
        # A data file and a manifest.
        assert db.gc("t", retain_snapshots=1, dry_run=True)["deleted_files"] == 2
        assert db.sql("SELECT rowid, * FROM t ORDER BY rowid").fetchall() == before


def test_an_unmodified_duckdb(database):
    with connect(database) as connection:
        assert connection.execute("CALL icefall_compact('my.t')").fetchone()[:2] == (8, 1)
        connection.execute("CALL icefall_optimize('my.t', sort := 'i DESC')")
        answer = connection.execute("CALL icefall_gc('my.t', retain_snapshots := 1)").fetchone()
        assert answer[0] == 9 and answer[2] == [11]
        assert connection.execute("SELECT count(*), sum(i) FROM my.t").fetchone() == (
            ROWS,
            ROWS * (ROWS - 1) // 2,
        )


def write(path, writer, failures):
    """Deletes and updates rows that no other writer touches; each must succeed at once."""
    try:
        with connect(path) as connection:
            for step in range(30):
                first = (step * WRITERS + writer) * 100
                connection.execute(f"DELETE FROM my.t WHERE i BETWEEN {first} AND {first + 9}")
                connection.execute(
                    f"UPDATE my.t SET w = {writer + 1} "
                    f"WHERE i BETWEEN {first + 10} AND {first + 19}"
                )
    except Exception as error:  # pylint: disable=broad-exception-caught
        failures.put(f"writer {writer}: {error}")


def maintain(path, stop, failures):
    try:
        with connect(path) as connection:
            while not stop.is_set():
                connection.execute("CALL icefall_compact('my.t')")
                connection.execute("CALL icefall_optimize('my.t', sort := 'w, i')")
                connection.execute("CALL icefall_gc('my.t', retain_snapshots := 1)")
    except Exception as error:  # pylint: disable=broad-exception-caught
        failures.put(f"maintenance: {error}")


def test_processes_lose_nothing_to_maintenance(database):
    context = multiprocessing.get_context("spawn")
    failures, stop = context.Queue(), context.Event()
    writers = [
        context.Process(target=write, args=(database, writer, failures))
        for writer in range(WRITERS)
    ]
    maintenance = context.Process(target=maintain, args=(database, stop, failures))
    for process in [maintenance, *writers]:
        process.start()
    for process in writers:
        process.join()
    stop.set()
    maintenance.join()
    assert [failures.get() for _ in range(failures.qsize())] == []
    expected = {i: 0 for i in range(ROWS)}
    for writer in range(WRITERS):
        for step in range(30):
            first = (step * WRITERS + writer) * 100
            for i in range(first, first + 10):
                del expected[i]
            for i in range(first + 10, first + 20):
                expected[i] = writer + 1
    with connect(database) as connection:
        found = connection.execute("SELECT i, w, rowid FROM my.t").fetchall()
        commits = connection.execute("SELECT count(*) FROM icefall_snapshots('my.t')").fetchone()
        assert commits[0] >= 1
    assert {i: w for i, w, _ in found} == expected
    assert len(found) == len(expected)
    assert all(i == rowid for i, _, rowid in found)


def test_check_and_doctor(database):
    with icefalldb.attach(database) as db:
        assert db.check("t", data=True) == []
        assert db.check("t", checksums=True) == []
        assert db.doctor("t", repair=True) == {"findings": [], "healthy": True}
        assert db.check(data=True) == []
        assert db.doctor(repair=True) == {"findings": [], "healthy": True}
    stray = pathlib.Path(database) / "stray.txt"
    stray.write_text("x")
    with icefalldb.attach(database) as db:
        (found,) = db.check()
        assert (found["table"], found["code"]) == (None, "UnknownFile")
        assert db.doctor()["healthy"]
    with connect(database) as connection:
        rows = connection.execute("FROM icefall_check(database := 'my')").fetchall()
        assert [(row[0], row[2]) for row in rows] == [(None, "UnknownFile")]
        connection.execute("USE my")
        rows = connection.execute("FROM icefall_doctor(repair := true)").fetchall()
        assert [(row[0], row[4]) for row in rows] == [(None, "unneeded")]
    stray.unlink()
    # A writer died in the middle of a line.
    (segment,) = (pathlib.Path(database) / "t" / "_log").iterdir()
    with segment.open("ab") as log:
        log.write(b'{"sequence":')
    with icefalldb.attach(database) as db:
        (found,) = db.doctor("t")["findings"]
        assert (found["code"], found["remedy"]) == ("TornTail", "repair")
        assert not db.doctor("t")["healthy"]
        mended = db.doctor("t", repair=True)
        assert [f["code"] for f in mended["findings"]] == ["TornTail"] and mended["healthy"]
        assert db.doctor("t") == {"findings": [], "healthy": True}
        assert db.sql("SELECT count(*) FROM t").fetchone() == (ROWS,)
    # Rows that are gone are not invented.
    next((pathlib.Path(database) / "t" / "data").glob("*.parquet")).unlink()
    with icefalldb.attach(database) as db:
        lost = db.doctor("t", repair=True)
        assert not lost["healthy"]
        assert {(f["code"], f["remedy"]) for f in lost["findings"]} == {
            ("DataFileMissing", "impossible")
        }
        assert [f["code"] for f in db.check("t")] == ["DataFileMissing"]
        assert [(f["table"], f["code"]) for f in db.check()] == [("t", "DataFileMissing")]
