from __future__ import annotations

from pathlib import Path

import pytest

import icefalldb


def test_view_follows_its_table(db: icefalldb.IcefallDBConnection, example_database: Path) -> None:
    icefalldb.create_view(example_database, "cheap", "SELECT id FROM orders WHERE amount < 3")
    assert db.sql("FROM cheap ORDER BY id").fetchall() == [(1,), (2,)]
    db.mutate("DELETE FROM orders WHERE id = 1")
    icefalldb.refresh_view(example_database, "cheap")
    assert db.sql("FROM cheap").fetchall() == [(2,)]


@pytest.mark.parametrize(
    "query", ["SELECT nope FROM orders", "SELEC 1", "", "SELECT 1; DROP TABLE orders", "DELETE"]
)
def test_wrong_query(example_database: Path, query: str) -> None:
    with pytest.raises(icefalldb.QueryError):
        icefalldb.create_view(example_database, "v", query)
    assert icefalldb.attach(example_database).tables == ["orders"]


def test_unknown_view(example_database: Path) -> None:
    with pytest.raises(icefalldb.TableNotFoundError, match="view 'nope' not found"):
        icefalldb.refresh_view(example_database, "nope")


def test_view_whose_table_is_gone(
    db: icefalldb.IcefallDBConnection, example_database: Path
) -> None:
    icefalldb.create_view(example_database, "v", "SELECT * FROM orders")
    db.mutate("DROP TABLE orders")
    with pytest.raises(icefalldb.TableNotFoundError):
        icefalldb.refresh_view(example_database, "v")
