"""Ctrl-C ends what runs, and nothing of it stays."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import icefalldb

# More rows than are ever counted, once a file has been opened that says that the query runs.
ENDLESS = (
    "(SELECT count(*) FROM t a, t b, t c, read_csv('{}', header = false, auto_detect = false, "
    "columns = {{'x': 'BIGINT'}}) WHERE a.i + b.i <> c.i + x)"
)


@pytest.fixture(autouse=True)
def heeds_interrupts() -> Iterator[None]:
    """What a shell starts in the background ignores them, and so would these tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def db(tmp_path: Path) -> icefalldb.IcefallDBConnection:
    db = icefalldb.attach(tmp_path / "db", create=True)
    db.sql("CREATE TABLE t AS SELECT i FROM range(100000) r(i)")
    return db


def press_when_opened(pipe: Path) -> None:
    """Waits until somebody reads the pipe."""
    with open(pipe, "w") as file:
        os.kill(os.getpid(), signal.SIGINT)
        file.write("1\n")


@pytest.fixture
def endless(tmp_path: Path) -> str:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    threading.Thread(target=press_when_opened, args=[pipe], daemon=True).start()
    return ENDLESS.format(pipe)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT {}",
        "DELETE FROM t WHERE i < {}",
        "UPDATE t SET i = {}",
        "INSERT INTO t SELECT {}",
        "CREATE TABLE u AS SELECT {}",
    ],
)
def test_an_interrupt_ends_a_statement(
    db: icefalldb.IcefallDBConnection, endless: str, statement: str
) -> None:
    with pytest.raises(KeyboardInterrupt):
        db.sql(statement.format(endless))
    assert db.sql("SELECT count(*), sum(i) FROM t").fetchone() == (100000, 4999950000)
    assert db.tables == ["t"]
    assert len(icefalldb.snapshots(db.db_path, "t")) == 1
    # The connection goes on.
    assert db.mutate("DELETE FROM t WHERE i < 10") == 10


def test_an_interrupt_inside_a_transaction(
    db: icefalldb.IcefallDBConnection, endless: str
) -> None:
    db.sql("BEGIN")
    db.mutate("DELETE FROM t WHERE i < 10")
    with pytest.raises(KeyboardInterrupt):
        db.sql(f"SELECT {endless}")
    db.sql("ROLLBACK")
    assert db.sql("SELECT count(*) FROM t").fetchone() == (100000,)


def test_an_interrupt_ends_an_import(tmp_path: Path) -> None:
    pipe = tmp_path / "endless.tsv"
    os.mkfifo(pipe)

    def write() -> None:
        with open(pipe, "w") as file:
            file.write("i\n")
            os.kill(os.getpid(), signal.SIGINT)
            try:
                while True:
                    file.write("1\n" * 10000)
            except BrokenPipeError:
                pass

    writer = threading.Thread(target=write)
    writer.start()
    with pytest.raises(KeyboardInterrupt):
        icefalldb.import_tsv(tmp_path / "db", "t", pipe)
    writer.join()
    with icefalldb.attach(tmp_path / "db") as db:
        assert db.tables == []
