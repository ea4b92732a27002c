"""Partition functions that are computed for all rows at once, without calling Python.

>>> partition_by(u=identity("user_id"), d=day("ts")).sql()[:4]
"'u='"
"""

from __future__ import annotations

from dataclasses import dataclass

from .engine import quoted

MISSING = "__HIVE_DEFAULT_PARTITION__"


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


@dataclass(frozen=True)
class Transform:
    """The SQL expression of a part of the partition's name."""

    expression: str


def identity(column: str) -> Transform:
    """The column's value as text; `/` and `%` are percent-encoded, as INSERT in SQL does."""
    text = f"CAST({_name(column)} AS VARCHAR)"
    return Transform(f"replace(replace({text}, '%', '%25'), '/', '%2F')")


def _time(column: str, form: str, unit: str) -> Transform:
    # What is no number is a time already; numbers count from 1970.
    micros = {"s": 1_000_000, "ms": 1_000, "us": 1}[unit]
    name = _name(column)
    number = f"make_timestamp(CAST(CAST(CAST({name} AS VARCHAR) AS DOUBLE) * {micros} AS BIGINT))"
    time = (
        f"CASE WHEN TRY_CAST(CAST({name} AS VARCHAR) AS DOUBLE) IS NULL "
        f"THEN CAST(CAST({name} AS VARCHAR) AS TIMESTAMP) ELSE {number} END"
    )
    return Transform(f"strftime({time}, '{form}')")


def year(column: str, unit: str = "ms") -> Transform:
    """The year of a time, or of a number of `unit` ("s", "ms" or "us") since 1970, in UTC."""
    return _time(column, "%Y", unit)


def month(column: str, unit: str = "ms") -> Transform:
    """As `2024-03`."""
    return _time(column, "%Y-%m", unit)


def day(column: str, unit: str = "ms") -> Transform:
    """As `2024-03-17`."""
    return _time(column, "%Y-%m-%d", unit)


def hour(column: str, unit: str = "ms") -> Transform:
    """As `2024-03-17T09`."""
    return _time(column, "%Y-%m-%dT%H", unit)


def bucket(count: int, column: str) -> Transform:
    """One of `count` numbers, the same for equal values for ever."""
    if count < 1:
        raise ValueError(f"bucket: expected one bucket or more, found {count}")
    number = f"md5_number_lower(CAST({_name(column)} AS VARCHAR)) % {count}"
    return Transform(f"CAST({number} AS VARCHAR)")


class Partitioning:
    """A partition function made of transforms; see partition_by."""

    def __init__(self, parts: dict[str, Transform]):
        if not parts:
            raise ValueError("partition_by: expected one part or more")
        self._parts = parts

    def sql(self) -> str:
        """The expression of the partition's name over the columns of the rows."""
        return " || '/' || ".join(
            f"{quoted(name + '=')} || coalesce(nullif({part.expression}, ''), '{MISSING}')"
            for name, part in self._parts.items()
        )


def partition_by(**parts: Transform) -> Partitioning:
    """`u=a/d=2024-03-17`, from `partition_by(u=identity("user"), d=day("ts"))`."""
    return Partitioning(parts)
