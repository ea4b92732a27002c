"""Calls into the engine for what is no SQL statement."""

from __future__ import annotations

import concurrent.futures
import ctypes
import json
import threading
from typing import Any

from icefalldb import errors
from icefalldb.extension import ENGINE_FILE, extension_folder, new_connection

_ERRORS: dict[str, type[errors.IcefallDBError]] = {
    "constraint": errors.ConstraintError,
    "conflict": errors.ConflictError,
    "permission_denied": errors.StorageError,
    "corruption": errors.StorageError,
    "resource_exhausted": errors.StorageError,
    "unavailable": errors.StorageError,
    "outcome_unknown": errors.StorageError,
}

_lock = threading.Lock()
_library: ctypes.CDLL | None = None


def call(function: str, **arguments: Any) -> Any:
    """The value that the engine's `function` answers; raises the error that it answers."""
    request = json.dumps({"function": function, **arguments}).encode()
    library = _engine()
    stop = ctypes.c_bool(False)
    # A thread of its own, because Ctrl-C reaches the main thread only between steps of Python.
    with concurrent.futures.ThreadPoolExecutor(max_workers=1) as executor:
        running = executor.submit(library.icefall_call, request, ctypes.byref(stop))
        try:
            pointer = running.result()
        except BaseException:
            stop.value = True
            library.icefall_free(running.result())
            raise
    try:
        answer = json.loads(ctypes.string_at(pointer))
    finally:
        library.icefall_free(pointer)
    if "error" in answer:
        raise _error(answer["error"]["code"], answer["error"]["message"])
    return answer["value"]


def _error(code: str, message: str) -> errors.IcefallDBError:
    if code == "not_found":
        if message.startswith("table "):
            return errors.TableNotFoundError(message)
        if message.startswith("snapshot "):
            return errors.SnapshotNotFoundError(message)
        # A path stands in quotes at the start or after a verb; DuckDB's names of things do not.
        if "' does not exist" in message or message.startswith("cannot read '"):
            return errors.DatabaseNotFoundError(message)
        return errors.QueryError(message)
    if code == "invalid_argument" and "not a directory" in message:
        return errors.NotADatabaseError(message)
    if code == "invalid_argument" and "is not an IcefallDB database" in message:
        return errors.NotADatabaseError(message)
    return _ERRORS.get(code, errors.QueryError)(message)


def engine() -> ctypes.CDLL:
    """The library of the engine, opened once."""
    return _engine()


def _engine() -> ctypes.CDLL:
    global _library
    with _lock:
        if _library is None:
            # Opens the engine in the one way in which it finds DuckDB's symbols.
            new_connection().close()
            library = ctypes.CDLL(str(extension_folder() / ENGINE_FILE))
            library.icefall_call.argtypes = [ctypes.c_char_p, ctypes.POINTER(ctypes.c_bool)]
            library.icefall_call.restype = ctypes.c_void_p
            library.icefall_free.argtypes = [ctypes.c_void_p]
            library.icefall_free.restype = None
            _library = library
        return _library
