"""What can go wrong with an icedb table."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import Iterator

import duckdb


class SchemaConflictException(Exception):
    """A column would have two types."""

    def __init__(self, column: str, current_type: str, new_type: str):
        self.column = column
        self.current_type = current_type
        self.new_type = new_type
        self.message = f"column '{column}' has conflicting types: {current_type}, {new_type}"
        super().__init__(self.message)


class NoLogFilesException(Exception):
    """There is no log file, or none before the time that was asked for."""

    def __init__(self) -> None:
        self.message = "no log files found"
        super().__init__(self.message)


class MaintenanceConflictException(Exception):
    """Another merge, removal, rewrite or cleanup came first; nothing was done. Says which one."""


_CONTRADICTION = re.compile(r"column '(.*)' is (.*) in the table and (.*) in log file ")


@contextmanager
def translated() -> Iterator[None]:
    """Turns the engine's errors into the exceptions of this package."""
    try:
        yield
    except duckdb.TransactionException as error:
        if " lost: " not in str(error):
            raise
        message = str(error).removeprefix("TransactionContext Error: ")
        raise MaintenanceConflictException(message) from error
    except duckdb.ConstraintException as error:
        found = _CONTRADICTION.search(str(error))
        if found is None:
            raise
        raise SchemaConflictException(*found.groups()) from error
