from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

import icefalldb


def test_mutate_counts_rows(db: icefalldb.IcefallDBConnection) -> None:
    assert db.mutate("INSERT INTO orders VALUES (4, 'plum', 1), (5, 'lime', 1)") == 2
    assert db.mutate("UPDATE orders SET amount = 0 WHERE id >= 4") == 2
    assert db.mutate("DELETE FROM orders WHERE id = 99") == 0
    assert db.mutate("DELETE FROM orders; INSERT INTO orders VALUES (1, 'a', 1)") == 6
    assert db.mutate("CREATE TABLE empty (a INTEGER)") == 0


def test_mutate_refuses_a_query(db: icefalldb.IcefallDBConnection) -> None:
    with pytest.raises(ValueError, match="expects a change"):
        db.mutate("SELECT 1")


def test_parameters(db: icefalldb.IcefallDBConnection) -> None:
    assert db.execute("SELECT fruit FROM orders WHERE id = ?", [3]).fetchall() == [("fig",)]
    assert db.execute("SELECT $a || $b", {"a": "x", "b": "y"}).fetchone() == ("xy",)
    assert db.mutate("DELETE FROM orders WHERE fruit = ?", ["it's"]) == 0


def test_the_last_of_several_statements_is_the_result(db: icefalldb.IcefallDBConnection) -> None:
    result = db.sql("INSERT INTO orders VALUES (4, 'plum', 1); SELECT count(*) FROM orders")
    assert result.fetchall() == [(4,)]


def test_transaction(db: icefalldb.IcefallDBConnection) -> None:
    db.sql("BEGIN")
    db.mutate("DELETE FROM orders")
    assert db.sql("SELECT count(*) FROM orders").fetchone() == (0,)
    db.sql("ROLLBACK")
    assert db.sql("SELECT count(*) FROM orders").fetchone() == (3,)


def test_transaction_over_two_tables(
    db: icefalldb.IcefallDBConnection, example_database: Path
) -> None:
    db.sql("CREATE TABLE log (what VARCHAR)")
    db.sql("BEGIN; DELETE FROM orders WHERE id = 1; INSERT INTO log VALUES ('gone')")
    with icefalldb.attach(example_database) as other:
        query = "SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM log)"
        assert other.sql(query).fetchone() == (3, 0)
        db.sql("COMMIT")
        assert other.sql(query).fetchone() == (2, 1)


def test_data_frames_of_the_caller(db: icefalldb.IcefallDBConnection) -> None:
    import pandas

    more = pandas.DataFrame({"id": [8, 9], "fruit": ["a", "b"], "amount": [1.0, None]})
    assert db.mutate("INSERT INTO orders FROM more") == len(more)
    assert db.sql("SELECT max(id) FROM orders").fetchone() == (9,)


def test_results_outlive_later_changes(db: icefalldb.IcefallDBConnection) -> None:
    before = db.sql("SELECT id FROM orders ORDER BY id")
    db.mutate("DELETE FROM orders")
    assert before.fetchall() == [(1,), (2,), (3,)]


def test_aggregates_follow_changes(db: icefalldb.IcefallDBConnection) -> None:
    query = "SELECT count(*), sum(amount), min(id), max(id) FROM orders"
    assert db.sql(query).fetchone() == (3, 6.5, 1, 3)
    db.mutate("DELETE FROM orders WHERE id = 1")
    assert db.sql(query).fetchone() == (2, 5.0, 2, 3)
    db.mutate("DROP TABLE orders")
    db.sql("CREATE TABLE orders (id INTEGER, amount DOUBLE)")
    assert db.sql(query).fetchone() == (0, None, None, None)


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("SELEC 1", icefalldb.QueryError),
        ("", icefalldb.QueryError),
        ("SELECT nope FROM orders", icefalldb.QueryError),
        ("SELECT * FROM nope", icefalldb.TableNotFoundError),
        ("INSERT INTO orders VALUES ('x', 'a', 1)", icefalldb.QueryError),
        ("INSERT INTO strict VALUES (NULL)", icefalldb.ConstraintError),
    ],
)
def test_errors_have_their_kind(
    db: icefalldb.IcefallDBConnection, query: str, kind: type[Exception]
) -> None:
    db.sql("CREATE TABLE strict (a INTEGER NOT NULL)")
    with pytest.raises(kind) as caught:
        db.sql(query)
    assert isinstance(caught.value, icefalldb.IcefallDBError)
    assert db.sql("SELECT count(*) FROM orders").fetchone() == (3,)


def test_the_loser_of_a_race_gets_a_conflict(
    db: icefalldb.IcefallDBConnection, example_database: Path
) -> None:
    with icefalldb.attach(example_database) as other:
        db.sql("BEGIN; UPDATE orders SET amount = 10 WHERE id = 1")
        other.mutate("UPDATE orders SET amount = 20 WHERE id = 1")
        with pytest.raises(icefalldb.ConflictError):
            db.sql("COMMIT")
        assert other.sql("SELECT amount FROM orders WHERE id = 1").fetchone() == (20.0,)


def test_closed_connection(example_database: Path) -> None:
    db = icefalldb.attach(example_database)
    db.close()
    db.close()
    for use in (lambda: db.sql("SELECT 1"), lambda: db.mutate("SELECT 1"), db.clear_cache):
        with pytest.raises(icefalldb.IcefallDBError, match="is closed"):
            use()


def test_shared_connection(host: duckdb.DuckDBPyConnection, example_database: Path) -> None:
    host.execute("CREATE TABLE own (a INTEGER)")
    with icefalldb.attach(example_database, connection=host) as db:
        assert db.alias == "example"
        assert db.sql("SELECT count(*) FROM orders").fetchone() == (3,)
        assert host.execute("SELECT count(*) FROM example.orders").fetchone() == (3,)
        # The caller's own names mean what they meant before.
        assert host.execute("SELECT count(*) FROM own").fetchone() == (0,)
        with icefalldb.attach(example_database, connection=host) as again:
            assert again.alias == "example_2"
    with pytest.raises(duckdb.Error):
        host.execute("FROM example.orders")
    assert host.execute("SELECT count(*) FROM own").fetchone() == (0,)


def test_changes_of_a_large_table(db: icefalldb.IcefallDBConnection) -> None:
    db.sql("CREATE TABLE t AS SELECT range AS a, range AS b, 'x' || range AS s FROM range(200000)")
    assert db.mutate("DELETE FROM t WHERE a % 2 = 0") == 100_000
    assert db.mutate("UPDATE t SET s = 'u' WHERE a < 6") == 3
    assert db.sql("SELECT * FROM t WHERE a < 9 ORDER BY a").fetchall() == [
        (1, 1, "u"),
        (3, 3, "u"),
        (5, 5, "u"),
        (7, 7, "x7"),
    ]
    assert db.sql("SELECT count(*), sum(a), sum(b) FROM t").fetchone() == (100_000, 10**10, 10**10)


@pytest.mark.parametrize("query", ["FROM nope", "DROP VIEW nope", "DELETE FROM nope"])
def test_a_missing_table_is_told_from_other_mistakes(
    db: icefalldb.IcefallDBConnection, query: str
) -> None:
    with pytest.raises(icefalldb.TableNotFoundError):
        db.sql(query)
    with pytest.raises(icefalldb.QueryError, match="nope"):
        db.sql("SELECT nope(1)")
    with pytest.raises(icefalldb.QueryError, match="already exists"):
        db.sql("CREATE TABLE orders (i INT)")
