"""The commits of a table."""

from __future__ import annotations

import os
from typing import TypedDict

from icefalldb.engine import call
from icefalldb.location import PathText


class Snapshot(TypedDict):
    """One state of a table that can be travelled to."""

    sequence: int
    #: RFC 3339, UTC.
    committed_at: str
    rows: int
    fragments: int
    #: SHA-256 of the commit line before, None for the first.
    parent_hash: str | None


def snapshots(db: PathText, table: str | None = None) -> list[Snapshot]:
    """The snapshots of a table, oldest first; `db` may be the table's directory itself.

    Raises TableNotFoundError, DatabaseNotFoundError, NotADatabaseError, and QueryError where no
    table is named.

    >>> import icefalldb
    >>> commits = icefalldb.snapshots(example_database, "orders")
    >>> commits[-1]["rows"]
    3
    >>> past = icefalldb.attach_table(example_database, "orders", snapshot=commits[0]["sequence"])
    >>> past.sql("SELECT count(*) FROM orders").fetchone()
    (0,)
    """
    answer: list[Snapshot] = call("history", path=os.fspath(db), table=table)
    return answer
