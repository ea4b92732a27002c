"""Parquet files that the engine takes over without rewriting them."""

from __future__ import annotations

from pathlib import Path
from typing import Sequence

import pyarrow
import pyarrow.parquet

from icefalldb.location import PathText


def write_icefalldb_ready_parquet(
    path: PathText,
    table: pyarrow.Table,
    row_group_size: int = 1_000_000,
    data_page_size: int = 1_048_576,
    sort_keys: Sequence[str] | None = None,
    dictionary_columns: Sequence[str] | None = None,
) -> Path:
    """Writes a table as a Parquet file that scans well: zstd, statistics, a page index.

    row_group_size: rows per row group; fewer let filters skip more, more compress better.
    data_page_size: bytes per page.
    sort_keys: columns to sort by, ascending, before writing; their statistics then prune.
    dictionary_columns: the columns to encode with a dictionary; None leaves it to the writer.

    Raises ValueError for a column that the table lacks, a column named twice or a size below 1;
    the file is there afterwards only if it is whole.

    >>> import icefalldb, pyarrow
    >>> table = pyarrow.table({"id": [2, 1], "fruit": ["pear", "apple"]})
    >>> path = folder / "a.parquet"
    >>> _ = icefalldb.write_icefalldb_ready_parquet(path, table, sort_keys=["id"])
    >>> pyarrow.parquet.read_table(path)["id"].to_pylist()
    [1, 2]
    """
    for name, size in (("row_group_size", row_group_size), ("data_page_size", data_page_size)):
        if size < 1:
            raise ValueError(f"{name}: expected 1 or more, got {size}")
    _check_columns("sort_keys", sort_keys, table.column_names)
    _check_columns("dictionary_columns", dictionary_columns, table.column_names)
    if len(set(table.column_names)) != len(table.column_names):
        raise ValueError(f"table: column names must differ, got {table.column_names}")
    if sort_keys:
        table = table.sort_by([(key, "ascending") for key in sort_keys])

    target = Path(path)
    staged = target.with_name(f".{target.name}.staged")
    try:
        pyarrow.parquet.write_table(
            table,
            staged,
            row_group_size=row_group_size,
            data_page_size=data_page_size,
            compression="zstd",
            use_dictionary=True if dictionary_columns is None else list(dictionary_columns),
            write_page_index=True,
            write_page_checksum=True,
            coerce_timestamps=None,
        )
        staged.replace(target)
    finally:
        staged.unlink(missing_ok=True)
    return target


def _check_columns(argument: str, names: Sequence[str] | None, known: list[str]) -> None:
    for name in names or ():
        if name not in known:
            raise ValueError(f"{argument}: the table has no column '{name}', only {known}")
