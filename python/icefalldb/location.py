"""What a path stands for: a database, or a table inside one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Union

PathText = Union[str, "os.PathLike[str]"]


@dataclass(frozen=True)
class Location:
    """A database, the table that a path or a caller named, and the state that was asked for."""

    database: str
    schema: str
    table: str | None
    #: The database's sequence that stands for the snapshot asked for.
    sequence: int | None
    #: The only tables that are to be seen, as SQL quotes them; None for all.
    tables: list[str] | None


def quoted(identifier: str) -> str:
    """The identifier as SQL spells it, whatever it contains."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """The text as an SQL string."""
    return "'" + text.replace("'", "''") + "'"
