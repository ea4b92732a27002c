"""From what is inserted to Arrow tables, one for each partition."""

from __future__ import annotations

from typing import Any, Callable, Iterable, Iterator

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from .partitions import Partitioning

PARTITION = "_partition"

PartitionFunction = Callable[[dict[str, Any]], str]
Rows = Any  # list of dicts, pyarrow Table, RecordBatch or RecordBatchReader, or a data frame


def to_table(rows: Rows) -> pa.Table:
    """The rows as a table that has every column of every row."""
    if isinstance(rows, pa.Table):
        return rows
    if isinstance(rows, pa.RecordBatch):
        return pa.Table.from_batches([rows])
    if hasattr(rows, "__arrow_c_stream__"):
        return pa.table(rows)
    return _table_of_dicts(list(rows))


def _table_of_dicts(rows: list[dict[str, Any]]) -> pa.Table:
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {}
    for name in names:
        try:
            columns[name] = pa.array([row.get(name) for row in rows])
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
            raise ValueError(f"column '{name}': {error}") from error
    return pa.table(columns)


def is_unknown(arrow_type: pa.DataType) -> bool:
    """Whether nothing of some part of the type is known, because all of it is null."""
    if pa.types.is_null(arrow_type):
        return True
    return any(is_unknown(arrow_type.field(i).type) for i in range(arrow_type.num_fields))


class Grouped:
    """Rows in an order in which those of a partition stand together."""

    def __init__(self, table: pa.Table, slices: list[tuple[str, int, int]]):
        self.table = table
        self.slices = slices

    def __iter__(self) -> Iterator[tuple[str, pa.Table]]:
        for partition, offset, length in self.slices:
            yield partition, self.table.slice(offset, length)


def group(
    rows: Rows,
    function: PartitionFunction | Partitioning,
    preserve: bool,
    connection: duckdb.DuckDBPyConnection,
) -> Grouped:
    """Groups by `_partition`, which a row may have, or by what the function says of it."""
    if isinstance(rows, (list, tuple)) and not isinstance(function, Partitioning):
        return _group_dicts(rows, function, preserve)
    table = to_table(rows)
    names = _partitions_of(table, function, connection)
    if not preserve and PARTITION in table.column_names:
        table = table.drop_columns([PARTITION])
    order = pc.sort_indices(names)
    names = names.take(order)
    return Grouped(table.take(order), _runs(names))


def _group_dicts(rows: Iterable[dict[str, Any]], function: Any, preserve: bool) -> Grouped:
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        partition = row[PARTITION] if PARTITION in row else function(row)
        groups.setdefault(str(partition), []).append(row)
    table = _table_of_dicts([row for members in groups.values() for row in members])
    if not preserve and PARTITION in table.column_names:
        table = table.drop_columns([PARTITION])
    slices, offset = [], 0
    for partition, members in groups.items():
        slices.append((partition, offset, len(members)))
        offset += len(members)
    return Grouped(table, slices)


def _partitions_of(
    table: pa.Table, function: PartitionFunction | Partitioning, connection: Any
) -> pa.Array:
    given = table.column(PARTITION) if PARTITION in table.column_names else None
    if given is not None and given.null_count == 0:
        names = given.cast(pa.string())
    elif isinstance(function, Partitioning):
        view = "_rows_to_partition"
        connection.register(view, table)
        try:
            found = connection.execute(f"SELECT {function.sql()} AS p FROM {view}")
            names = found.to_arrow_table()["p"]
        finally:
            connection.unregister(view)
    else:
        found = (
            str(row.get(PARTITION) or function(row))
            for batch in table.to_batches()
            for row in batch.to_pylist()
        )
        names = pa.array(list(found), pa.string())
    return names.combine_chunks() if isinstance(names, pa.ChunkedArray) else names


def _runs(names: pa.Array) -> list[tuple[str, int, int]]:
    if len(names) == 0:
        return []
    encoded = pc.run_end_encode(names)
    slices, offset = [], 0
    for end, name in zip(encoded.run_ends.to_pylist(), encoded.values.to_pylist(), strict=True):
        slices.append((name, offset, end - offset))
        offset = end
    return slices
