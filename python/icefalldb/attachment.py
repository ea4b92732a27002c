"""Opens databases."""

from __future__ import annotations

import os
import re
from typing import Sequence

import duckdb

from icefalldb.connection import IcefallDBConnection
from icefalldb.engine import call
from icefalldb.errors import IcefallDBError, translated
from icefalldb.extension import load, new_connection
from icefalldb.location import Location, PathText, literal, quoted

ENGINES = ("icefalldb", "duckdb", "datafusion")
EVICTIONS = ("lru",)
DEFAULT_RESULT_CACHE_MB = 1024


def attach(
    db_path: PathText,
    connection: duckdb.DuckDBPyConnection | None = None,
    tables: Sequence[str] | None = None,
    verify_data_checksums: bool = True,
    engine: str = "icefalldb",
    result_cache_mb: int | None = None,
    result_cache_evict: str | None = "lru",
    snapshot: int | None = None,
    key_file: PathText | None = None,
    *,
    create: bool = False,
) -> IcefallDBConnection:
    """Opens a database, or the database of a table's directory, for SQL.

    connection: a DuckDB connection to share the database with, which then knows it under the
        name ``.alias``. It must allow unsigned extensions. Without it a private one is made.
    tables: the only tables and views that statements find, with what these views read.
    verify_data_checksums: kept for programs that pass it, and without effect: the log's hashes are
        verified as it is read; data files by :func:`icefalldb.read_arrow_table` on request, and by
        ``icefalldb check --checksums``.
    engine: ``icefalldb``; ``duckdb`` for no accelerators; ``datafusion`` is another name of the
        first.
    result_cache_mb: memory, and as much disk, for results that are given again while their tables
        are as they were; 1024 when not given, 0 for none. None are kept for a shared connection.
    result_cache_evict: ``lru``, the least recently used result goes first.
    snapshot: opens the past, read-only. For a table's directory it counts the table's commits, as
        :func:`icefalldb.snapshots` lists them; for a database the database's.
    create: makes an empty database where the path is missing or an empty directory.

    Raises ValueError for an unknown engine, a negative number or a snapshot with the engine
    ``duckdb``; DatabaseNotFoundError for a missing path; NotADatabaseError; TableNotFoundError;
    SnapshotNotFoundError; LoadError; IcefallDBError for a key file, as encryption is to come.

    >>> import icefalldb
    >>> with icefalldb.attach(example_database) as db:
    ...     db.sql("SELECT fruit, amount FROM orders WHERE id = 1").fetchall()
    [('apple', 1.5)]
    """
    _check(engine, result_cache_mb, result_cache_evict, snapshot, key_file)
    if isinstance(tables, str):
        raise ValueError(f"tables: expected a list of names, got the text '{tables}'")
    names = None if tables is None else list(tables)
    location = resolve(db_path, tables=names, snapshot=snapshot, create=create)
    megabytes = DEFAULT_RESULT_CACHE_MB if result_cache_mb is None else result_cache_mb
    return _open(location, connection, snapshot, engine, megabytes)


def attach_table(
    db_path: PathText,
    table: str,
    connection: duckdb.DuckDBPyConnection | None = None,
    verify_data_checksums: bool = True,
    engine: str = "icefalldb",
    snapshot: int | None = None,
) -> IcefallDBConnection:
    """Opens one table of a database; `snapshot` counts the table's commits.

    Raises what :func:`attach` raises.

    >>> import icefalldb
    >>> icefalldb.attach_table(example_database, "orders").sql("FROM orders").columns
    ['id', 'fruit', 'amount']
    """
    _check(engine, None, "lru", snapshot, None)
    location = resolve(db_path, table=table, tables=[], snapshot=snapshot)
    return _open(location, connection, snapshot, engine, DEFAULT_RESULT_CACHE_MB)


def resolve(
    path: PathText,
    *,
    table: str | None = None,
    tables: list[str] | None = None,
    snapshot: int | None = None,
    create: bool = False,
) -> Location:
    """What the path stands for; raises what :func:`attach` raises about paths and names."""
    answer = call(
        "resolve",
        path=os.fspath(path),
        table=table,
        tables=tables,
        snapshot=snapshot,
        create=create,
    )
    return Location(**answer)


def _check(
    engine: str,
    result_cache_mb: int | None,
    result_cache_evict: str | None,
    snapshot: int | None,
    key_file: PathText | None,
) -> None:
    if engine not in ENGINES:
        raise ValueError(f"engine: expected one of {', '.join(ENGINES)}, got '{engine}'")
    if result_cache_mb is not None and result_cache_mb < 0:
        raise ValueError(f"result_cache_mb: expected 0 or more, got {result_cache_mb}")
    if result_cache_evict is not None and result_cache_evict not in EVICTIONS:
        raise ValueError(f"result_cache_evict: expected 'lru', got '{result_cache_evict}'")
    if snapshot is not None and snapshot < 0:
        raise ValueError(f"snapshot: expected a number from 1, got {snapshot}")
    if snapshot is not None and engine == "duckdb":
        raise ValueError("snapshot: not with engine='duckdb'; leave the engine away")
    if key_file is not None:
        raise IcefallDBError("key_file: encrypted tables are not supported yet")


def _open(
    location: Location,
    shared: duckdb.DuckDBPyConnection | None,
    snapshot: int | None,
    engine: str,
    result_cache_mb: int,
) -> IcefallDBConnection:
    if shared is not None:
        load(shared)
    # A cursor is a connection of its own to the same DuckDB, so USE does not move the caller's.
    connection = new_connection() if shared is None else shared.cursor()
    alias = _alias(connection, location.database)
    with translated():
        connection.execute(_attach_statement(location, alias))
        connection.execute(f"USE {quoted(alias)}")
        connection.execute("SET SESSION arrow_lossless_conversion = true")
        plain = connection.cursor()
    return IcefallDBConnection(
        connection,
        plain,
        location,
        alias,
        owned=shared is None,
        snapshot=snapshot,
        # What others do to a shared DuckDB may change what a text means.
        result_cache_bytes=result_cache_mb << 20 if shared is None and engine != "duckdb" else 0,
    )


def _attach_statement(location: Location, alias: str) -> str:
    options = "TYPE icefall"
    if location.sequence is not None:
        options += f", READ_ONLY, SNAPSHOT {location.sequence}"
    if location.tables is not None:
        options += f", TABLES [{', '.join(map(literal, location.tables))}]"
    return f"ATTACH {literal(location.database)} AS {quoted(alias)} ({options})"


def _alias(connection: duckdb.DuckDBPyConnection, database: str) -> str:
    """The directory's name as far as it is a plain word, with a number if that is taken."""
    word = re.sub(r"\W", "_", os.path.basename(database.rstrip("/"))) or "icefall"
    with translated():
        rows = connection.execute("SELECT lower(database_name) FROM duckdb_databases()").fetchall()
    taken = {name for (name,) in rows} | {"memory", "system", "temp", "main"}
    alias, number = word, 1
    while alias.lower() in taken:
        number += 1
        alias = f"{word}_{number}"
    return alias
