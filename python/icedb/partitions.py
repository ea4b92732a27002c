"""Partition functions that are computed for all rows at once, without calling Python.

>>> partition_by(u=identity("user_id"), d=day("ts")).rule()
'"u" = identity("user_id"), "d" = day("ts", ms)'
"""

from __future__ import annotations

from dataclasses import dataclass

from .engine import connection, quoted
from .errors import translated

_UNITS = {"s": "s", "ms": "ms", "us": "us"}


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


@dataclass(frozen=True)
class Transform:
    """A part of the partition's name, as `partition_by` of icedb_set_options has it."""

    text: str


def identity(column: str) -> Transform:
    """The column's value as text; `/` and `%` are percent-encoded, as INSERT in SQL does."""
    return Transform(f"identity({_name(column)})")


def year(column: str, unit: str = "ms") -> Transform:
    """The year of a time, or of a number of `unit` ("s", "ms" or "us") since 1970, in UTC."""
    return Transform(f"year({_name(column)}, {_UNITS[unit]})")


def month(column: str, unit: str = "ms") -> Transform:
    """As `2024-03`."""
    return Transform(f"month({_name(column)}, {_UNITS[unit]})")


def day(column: str, unit: str = "ms") -> Transform:
    """As `2024-03-17`."""
    return Transform(f"day({_name(column)}, {_UNITS[unit]})")


def hour(column: str, unit: str = "ms") -> Transform:
    """As `2024-03-17T09`."""
    return Transform(f"hour({_name(column)}, {_UNITS[unit]})")


def bucket(count: int, column: str) -> Transform:
    """One of `count` numbers, the same for equal values for ever."""
    if count < 1:
        raise ValueError(f"bucket: expected one bucket or more, found {count}")
    return Transform(f"bucket({count}, {_name(column)})")


class Partitioning:
    """A partition function made of transforms; see partition_by."""

    def __init__(self, parts: dict[str, Transform]):
        if not parts:
            raise ValueError("partition_by: expected one part or more")
        self._parts = parts

    def rule(self) -> str:
        """The text that `partition_by` of icedb_set_options takes."""
        return ", ".join(f"{_name(key)} = {part.text}" for key, part in self._parts.items())

    def sql(self) -> str:
        """The expression of the partition's name over the columns of the rows."""
        sql = f"SELECT * FROM icedb_partition_sql({quoted(self.rule())})"
        with translated():
            ((expression,),) = connection().execute(sql).fetchall()
        return expression


def partition_by(**parts: Transform) -> Partitioning:
    """`u=a/d=2024-03-17`, from `partition_by(u=identity("user"), d=day("ts"))`."""
    return Partitioning(parts)
