"""Data files of rows whose columns are of plain types, which Arrow writes.

DuckDB writes all others, and what a query makes of the rows; it takes several times as long.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .engine import connection

SortKeys = list[tuple[str, Literal["ascending", "descending"]]]

# DuckDB reads from the file the type that it has for the column. A day has no unit, and other units
# of times than this one change on the way.
_PLAIN = {
    pa.bool_(), pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(),
    pa.uint32(), pa.uint64(), pa.float32(), pa.float64(), pa.string(), pa.large_string(),
    pa.binary(), pa.large_binary(), pa.date32(), pa.timestamp("us"),
}  # fmt: skip
_LEVELS = {"ZSTD": 3, "GZIP": 6}
_SAMPLED_ROWS = 1024
# How many differences the encoding packs together.
_STEPS_IN_BLOCK = 128


def is_plain(schema: pa.Schema) -> bool:
    """Whether a file of the columns is the one that DuckDB would write, as far as readers see."""
    lowered = {name.lower() for name in schema.names}
    return len(lowered) == len(schema.names) and all(kind in _PLAIN for kind in schema.types)


@lru_cache
def _parsed(order: str) -> list[tuple[str, str]] | None:
    sql = f"SELECT 1 FROM t ORDER BY {order}"
    ((text,),) = connection().execute("SELECT json_serialize_sql(?)", [sql]).fetchall()
    found = json.loads(text)
    if found["error"] or len(found["statements"]) != 1:
        return None
    modifiers = found["statements"][0]["node"]["modifiers"]
    if [modifier["type"] for modifier in modifiers] != ["ORDER_MODIFIER"]:
        return None
    keys = []
    for key in modifiers[0]["orders"]:
        names = key["expression"].get("column_names", [])
        if key["null_order"] != "ORDER_DEFAULT" or len(names) != 1:
            return None
        keys.append((names[0], key["type"]))
    return keys


def sort_keys(sort_order: list[str], schema: pa.Schema) -> SortKeys | None:
    """A list for ORDER BY as keys that Arrow sorts by; None where it is more than columns."""
    if not sort_order:
        return []
    parsed = _parsed(",".join(sort_order))
    names = {name.lower(): name for name in schema.names}
    keys: SortKeys = []
    for column, direction in parsed or []:
        name = names.get(column.lower())
        if name is None:
            return None
        # To Arrow NaN is the last in either direction.
        if direction == "DESCENDING" and pa.types.is_floating(schema.field(name).type):
            return None
        keys.append((name, "descending" if direction == "DESCENDING" else "ascending"))
    return None if parsed is None else keys


def to_parquet(rows: pa.Table, keys: SortKeys, codec: str, row_group_size: int) -> pa.Buffer:
    """The rows in order, as a Parquet file."""
    if keys and not _is_in_order(rows, keys):
        rows = rows.take(pc.sort_indices(rows, sort_keys=keys))
    repeating = [name for name in rows.column_names if _repeats(rows.column(name))]
    steps = {
        name: "DELTA_BINARY_PACKED"
        for name in rows.column_names
        if name not in repeating and _has_small_steps(rows.column(name))
    }
    sink = pa.BufferOutputStream()
    pq.write_table(
        rows,
        sink,
        row_group_size=row_group_size,
        compression="none" if codec == "UNCOMPRESSED" else codec,
        compression_level=_LEVELS.get(codec),
        use_dictionary=repeating,
        column_encoding=steps or None,
        store_schema=False,
    )
    return sink.getvalue()


def _is_in_order(rows: pa.Table, keys: SortKeys) -> bool:
    """Whether the first key alone shows that the rows are sorted already, as events often are."""
    name, direction = keys[0]
    column = rows.column(name)
    if column.null_count > 0:
        return False
    strictly = len(keys) > 1
    if direction == "ascending":
        compare = pc.less if strictly else pc.less_equal
    else:
        compare = pc.greater if strictly else pc.greater_equal
    return bool(pc.all(compare(column[:-1], column[1:])).as_py())


def _repeats(column: pa.ChunkedArray) -> bool:
    """Whether values come again so often that a dictionary of them is worth it."""
    if pa.types.is_boolean(column.type):
        return False
    sample = column.slice(0, _SAMPLED_ROWS)
    return 2 * pc.count_distinct(sample, mode="all").as_py() <= len(sample)


def _has_small_steps(column: pa.ChunkedArray) -> bool:
    """Whether differences of neighbours have half the bits of the numbers, or fewer.

    Numbers that count or tell the time have. Then a file of the differences is written sooner than
    one of the numbers, and is a fraction of its size.
    """
    if column.type not in (pa.int32(), pa.int64()) or len(column) < _STEPS_IN_BLOCK:
        return False
    sample = column.slice(0, _SAMPLED_ROWS).combine_chunks().drop_null()
    bounds = pc.min_max(pc.pairwise_diff(sample)).as_py()
    if bounds["min"] is None:
        return False
    return (bounds["max"] - bounds["min"]).bit_length() <= column.type.bit_width // 2
