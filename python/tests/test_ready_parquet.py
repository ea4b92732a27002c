from __future__ import annotations

from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

import icefalldb

TABLE = pyarrow.table({"id": [3, 1, 2], "name": ["c", "a", None]})


def test_sorted_groups_with_a_page_index(tmp_path: Path) -> None:
    path = icefalldb.write_icefalldb_ready_parquet(
        tmp_path / "a.parquet", TABLE, row_group_size=2, sort_keys=["id"]
    )
    assert path == tmp_path / "a.parquet"
    file = pyarrow.parquet.ParquetFile(path)
    assert file.read()["id"].to_pylist() == [1, 2, 3]
    assert file.metadata.num_row_groups == 2
    column = file.metadata.row_group(0).column(0)
    assert column.has_column_index and column.statistics.max == 2


def test_dictionary_columns(tmp_path: Path) -> None:
    path = icefalldb.write_icefalldb_ready_parquet(
        tmp_path / "a.parquet", TABLE, dictionary_columns=["name"]
    )
    group = pyarrow.parquet.ParquetFile(path).metadata.row_group(0)
    assert "RLE_DICTIONARY" not in group.column(0).encodings
    assert "RLE_DICTIONARY" in group.column(1).encodings


@pytest.mark.parametrize(
    "arguments",
    [
        {"sort_keys": ["nope"]},
        {"dictionary_columns": ["nope"]},
        {"row_group_size": 0},
        {"data_page_size": 0},
    ],
)
def test_wrong_arguments_leave_no_file(tmp_path: Path, arguments: dict) -> None:
    with pytest.raises(ValueError):
        icefalldb.write_icefalldb_ready_parquet(tmp_path / "a.parquet", TABLE, **arguments)
    assert not list(tmp_path.iterdir())


def test_database_reads_it(db: icefalldb.IcefallDBConnection, tmp_path: Path) -> None:
    path = icefalldb.write_icefalldb_ready_parquet(tmp_path / "a.parquet", TABLE)
    db.sql("CREATE TABLE t (id BIGINT, name VARCHAR)")
    # The same file twice gives every row twice.
    for _ in range(2):
        assert db.mutate(f"INSERT INTO t FROM read_parquet('{path}')") == 3
    assert db.sql("SELECT count(*), count(name) FROM t").fetchone() == (6, 4)
