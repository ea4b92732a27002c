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


def test_wrong_query(example_database: Path) -> None:
    with pytest.raises(icefalldb.IcefallDBError):
        icefalldb.create_view(example_database, "v", "SELECT nope FROM orders")


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
