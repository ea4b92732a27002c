"""Catalogs that are attached to DuckDB as `target`, which becomes the current one."""

import glob
import os

import duckdb
import duckdb_extension_ducklake


def connect():
    return duckdb.connect(config={"allow_unsigned_extensions": "true"})


def attach_duckdb(connection, directory):
    """DuckDB's own storage."""
    connection.execute(f"ATTACH '{directory}/db.duckdb' AS target")
    connection.execute("USE target")


def attach_ducklake(connection, directory):
    """A DuckDB file is its catalog; small changes are inlined, as it does by itself."""
    package = os.path.dirname(duckdb_extension_ducklake.__file__)
    (extension,) = glob.glob(f"{package}/**/*.duckdb_extension", recursive=True)
    connection.execute(f"LOAD '{extension}'")
    connection.execute(
        f"ATTACH 'ducklake:{directory}/catalog.ducklake' AS target (DATA_PATH '{directory}/data')"
    )
    connection.execute("USE target")
