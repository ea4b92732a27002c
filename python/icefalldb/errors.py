"""What can go wrong, by what the caller does next."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import Iterator

import duckdb


class IcefallDBError(Exception):
    """Base of every error of this package. ``__cause__`` is DuckDB's own error, if there is one."""


class LoadError(IcefallDBError):
    """The engine could not be loaded into a DuckDB connection: change how that was opened."""


class DatabaseNotFoundError(IcefallDBError, FileNotFoundError):
    """The path does not exist."""

    # OSError would print its empty errno fields.
    __str__ = Exception.__str__


class NotADatabaseError(IcefallDBError, ValueError):
    """The path exists and is neither a database nor a table of one."""


class TableNotFoundError(IcefallDBError, LookupError):
    """The database has no table or view of that name."""


class SnapshotNotFoundError(IcefallDBError, LookupError):
    """The table or database has no snapshot of that number, or no longer."""


class ReadOnlyError(IcefallDBError):
    """A change was asked of a past snapshot or of a database opened for reading."""


class ConflictError(IcefallDBError):
    """Another commit got there first: run the transaction again."""


class ConstraintError(IcefallDBError):
    """A NOT NULL, CHECK, PRIMARY KEY or UNIQUE constraint refuses the rows."""


class StorageError(IcefallDBError):
    """Files could not be read or written, or contradict themselves: run ``icefalldb check``."""


class QueryError(IcefallDBError):
    """The statement is wrong: syntax, an unknown column, a value that does not cast."""


class TsvError(IcefallDBError, ValueError):
    """A TSV file is malformed; the message names line, column and value."""


# The first entry whose DuckDB type and pattern match decides.
_KINDS: tuple[tuple[type[duckdb.Error], str, type[IcefallDBError]], ...] = (
    (duckdb.Error, "read-only", ReadOnlyError),
    (duckdb.Error, "read only", ReadOnlyError),
    (duckdb.Error, "snapshot", SnapshotNotFoundError),
    (duckdb.CatalogException, "(table|view) with name .* does not exist", TableNotFoundError),
    (duckdb.TransactionException, "", ConflictError),
    (duckdb.ConstraintException, "", ConstraintError),
    (duckdb.IOException, "is not an icefalldb database", NotADatabaseError),
    (duckdb.IOException, "", StorageError),
    (duckdb.PermissionException, "", StorageError),
)


def translate(error: duckdb.Error) -> IcefallDBError:
    """The error of this package that stands for one of DuckDB's."""
    text = str(error)
    lowered = text.lower()
    for kind, words, result in _KINDS:
        if isinstance(error, kind) and re.search(words, lowered, re.S):
            return result(text)
    return QueryError(text)


@contextmanager
def translated() -> Iterator[None]:
    """Raises this package's errors instead of DuckDB's."""
    try:
        yield
    except duckdb.Error as error:
        raise translate(error) from error
