"""Rows that are dicts as Arrow columns, and by partition, made by the engine."""

from __future__ import annotations

import ctypes
from functools import lru_cache
from typing import Any, Callable

import pyarrow as pa
from icefalldb.engine import engine
from icefalldb.extension import ENGINE_FILE, extension_folder

# The C structures of Arrow's interface: ten words and nine.
_Array = ctypes.c_uint64 * 10
_Schema = ctypes.c_uint64 * 9

_BY_PARTITION = 2


@lru_cache
def _function(name: str, *arguments: Any) -> Any:
    engine()
    # Unlike other calls of the engine these look at Python's objects.
    function = getattr(ctypes.PyDLL(str(extension_folder() / ENGINE_FILE)), name)
    function.argtypes = arguments
    return function


def columns_of_dicts(rows: list[dict[str, Any]]) -> pa.RecordBatch | None:
    """The columns that have one of the most frequent kinds of values.

    None when there are no rows, or one has a key that the first one lacks.
    """
    if not rows:
        return None
    function = _function(
        "icefall_columns_of_dicts", ctypes.py_object, ctypes.c_void_p, ctypes.c_void_p
    )
    batch, schema = _Array(), _Schema()
    places = ctypes.addressof(batch), ctypes.addressof(schema)
    if not function(rows, *places):
        return None
    return pa.RecordBatch._import_from_c(*places)


def group_dicts(
    rows: list[Any],
    partition_function: Callable[[Any], Any],
    partition_of: Callable[[Any], Any],
    partition_key: str,
    preserve: bool,
) -> tuple[pa.RecordBatch, pa.RecordBatch | None] | None:
    """Partitions' names and counts of rows, and the rows, with those of a partition together.

    A dict's partition is under the key, or the function answers it; `partition_of` does both for
    other rows. Each row is asked about once. Where columns have other than the most frequent kinds
    of values there are only the names of each row's partition; None when nothing is done.
    """
    function = _function(
        "icefall_group_dicts", *(ctypes.py_object,) * 4, ctypes.c_int, *(ctypes.c_void_p,) * 4
    )
    names, batch = (_Array(), _Schema()), (_Array(), _Schema())
    places = [tuple(map(ctypes.addressof, each)) for each in (names, batch)]
    done = function(
        rows, partition_function, partition_of, partition_key, preserve, *places[0], *places[1]
    )
    if not done:
        return None
    found = pa.RecordBatch._import_from_c(*places[0])
    return found, pa.RecordBatch._import_from_c(*places[1]) if done == _BY_PARTITION else None
