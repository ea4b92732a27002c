"""What concurrent transactions may see, under snapshot isolation and under serializable."""

import pytest

from engine import attach, attempt, cursor_of


@pytest.fixture(name="sessions")
def make_sessions(tmp_path):
    """Two sessions and the accounts 1 and 2, with 100 each, in one data file; 3 is inline."""
    with attach(tmp_path / "database") as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER)")
        connection.execute("INSERT INTO t SELECT i, 100 FROM range(1, 3) r(i)")
        connection.execute("CALL icefall_optimize('my.main.t')")
        connection.execute("INSERT INTO t VALUES (3, 0)")
        yield connection, cursor_of(connection)


def begin(sessions, isolation):
    for session in sessions:
        session.execute(f"SET icefall_isolation = '{isolation}'")
        session.execute("BEGIN")


def value(session, query):
    return session.execute(query).fetchone()[0]


@pytest.mark.parametrize("isolation", ["snapshot", "serializable"])
def test_write_skew_over_rows_of_one_file(sessions, isolation):
    first, second = sessions
    begin(sessions, isolation)
    for number, session in enumerate(sessions):
        assert value(session, "SELECT sum(v) FROM t WHERE id < 3") == 200
        session.execute(f"UPDATE t SET v = v - 150 WHERE id = {number + 1}")
    assert attempt(first, "COMMIT") is None
    error = attempt(second, "COMMIT")
    if isolation == "serializable":
        assert "serializable" in error and "is update of" in error
        assert value(first, "SELECT sum(v) FROM t") == 50
    else:
        assert error is None
        assert value(first, "SELECT sum(v) FROM t") == -100


@pytest.mark.parametrize("isolation", ["snapshot", "serializable"])
def test_phantom_inserts(sessions, isolation):
    first, second = sessions
    begin(sessions, isolation)
    for number, session in enumerate(sessions):
        count = value(session, "SELECT count(*) FROM t WHERE v = 0")
        session.execute(f"INSERT INTO t VALUES ({10 + number}, 0 + {count - 1})")
    assert attempt(first, "COMMIT") is None
    assert (attempt(second, "COMMIT") is None) == (isolation == "snapshot")


def test_a_count_from_statistics_is_a_read(sessions):
    first, second = sessions
    begin(sessions, "serializable")
    second.execute("DELETE FROM t WHERE id = 3")
    assert value(second, "SELECT count(*) FROM t WHERE id > 1000") == 0
    second.execute("INSERT INTO t VALUES (4, 4)")
    first.execute("INSERT INTO t VALUES (1001, 0)")
    assert attempt(first, "COMMIT") is None
    assert "serializable" in attempt(second, "COMMIT")


def test_a_prepared_statement_reads_again_in_each_transaction(sessions):
    first, second = sessions
    second.execute("PREPARE total AS SELECT sum(v) FROM t")
    for number in range(2):
        begin(sessions, "serializable")
        assert value(second, "EXECUTE total") == 200 + 5 * number
        second.execute(f"INSERT INTO t VALUES ({20 + number}, 1)")
        first.execute(f"INSERT INTO t VALUES ({30 + number}, 5)")
        assert attempt(first, "COMMIT") is None
        assert "serializable" in attempt(second, "COMMIT")


def test_a_reader_does_not_fail_and_sees_one_state(sessions):
    """The read-only anomaly: what a reader saw must fit an order of the writers."""
    first, second = sessions
    reader = cursor_of(first)
    begin([first, second, reader], "serializable")
    assert value(second, "SELECT sum(v) FROM t WHERE id < 3") == 200
    assert value(reader, "SELECT v FROM t WHERE id = 1") == 100
    first.execute("UPDATE t SET v = v + 20 WHERE id = 2")
    assert attempt(first, "COMMIT") is None
    assert value(reader, "SELECT sum(v) FROM t") == 200
    assert value(reader, "SELECT v FROM t WHERE id = 2") == 100
    assert attempt(reader, "COMMIT") is None
    reader.execute("BEGIN")
    assert value(reader, "SELECT v FROM t WHERE id = 2") == 120
    assert attempt(reader, "COMMIT") is None
    second.execute("UPDATE t SET v = v - 211 WHERE id = 1")
    # It read account 2 before the deposit that the reader has seen without the withdrawal.
    assert "serializable" in attempt(second, "COMMIT")


def test_other_tables_and_maintenance_do_not_disturb(sessions):
    first, second = sessions
    first.execute("CREATE TABLE u (i INTEGER)")
    begin(sessions, "serializable")
    assert value(second, "SELECT sum(v) FROM t") == 200
    second.execute("UPDATE t SET v = 1 WHERE id = 1")
    first.execute("INSERT INTO u VALUES (1)")
    assert attempt(first, "COMMIT") is None
    first.execute("CALL icefall_optimize('my.main.t')")
    assert attempt(second, "COMMIT") is None
    assert value(first, "SELECT sum(v) FROM t") == 101
