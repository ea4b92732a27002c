"""DuckDB with an icefall database attached."""

import duckdb
import icefalldb


def attach(path, *, rows_inline=5):
    """`rows_inline`: statements that add at most so many rows make no data file."""
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    icefalldb.load(connection)
    connection.execute(f"ATTACH '{path}' AS my (TYPE icefall, INLINE_ROW_LIMIT {rows_inline})")
    connection.execute("USE my")
    return connection


def attempt(connection, statement):
    """The error, or None."""
    try:
        connection.execute(statement).fetchall()
    except duckdb.Error as error:
        return str(error)
    return None


def cursor_of(connection):
    """Another session of the same process."""
    cursor = connection.cursor()
    cursor.execute("USE my")
    return cursor
