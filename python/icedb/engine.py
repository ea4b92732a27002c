"""The DuckDB that does the work: one for the process, a connection for each thread."""

from __future__ import annotations

import os
import threading
from typing import Any, Protocol

import duckdb
from icefalldb.extension import new_connection

_lock = threading.Lock()
_base: duckdb.DuckDBPyConnection | None = None
_base_process = -1
_of_thread = threading.local()


class Client(Protocol):
    """Where a table, or its log, is."""

    s3prefix: str | None
    s3bucket: str
    s3: Any

    def location(self) -> str:
        """The bucket, or the directory that stands for one, as the engine opens it."""


def connection() -> duckdb.DuckDBPyConnection:
    """This thread's connection to the process's DuckDB."""
    global _base, _base_process
    with _lock:
        # A fork takes the memory along but not the threads.
        if _base is None or _base_process != os.getpid():
            _base, _base_process = new_connection(), os.getpid()
            # Names in a user's query are not those of this package's variables.
            _base.execute("SET GLOBAL python_enable_replacements = false")
        if getattr(_of_thread, "process", -1) != _base_process:
            _of_thread.connection, _of_thread.process = _base.cursor(), _base_process
    return _of_thread.connection


class Parameter(str):
    """The name of a parameter in SQL, such as `$bytes`."""


def quoted(value: Any) -> str:
    """An SQL literal, or a parameter."""
    if isinstance(value, Parameter):
        return value
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(quoted(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(k)}: {quoted(v)}" for k, v in value.items()) + "}"
    return "'" + str(value).replace("'", "''") + "'"


def places(data: Client, log: Client) -> dict[str, str]:
    """The parameters of `call`: they hold keys, and DuckDB's errors quote the text of SQL."""
    found = {"data_location": data.location()}
    if log is not data:
        found["log_location"] = log.location()
    return found


def call(function: str, data: Client, log: Client, *arguments: Any, **named: Any) -> str:
    """The SQL text of a call of the table function on a table, which is run with its `places`."""
    parts = ["$data_location", *(quoted(argument) for argument in arguments)]
    named["prefix"] = data.s3prefix or ""
    if log is not data:
        named["log_location"] = Parameter("$log_location")
        named["log_prefix"] = log.s3prefix or ""
    parts += [f"{name} := {quoted(value)}" for name, value in named.items() if value is not None]
    return f"{function}({', '.join(parts)})"


def rows(function: str, data: Client, log: Client, *arguments: Any, **named: Any) -> list[tuple]:
    """What the table function answers."""
    sql = f"SELECT * FROM {call(function, data, log, *arguments, **named)}"
    return connection().execute(sql, places(data, log)).fetchall()
