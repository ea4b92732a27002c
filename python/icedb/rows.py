"""From what is inserted to Arrow tables, one for each partition."""

from __future__ import annotations

from typing import Any, Callable, Iterable, Iterator

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from .dict_columns import columns_of_dicts, group_dicts
from .partitions import Partitioning

PARTITION = "_partition"

PartitionFunction = Callable[[dict[str, Any]], str]
Rows = Any  # list of dicts, pyarrow Table, RecordBatch or RecordBatchReader, or a data frame


def to_table(rows: Rows) -> pa.Table:
    """The rows as a table that has every column of every row."""
    if isinstance(rows, pa.RecordBatch):
        return _plain(pa.Table.from_batches([rows]))
    if isinstance(rows, pa.Table) or hasattr(rows, "__arrow_c_stream__"):
        return _plain(pa.table(rows))
    return _table_of_dicts(list(rows))


def _plain(table: pa.Table) -> pa.Table:
    """Without views, which data frames of Polars have for text and pyarrow hardly computes with,
    and without dictionaries, which DuckDB takes for types of their own."""
    schema = pa.schema([field.with_type(_plain_type(field.type)) for field in table.schema])
    if schema.equals(table.schema):
        return table
    columns = [_cast(column, field.type) for column, field in zip(table.columns, schema)]
    return pa.table(columns, schema)


def _cast(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if not pa.types.is_dictionary(column.type):
        return column.cast(kind)
    # Which a cast does not do for views.
    chunks = [chunk.dictionary.cast(kind).take(chunk.indices) for chunk in column.chunks]
    return pa.chunked_array(chunks, kind)


def _plain_type(kind: pa.DataType) -> pa.DataType:
    types = pa.types
    if types.is_string_view(kind):
        return pa.string()
    if types.is_binary_view(kind):
        return pa.binary()
    if types.is_dictionary(kind):
        return _plain_type(kind.value_type)
    if types.is_struct(kind):
        return pa.struct([field.with_type(_plain_type(field.type)) for field in kind])
    for is_kind, made in (
        (types.is_list, pa.list_),
        (types.is_large_list, pa.large_list),
        (types.is_fixed_size_list, lambda item: pa.list_(item, kind.list_size)),
    ):
        if is_kind(kind):
            return made(kind.value_field.with_type(_plain_type(kind.value_type)))
    return kind


def _table_of_dicts(rows: list[dict[str, Any]]) -> pa.Table:
    made = columns_of_dicts(rows)
    names = rows[0] if made is not None else dict.fromkeys(name for row in rows for name in row)
    columns = {}
    for name in names:
        if made is not None and name in made.schema.names:
            columns[name] = made.column(name)
            continue
        try:
            columns[name] = pa.array([row.get(name) for row in rows])
        except (pa.ArrowException, OverflowError, UnicodeError) as error:
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
    return _sorted(table, names)


def _sorted(table: pa.Table, names: pa.Array) -> Grouped:
    """Partitions in the order in which they first appear, with their rows in order."""
    encoded = names.dictionary_encode()
    partitions = encoded.dictionary.to_pylist()
    if len(partitions) <= 1:
        return Grouped(table, [(name, 0, len(names)) for name in partitions])
    counted = pc.value_counts(encoded.indices)
    counts = dict(zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist()))
    slices, offset = [], 0
    for code, name in enumerate(partitions):
        slices.append((name, offset, counts[code]))
        offset += counts[code]
    return Grouped(table.take(pc.sort_indices(encoded.indices)), slices)


def _group_dicts(rows: Iterable[dict[str, Any]], function: Any, preserve: bool) -> Grouped:
    rows = list(rows)

    def partition_of(row: dict[str, Any]) -> Any:
        return row[PARTITION] if PARTITION in row else function(row)

    grouped = group_dicts(rows, function, partition_of, PARTITION, preserve)
    if grouped is None:
        names = pa.array([_name(partition_of(row)) for row in rows], pa.string())
    else:
        partitions, by_partition = grouped
        if by_partition is not None:
            return _as_grouped(by_partition, partitions)
        names = partitions.column("name")
    table = _table_of_dicts(rows)
    if not preserve and PARTITION in table.column_names:
        table = table.drop_columns([PARTITION])
    if len(table.column_names) == 0:
        return Grouped(table, [])
    return _sorted(table, names)


def _as_grouped(by_partition: pa.RecordBatch, partitions: pa.RecordBatch) -> Grouped:
    slices, offset = [], 0
    for name, count in zip(*(column.to_pylist() for column in partitions.columns)):
        slices.append((name, offset, count))
        offset += count
    return Grouped(pa.Table.from_batches([by_partition]), slices)


def _name(partition: Any) -> str:
    if partition is None:
        raise TypeError("the partition of a row: expected a str, found None")
    return str(partition)


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
            _name(row.get(PARTITION) or function(row))
            for batch in table.to_batches()
            for row in batch.to_pylist()
        )
        names = pa.array(list(found), pa.string())
    return names.combine_chunks() if isinstance(names, pa.ChunkedArray) else names
