"""Views: queries with a name, stored in the database."""

from __future__ import annotations

import duckdb

from icefalldb.attachment import attach
from icefalldb.errors import QueryError, TableNotFoundError, translate
from icefalldb.location import PathText, quoted


def create_view(db: PathText, name: str, query: str) -> None:
    """Stores a query as a view, which is computed from the current rows whenever it is read.

    Raises QueryError for a wrong query and for a name that is taken.

    >>> import icefalldb
    >>> icefalldb.create_view(example_database, "cheap", "SELECT * FROM orders WHERE amount < 2")
    >>> icefalldb.attach(example_database).sql("SELECT fruit FROM cheap").fetchall()
    [('apple',)]
    """
    try:
        statements = duckdb.extract_statements(query)
    except duckdb.Error as error:
        raise translate(error) from error
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise QueryError(f"create_view: expected one SELECT statement, found {query!r}")
    with attach(db) as connection:
        connection.sql(f"CREATE VIEW {quoted(name)} AS {query}")


def refresh_view(db: PathText, name: str) -> None:
    """Checks that a view still has all it reads. Its rows are always current.

    Raises TableNotFoundError when there is no such view, QueryError when a table or column that
    it reads is gone.

    >>> import icefalldb
    >>> icefalldb.create_view(example_database, "cheap", "SELECT * FROM orders WHERE amount < 2")
    >>> icefalldb.refresh_view(example_database, "cheap")
    """
    with attach(db) as connection:
        found = connection.sql(
            "SELECT 1 FROM duckdb_views() WHERE database_name = ? AND lower(view_name) = lower(?)",
            [connection.alias, name],
        )
        if found.fetchone() is None:
            raise TableNotFoundError(f"view '{name}' not found")
        connection.sql(f"SELECT * FROM {quoted(name)} LIMIT 0")
