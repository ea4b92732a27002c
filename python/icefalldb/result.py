"""The result of one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterator

import duckdb
import pyarrow

from icefalldb.errors import IcefallDBError, translated
from icefalldb.kept_answers import Rows
from icefalldb.location import quoted

if TYPE_CHECKING:
    import pandas
    import polars

Row = tuple[Any, ...]

# What DuckDB would hand over wrongly (a time without its zone, a bit string as its inner bytes), or
# not at all, and the type that carries it.
_FOR_ARROW = {"TIME WITH TIME ZONE": "VARCHAR", "BIT": "VARCHAR"}
_FOR_PANDAS = {**_FOR_ARROW, "UHUGEINT": "DOUBLE"}
_FOR_POLARS = {**_FOR_ARROW, "INTERVAL": "VARCHAR"}


class IcefallDBQueryResult:
    """Rows that were computed when the statement ran; later changes do not alter them.

    Read it as rows (``fetchall``, ``fetchone``, ``fetchmany``, iteration) or as columns
    (``arrow``, ``df``, ``pl``), as often as you like. After columns, rows may be read too; after
    rows, columns may not: an :class:`IcefallDBError` says so.

    >>> import icefalldb
    >>> db = icefalldb.attach(example_database)
    >>> result = db.sql("SELECT id, fruit FROM orders ORDER BY id")
    >>> result.columns
    ['id', 'fruit']
    >>> result.arrow().num_rows
    3
    >>> result.fetchone()
    (1, 'apple')
    >>> [fruit for _, fruit in result]
    ['apple', 'pear', 'fig']
    """

    def __init__(
        self,
        plain: duckdb.DuckDBPyConnection,
        relation: duckdb.DuckDBPyRelation | None = None,
        exact: pyarrow.Table | None = None,
        kept: Rows | None = None,
    ) -> None:
        # A statement without a result: no columns.
        if relation is None and exact is None and kept is None:
            exact = pyarrow.table({})
        # Converts with Arrow's own types, while `exact` keeps DuckDB's as extension types.
        self._plain = plain
        # Executed already; a second read of it would run the statement again.
        self._relation = relation
        self._exact = exact
        # Shared with other results of the same answer, whose tuples are made once.
        self._kept = kept
        self._rows: list[Row] | None = None if kept is None else kept.tuples
        self._position = 0

    @property
    def columns(self) -> list[str]:
        """The names of the columns, in order."""
        if self._kept is not None:
            return self._kept.columns
        if self._relation is not None:
            return list(self._relation.columns)
        return [] if self._exact is None else list(self._exact.column_names)

    def fetchall(self) -> list[Row]:
        """Every row as a tuple, whatever was fetched before; a MAP is a dict.

        >>> import icefalldb
        >>> icefalldb.attach(example_database).sql("SELECT MAP {'a': 1}").fetchall()
        [({'a': 1},)]
        """
        return list(self._all_rows())

    def fetchone(self) -> Row | None:
        """The next row, or None after the last one."""
        rows = self.fetchmany(1)
        return rows[0] if rows else None

    def fetchmany(self, size: int = 1) -> list[Row]:
        """The next rows, at most `size`.

        Raises ValueError for a negative size.

        >>> import icefalldb
        >>> result = icefalldb.attach(example_database).sql("FROM range(3)")
        >>> result.fetchmany(2), result.fetchmany(2)
        ([(0,), (1,)], [(2,)])
        """
        if size < 0:
            raise ValueError(f"fetchmany: size must not be negative, got {size}")
        rows = self._all_rows()[self._position : self._position + size]
        self._position += len(rows)
        return rows

    def __iter__(self) -> Iterator[Row]:
        return iter(self._all_rows())

    def arrow(self) -> pyarrow.Table:
        """The rows as a ``pyarrow.Table``.

        Types that Arrow lacks come as the nearest it has: HUGEINT as decimal, UUID, BIT and TIME
        WITH TIME ZONE as text.
        """
        exact = self._exact_table()
        if "extension<" not in str(exact.schema):
            return exact
        return self._cast_table(_FOR_ARROW)

    def to_arrow_table(self) -> pyarrow.Table:
        """The same as :meth:`arrow`."""
        return self.arrow()

    def df(self) -> pandas.DataFrame:
        """The rows as a ``pandas.DataFrame``. Needs pandas.

        >>> import icefalldb
        >>> icefalldb.attach(example_database).sql("SELECT sum(id) AS total FROM orders").df()
           total
        0    6.0
        """
        exact = self._exact_table()
        if not exact.column_names:
            return exact.to_pandas()
        with translated():
            return self._cast(_FOR_PANDAS).df()

    def fetchdf(self) -> pandas.DataFrame:
        """The same as :meth:`df`."""
        return self.df()

    def pl(self) -> polars.DataFrame:
        """The rows as a ``polars.DataFrame``, an INTERVAL as text. Needs polars."""
        import polars

        holds_interval = pyarrow.month_day_nano_interval() in self._exact_table().schema.types
        frame = polars.from_arrow(self._cast_table(_FOR_POLARS) if holds_interval else self.arrow())
        assert isinstance(frame, polars.DataFrame)
        return frame

    def __repr__(self) -> str:
        return f"<IcefallDBQueryResult columns={self.columns}>"

    def _all_rows(self) -> list[Row]:
        if self._rows is None and self._kept is not None:
            self._rows = self._kept.make_tuples()
        if self._rows is None:
            with translated():
                if self._exact is not None or self._kept is not None:
                    # A table without columns is no relation.
                    exact = self._exact_table()
                    relation = self._plain.from_arrow(exact) if self.columns else None
                else:
                    relation = self._relation
                self._rows = [] if relation is None else relation.fetchall()
            if self._kept is not None:
                self._kept.tuples = self._rows
        return self._rows

    def _exact_table(self) -> pyarrow.Table:
        if self._exact is None and self._kept is not None:
            self._exact = self._kept.exact
        if self._exact is None:
            if self._rows is not None:
                raise IcefallDBError(
                    "the rows of this result have been fetched already: call arrow(), df() or "
                    "pl() before fetching rows, or run the statement again"
                )
            assert self._relation is not None
            with translated():
                self._exact = self._relation.to_arrow_table()
        return self._exact

    def _cast_table(self, casts: dict[str, str]) -> pyarrow.Table:
        with translated():
            return self._cast(casts).to_arrow_table()

    def _cast(self, casts: dict[str, str]) -> duckdb.DuckDBPyRelation:
        relation = self._plain.from_arrow(self._exact_table())
        types = [str(type_name) for type_name in relation.types]
        if not casts.keys() & set(types):
            return relation
        # By position, because names may repeat.
        return relation.project(
            ", ".join(
                f"CAST(#{number} AS {casts[type_name]}) AS {quoted(name)}"
                if type_name in casts
                else f"#{number} AS {quoted(name)}"
                for number, (type_name, name) in enumerate(zip(types, relation.columns), 1)
            )
        )
