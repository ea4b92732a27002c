"""Restricting queries to some tables of a database."""

from __future__ import annotations

from typing import Sequence

import duckdb

from icefalldb.errors import TableNotFoundError


class VisibleTables:
    """The tables that the statements of a connection may read; a guide, not a guard."""

    def __init__(self, alias: str, names: Sequence[str] | None) -> None:
        self._alias = alias
        # None: all of them.
        self._names = None if names is None else {name.lower() for name in names}

    def names(self, connection: duckdb.DuckDBPyConnection) -> list[str]:
        """The visible tables that there are, sorted."""
        found = self._in_database(connection, "duckdb_tables()")
        return [name for name in found if self._names is None or name.lower() in self._names]

    def check(self, connection: duckdb.DuckDBPyConnection, query: str) -> None:
        """Raises TableNotFoundError for a query that reads a table or view outside."""
        if self._names is None:
            return
        try:
            named = {name.lower() for name in connection.get_table_names(query)}
        except duckdb.Error:
            return  # a change, or a wrong query: running it says what is wrong
        # Names of WITH clauses and of data frames are among them.
        hidden = named - self._names
        relations = "(FROM duckdb_tables() UNION ALL BY NAME SELECT *, view_name AS table_name "
        relations += "FROM duckdb_views())"
        for name in self._in_database(connection, relations) if hidden else ():
            if name.lower() in hidden:
                allowed = ", ".join(sorted(self._names))
                raise TableNotFoundError(f"table '{name}' not found: tables= allows {allowed}")

    def _in_database(self, connection: duckdb.DuckDBPyConnection, relations: str) -> list[str]:
        rows = connection.execute(
            f"SELECT table_name FROM {relations} WHERE database_name = ? ORDER BY 1", [self._alias]
        ).fetchall()
        return [name for (name,) in rows]
