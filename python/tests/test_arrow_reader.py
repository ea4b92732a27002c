from __future__ import annotations

from pathlib import Path

import pytest

import icefalldb


def test_deleted_rows_do_not_appear(
    db: icefalldb.IcefallDBConnection, example_database: Path
) -> None:
    db.mutate("DELETE FROM orders WHERE id = 2")
    table = icefalldb.read_arrow_table(example_database, "orders")
    assert sorted(table["id"].to_pylist()) == [1, 3]
    assert table.column_names == ["id", "fruit", "amount"]


@pytest.mark.parametrize("verify", [True, False])
def test_empty_table(
    db: icefalldb.IcefallDBConnection, example_database: Path, verify: bool
) -> None:
    db.sql("CREATE TABLE empty (a INTEGER, b VARCHAR)")
    table = icefalldb.read_arrow_table(example_database, "empty", verify_data_checksums=verify)
    assert table.num_rows == 0 and table.column_names == ["a", "b"]


def test_damage_is_found_on_request(
    db: icefalldb.IcefallDBConnection, example_database: Path
) -> None:
    db.sql("CREATE TABLE big AS SELECT range AS a FROM range(100000)")
    table = icefalldb.read_arrow_table(example_database, "big", verify_data_checksums=True)
    assert table.num_rows == 100_000
    (data_file,) = (example_database / "big" / "data").glob("*.parquet")
    content = bytearray(data_file.read_bytes())
    content[200:300] = bytes(100)
    data_file.write_bytes(content)
    with pytest.raises(icefalldb.StorageError, match=data_file.name):
        icefalldb.read_arrow_table(example_database, "big", verify_data_checksums=True)


def test_columns(example_database: Path) -> None:
    table = icefalldb.read_arrow_table(example_database, "orders", columns=["amount", "id"])
    assert table.column_names == ["amount", "id"] and table.num_rows == 3
    with pytest.raises(icefalldb.QueryError, match="nope"):
        icefalldb.read_arrow_table(example_database, "orders", columns=["nope"])
    with pytest.raises(ValueError, match="list of names"):
        icefalldb.read_arrow_table(example_database, "orders", columns="id")


def test_a_database_is_no_table(example_database: Path) -> None:
    with pytest.raises(icefalldb.IcefallDBError, match="expected a table"):
        icefalldb.read_arrow_table(example_database)
