"""Whole tables as Arrow."""

from __future__ import annotations

from typing import Sequence

import pyarrow

from icefalldb.attachment import attach, resolve
from icefalldb.errors import IcefallDBError
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

    Raises TableNotFoundError, DatabaseNotFoundError, NotADatabaseError, QueryError for an unknown
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
    with attach(db, verify_data_checksums=verify_data_checksums) as connection:
        name = f"{quoted(location.schema)}.{quoted(location.table)}"
        return connection.sql(f"SELECT {selected} FROM {name}").arrow()
