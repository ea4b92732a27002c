"""Rows that are dicts as Arrow columns, made by the engine."""

from __future__ import annotations

import ctypes
from functools import lru_cache
from typing import Any

import pyarrow as pa
from icefalldb.engine import engine
from icefalldb.extension import ENGINE_FILE, extension_folder

# The C structures of Arrow's interface: ten and nine words.
_Array = ctypes.c_uint64 * 10
_Schema = ctypes.c_uint64 * 9


@lru_cache
def _function() -> Any:
    engine()
    # Unlike other calls of the engine it looks at Python's objects.
    function = ctypes.PyDLL(str(extension_folder() / ENGINE_FILE)).icefall_columns_of_dicts
    function.argtypes = [ctypes.py_object, ctypes.c_void_p, ctypes.c_void_p]
    return function


def columns_of_dicts(rows: list[dict[str, Any]]) -> pa.RecordBatch | None:
    """The columns that have one of the most frequent kinds of values.

    None when there are no rows, or one has a key that the first one lacks.
    """
    if not rows:
        return None
    batch, schema = _Array(), _Schema()
    places = ctypes.addressof(batch), ctypes.addressof(schema)
    if not _function()(rows, *places):
        return None
    return pa.RecordBatch._import_from_c(*places)
