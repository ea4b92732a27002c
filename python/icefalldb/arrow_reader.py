"""Whole tables as Arrow."""

from __future__ import annotations

import os
from typing import Sequence

import pyarrow

from icefalldb.attachment import attach, resolve
from icefalldb.engine import call
from icefalldb.errors import IcefallDBError, StorageError
from icefalldb.location import PathText, quoted


def read_arrow_table(
    db: PathText,
    table: str | None = None,
    columns: Sequence[str] | None = None,
    verify_data_checksums: bool = False,
) -> pyarrow.Table:
    """The live rows of a table; deleted ones never appear. An empty table has its columns.

    db: a database, with `table`, or the table's directory.
    columns: the columns wanted, in order; all by default.
    verify_data_checksums: first compares all that is stored of the table with itself, checksums
        of data files and values with statistics included, which reads every data file once more.

    Raises StorageError when that finds damage; TableNotFoundError,
    DatabaseNotFoundError, NotADatabaseError, QueryError for an unknown
    column, IcefallDBError when no table is named.

    >>> import icefalldb
    >>> icefalldb.read_arrow_table(example_database, "orders", columns=["id"]).num_rows
    3
    """
    if isinstance(columns, str):
        raise ValueError(f"columns: expected a list of names, got the text '{columns}'")
    location = resolve(db, table=table)
    if location.table is None:
        raise IcefallDBError(f"expected a table, {db} is a whole database: pass table=")
    selected = "*" if columns is None else ", ".join(quoted(column) for column in columns)
    if verify_data_checksums:
        _verify(db, table)
    with attach(db) as connection:
        name = f"{quoted(location.schema)}.{quoted(location.table)}"
        return connection.sql(f"SELECT {selected} FROM {name}").arrow()


def _verify(db: PathText, table: str | None) -> None:
    findings = call("check", path=os.fspath(db), table=table, data=True)
    errors = [f"{f['code']}: {f['message']}" for f in findings if f["severity"] == "ERROR"]
    if errors:
        raise StorageError("\n".join(errors))
