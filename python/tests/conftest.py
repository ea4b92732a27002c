"""What several test files start from."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import duckdb
import pytest

import icefalldb


def make_example_database(folder: Path) -> Path:
    """A database with one table of three rows."""
    path = folder / "example"
    with icefalldb.attach(path, create=True) as db:
        db.sql("CREATE TABLE orders (id INTEGER, fruit VARCHAR, amount DOUBLE)")
        db.sql("INSERT INTO orders VALUES (1, 'apple', 1.5), (2, 'pear', 2), (3, 'fig', 3)")
    return path


@pytest.fixture
def example_database(tmp_path: Path) -> Path:
    return make_example_database(tmp_path)


@pytest.fixture
def db(example_database: Path) -> Iterator[icefalldb.IcefallDBConnection]:
    with icefalldb.attach(example_database) as connection:
        yield connection


@pytest.fixture
def host() -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB as its users open it, with the engine loaded."""
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    icefalldb.load(connection)
    yield connection
    connection.close()
