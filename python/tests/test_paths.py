"""Paths and arguments that are wrong, and the errors that say so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import icefalldb


def test_missing_directory(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere' does not exist") as caught:
        icefalldb.attach(tmp_path / "nowhere")
    assert isinstance(caught.value, icefalldb.DatabaseNotFoundError)
    assert not (tmp_path / "nowhere").exists()


def test_empty_directory(tmp_path: Path) -> None:
    with pytest.raises(icefalldb.NotADatabaseError, match="the directory is empty"):
        icefalldb.attach(tmp_path)
    assert not list(tmp_path.iterdir())


def test_other_directory(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("hello")
    with pytest.raises(icefalldb.NotADatabaseError, match="not an IcefallDB database"):
        icefalldb.attach(tmp_path)


def test_file(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("hello")
    with pytest.raises(icefalldb.NotADatabaseError, match="not a directory"):
        icefalldb.attach(tmp_path / "note.txt")


def test_create(tmp_path: Path) -> None:
    with icefalldb.attach(tmp_path / "new", create=True) as db:
        assert db.tables == []
    with icefalldb.attach(tmp_path / "new") as db:
        assert db.tables == []


@pytest.mark.parametrize("name", ["with space", "it's", 'a"b', "grüße 🧊", "select", "a;b", "main"])
def test_names_that_sql_has_to_quote(tmp_path: Path, name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    with icefalldb.attach(tmp_path / name, create=True) as db:
        db.sql(f"CREATE TABLE {quoted} (a INTEGER)")
        db.mutate(f"INSERT INTO {quoted} VALUES (1)")
    assert icefalldb.read_arrow_table(tmp_path / name, name).to_pylist() == [{"a": 1}]
    assert icefalldb.snapshots(tmp_path / name, name)[-1]["rows"] == 1


def test_unknown_table(example_database: Path) -> None:
    with pytest.raises(icefalldb.TableNotFoundError, match="table 'nope' not found"):
        icefalldb.attach(example_database, tables=["nope"])
    with pytest.raises(icefalldb.TableNotFoundError, match="table 'nope' not found"):
        icefalldb.attach_table(example_database, "nope")
    with pytest.raises(icefalldb.TableNotFoundError, match="table 'nope' not found"):
        icefalldb.read_arrow_table(example_database, "nope")
    with pytest.raises(icefalldb.TableNotFoundError, match="table 'nope' not found"):
        icefalldb.snapshots(example_database, "nope")


def test_table_directory(example_database: Path) -> None:
    with icefalldb.attach(example_database / "orders") as db:
        assert db.table == "orders" and db.db_path == str(example_database)
        assert db.sql("SELECT count(*) FROM orders").fetchone() == (3,)
    assert icefalldb.read_arrow_table(example_database / "orders").num_rows == 3
    assert icefalldb.snapshots(example_database / "orders")[-1]["rows"] == 3


def test_only_some_tables(db: icefalldb.IcefallDBConnection, example_database: Path) -> None:
    db.sql("CREATE TABLE secret (a INTEGER)")
    with icefalldb.attach(example_database, tables=["orders"]) as some:
        assert some.tables == ["orders"]
        assert some.sql("SELECT count(*) FROM orders").fetchone() == (3,)
        with pytest.raises(icefalldb.TableNotFoundError, match="secret does not exist"):
            some.sql("SELECT * FROM secret")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"engine": "spark"}, "expected one of icefalldb, duckdb, datafusion, got 'spark'"),
        ({"result_cache_mb": -1}, "expected 0 or more, got -1"),
        ({"result_cache_evict": "fifo"}, "expected 'lru', got 'fifo'"),
        ({"snapshot": -1}, "got -1"),
        ({"snapshot": 1, "engine": "duckdb"}, "snapshot"),
        ({"tables": "orders"}, "expected a list"),
    ],
)
def test_wrong_arguments(example_database: Path, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        icefalldb.attach(example_database, **arguments)


@pytest.mark.parametrize("engine", ["icefalldb", "duckdb", "datafusion"])
def test_engines(example_database: Path, engine: str) -> None:
    with icefalldb.attach(example_database, engine=engine, result_cache_mb=0) as db:
        assert db.sql("SELECT count(*) FROM orders").fetchone() == (3,)


def test_encryption_is_to_come(example_database: Path, tmp_path: Path) -> None:
    with pytest.raises(icefalldb.IcefallDBError, match="encrypted"):
        icefalldb.attach(example_database, key_file=tmp_path / "keys")
    with pytest.raises(icefalldb.IcefallDBError, match="encrypted"):
        icefalldb.import_tsv(example_database, "t", tmp_path / "a.tsv", encrypt=True)
