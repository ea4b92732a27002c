"""Puts the engine into a DuckDB connection."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

from icefalldb.errors import LoadError

DUCKDB_VERSION = "1.5.5"
EXTENSION_FILE = "icefall.duckdb_extension"
ENGINE_FILE = "libicefall_core.so"

_UNSIGNED_REFUSED = (
    "this DuckDB connection refuses extensions that DuckDB Labs did not sign, and DuckDB fixes "
    "that when a database is opened. Open it as\n"
    '    duckdb.connect(config={"allow_unsigned_extensions": "true"})\n'
    "(for the module's own functions such as duckdb.sql, pass that to "
    "duckdb.set_default_connection), or let icefalldb.attach(path) open one"
)


def extension_folder() -> Path:
    """The folder of the extension file and the engine.

    ``ICEFALL_BUILD_DIR``, a finished build of the repository, goes before what is installed.
    Raises LoadError when neither has them.
    """
    candidates = [Path(__file__).parent / "native"]
    build = os.environ.get("ICEFALL_BUILD_DIR")
    if build:
        candidates.insert(0, Path(build).absolute() / "python" / "extension")
    for folder in candidates:
        if (folder / EXTENSION_FILE).is_file() and (folder / ENGINE_FILE).is_file():
            return folder
    raise LoadError(
        f"expected {EXTENSION_FILE} and {ENGINE_FILE} in "
        + " or ".join(str(folder) for folder in candidates)
        + "; install the package with pip, or set ICEFALL_BUILD_DIR to a finished build"
    )


def load(connection: duckdb.DuckDBPyConnection) -> None:
    """Teaches a DuckDB connection ``ATTACH '…' (TYPE icefall)``; a second call does nothing.

    All connections to the same DuckDB database (``connection.cursor()``) can use it then.

    Raises LoadError when the connection refuses unsigned extensions, which can be changed only
    where it is opened, and when the ``duckdb`` package is not the version the engine is for.

    >>> import duckdb, icefalldb
    >>> connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    >>> icefalldb.load(connection)
    >>> connection.execute(f"ATTACH '{example_database}' AS shop (TYPE icefall)").fetchall()
    []
    >>> connection.sql("SELECT count(*) FROM shop.orders").fetchone()
    (3,)
    """
    if duckdb.__version__ != DUCKDB_VERSION:
        raise LoadError(
            f"expected duckdb=={DUCKDB_VERSION}, found {duckdb.__version__}: the engine uses "
            "DuckDB's C++ interface, which changes with every release"
        )
    path = str(extension_folder() / EXTENSION_FILE).replace("'", "''")
    try:
        connection.execute(f"LOAD '{path}'")
    except duckdb.Error as error:
        if "allow_unsigned_extensions" in str(error):
            raise LoadError(_UNSIGNED_REFUSED) from error
        raise LoadError(str(error)) from error


def new_connection() -> duckdb.DuckDBPyConnection:
    """A private in-memory DuckDB with the engine loaded."""
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    try:
        # A statement may name a data frame of the caller, who is frames above this package.
        connection.execute("SET python_scan_all_frames = true")
        # A footer is parsed once, within DuckDB's memory limit.
        connection.execute("SET GLOBAL parquet_metadata_cache = true")
        load(connection)
    except BaseException:
        connection.close()
        raise
    return connection
