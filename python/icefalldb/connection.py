"""A database, open for SQL."""

from __future__ import annotations

import datetime
import time
from types import TracebackType
from typing import Any

import duckdb

from icefalldb.engine import call
from icefalldb.errors import (
    IcefallDBError,
    QueryError,
    ReadOnlyError,
    translated,
)
from icefalldb.interrupts import interruptible
from icefalldb.kept_answers import KeptAnswers
from icefalldb.location import Location, quoted
from icefalldb.result import IcefallDBQueryResult

_CHANGES = {
    duckdb.StatementType.INSERT,
    duckdb.StatementType.UPDATE,
    duckdb.StatementType.DELETE,
    duckdb.StatementType.MERGE_INTO,
}
# What a text means stays the same over these; transactions answer from their own point in time.
_LEAVES_MEANING = {*_CHANGES, duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}
_PAST_IS_READ_ONLY = (
    "snapshot={} is read-only; INSERT/DELETE/UPDATE/MERGE are not allowed on a past snapshot"
)


class IcefallDBConnection:
    """What :func:`icefalldb.attach` returns: every statement sees the current state, changes by
    other processes included, unless it was attached at a snapshot.

    Not for two threads at once. Transactions are ``sql("BEGIN")`` … ``sql("COMMIT")``.

    >>> import icefalldb
    >>> with icefalldb.attach(example_database) as db:
    ...     db.mutate("UPDATE orders SET amount = amount * 2 WHERE fruit = 'fig'")
    ...     db.sql("SELECT amount FROM orders WHERE fruit = 'fig'").fetchone()
    1
    (6.0,)
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        plain: duckdb.DuckDBPyConnection,
        location: Location,
        alias: str,
        *,
        owned: bool,
        snapshot: int | None,
        result_cache_bytes: int = 0,
    ) -> None:
        self._connection: duckdb.DuckDBPyConnection | None = connection
        self._plain = plain
        self._owned = owned
        self._kept = KeptAnswers(result_cache_bytes) if result_cache_bytes > 0 else None
        # To ask statistics in vain takes a request where the database is in a bucket.
        self._asks = "://" not in location.database
        #: The directory of the database.
        self.db_path = location.database
        #: The table, where a table's directory was attached.
        self.table = location.table
        #: The name of the database in SQL.
        self.alias = alias
        #: The snapshot that was asked for, or None for the current state.
        self.snapshot = snapshot

    @property
    def tables(self) -> list[str]:
        """The tables that statements may name, sorted.

        >>> import icefalldb
        >>> icefalldb.attach(example_database).tables
        ['orders']
        """
        with translated():
            rows = self._open().execute(
                "SELECT table_name FROM duckdb_tables() WHERE database_name = ? ORDER BY 1",
                [self.alias],
            )
            return [name for (name,) in rows.fetchall()]

    def sql(self, query: str, params: Any = None) -> IcefallDBQueryResult:
        """Runs all statements of the text and returns the result of the last one.

        A change without RETURNING results in one row with the number of rows.
        Raises QueryError and the other kinds of :mod:`icefalldb.errors`; what a failed statement
        did is undone.

        >>> import icefalldb
        >>> db = icefalldb.attach(example_database)
        >>> db.sql("SELECT fruit FROM orders WHERE id = ?", [2]).fetchall()
        [('pear',)]
        """
        return self._run(query, params)

    def execute(self, query: str, params: Any = None) -> IcefallDBQueryResult:
        """The same as :meth:`sql`; `params` is a list for ``?`` or a dict for ``$name``.

        >>> import icefalldb
        >>> db = icefalldb.attach(example_database)
        >>> db.execute("SELECT $low + 1", {"low": 1}).fetchone()
        (2,)
        """
        return self._run(query, params)

    def mutate(self, query: str, params: Any = None) -> int:
        """Runs INSERT, UPDATE, DELETE, MERGE or DDL and returns the number of rows changed.

        Raises ValueError for a query, ReadOnlyError on a past snapshot, ConflictError when
        another commit changed the same rows first.

        >>> import icefalldb
        >>> icefalldb.attach(example_database).mutate("DELETE FROM orders WHERE id > 1")
        2
        """
        connection = self._open()
        with translated():
            statements = connection.extract_statements(query)
        changed = 0
        for statement in statements:
            if statement.type == duckdb.StatementType.SELECT:
                raise ValueError(f"mutate expects a change, found a query: {statement.query}")
            result = self._run_statement(connection, statement, params)
            rows = result.fetchall()
            if result.columns != ["Count"]:
                changed += len(rows)
            elif rows:
                changed += rows[0][0]
        return changed

    def compact(self, table: str) -> dict[str, Any]:
        """Merges small data files, drops deleted rows from them and moves inline rows to a file;
        rows keep their ids, and nobody's changes are disturbed.

        Returns files, rows and bytes before and after. Commits nothing when there is nothing to do.

        >>> import icefalldb
        >>> db = icefalldb.attach(example_database)
        >>> done = db.compact("orders")
        >>> done["rows_after"], db.compact("orders")["files_after"]
        (3, 1)
        """
        return self._maintain("icefall_compact", table)

    def optimize(
        self,
        table: str,
        *,
        sort: str | None = None,
        zorder: str | None = None,
        retain_snapshots: int | None = None,
    ) -> dict[str, Any]:
        """Compacts, and writes the whole table in the order of `sort` (as behind ORDER BY), along a
        Z-curve over the columns of `zorder`, or in its own order; with `retain_snapshots` then does
        what :meth:`gc` does.

        >>> import icefalldb
        >>> db = icefalldb.attach(example_database)
        >>> db.optimize("orders", sort="amount DESC")["files_after"]
        1
        """
        return self._maintain(
            "icefall_optimize", table, sort=sort, z_order=zorder, retain_snapshots=retain_snapshots
        )

    def replicate(self, table: str) -> dict[str, Any]:
        """Keeps the data files of a table with the option `replica = 'duckdb'` as DuckDB files,
        too, which queries read instead where that is faster; removes those that nothing needs.

        Returns how many files it built, kept, removed and skipped for want of room.

        >>> import icefalldb
        >>> db = icefalldb.attach(example_database)
        >>> db.replicate("orders")["built_files"]
        0
        """
        return self._maintain("icefall_replicate", table)

    def build_aggregates(self, table: str) -> dict[str, Any]:
        """Makes the states that the option `aggregates` of a table asks for, of data files that
        were there before the option, or changed since; loads make those of their files themselves.

        Returns how many declarations there are, and how many units were computed or kept.

        >>> import icefalldb
        >>> db = icefalldb.attach(example_database)
        >>> db.build_aggregates("orders")["declarations"]
        0
        """
        return self._maintain("icefall_build_aggregates", table)

    def replicas(self, table: str) -> list[dict[str, Any]]:
        """The data files of a table, and the replica of each; None where it has none.

        >>> import icefalldb
        >>> db = icefalldb.attach(example_database)
        >>> [file["replica"] for file in db.replicas("orders")]
        []
        """
        result = self.execute("FROM icefall_replicas($replicated)", {"replicated": table})
        return list(result.to_arrow_table().to_pylist())

    def gc(
        self,
        table: str,
        *,
        retain_snapshots: int | None = None,
        older_than: datetime.timedelta | None = None,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Deletes the files that only snapshots need which are neither among the newest
        `retain_snapshots` (3) nor younger than `older_than`, nor read by a running transaction.

        >>> import icefalldb
        >>> db = icefalldb.attach(example_database)
        >>> db.gc("orders", retain_snapshots=1, dry_run=True)["retained_snapshots"]
        [2]
        """
        return self._maintain(
            "icefall_gc",
            table,
            retain_snapshots=retain_snapshots,
            older_than=older_than,
            dry_run=dry_run,
        )

    def check(
        self, table: str | None = None, *, data: bool = False, checksums: bool = False
    ) -> list[dict[str, Any]]:
        """Verifies what is stored of a table against itself; with `checksums` the bytes of every
        data file that a snapshot needs which can be travelled to, with `data` the values, keys and
        NULLs of the newest, too. Without a table everything there is in the database. Changes
        nothing.

        Returns what was found: `severity` (ERROR, WARNING or INFO), `code` and `message`, and
        `table` where none was asked for, None for what is no table's.

        >>> import icefalldb
        >>> icefalldb.attach(example_database).check("orders", data=True)
        []
        """
        return list(
            call("check", path=self.db_path, table=table, data=data, checksums=checksums)
        )

    def doctor(self, table: str | None = None, *, repair: bool = False) -> dict[str, Any]:
        """Says of everything that :meth:`check` finds what is lost and whether it can be mended;
        with `repair` mends that, without inventing data. Without a table of the whole database.

        Returns `findings`, each with `remedy` (unneeded, repair or impossible) and `explanation`,
        and `healthy`: whether nothing is wrong, after the repair where one was asked for.

        >>> import icefalldb
        >>> icefalldb.attach(example_database).doctor("orders")
        {'findings': [], 'healthy': True}
        """
        return dict(call("doctor", path=self.db_path, table=table, repair=repair))

    def clear_cache(self) -> None:
        """Forgets the results that are kept, those in files included.

        >>> import icefalldb
        >>> icefalldb.attach(example_database).clear_cache()
        """
        with translated():
            self._open().execute("FROM icefall_clear_cache()").fetchall()
        if self._kept is not None:
            self._kept.clear()

    def close(self) -> None:
        """Ends the connection; an open transaction is rolled back. May be called again."""
        if self._connection is None:
            return
        connection, self._connection = self._connection, None
        if self._kept is not None:
            self._kept.close()
        with translated():
            if not self._owned:
                # The caller's DuckDB lives on, so the database must leave it.
                connection.execute("USE memory")
                connection.execute(f"DETACH {quoted(self.alias)}")
            connection.close()
            self._plain.close()

    def __enter__(self) -> IcefallDBConnection:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "closed" if self._connection is None else "open"
        return f"<IcefallDBConnection {self.db_path} ({state})>"

    def _open(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            raise IcefallDBError(f"the connection to {self.db_path} is closed")
        return self._connection

    def _maintain(self, function: str, table: str, **options: Any) -> dict[str, Any]:
        given = {name: value for name, value in options.items() if value is not None}
        named = "".join(f", {name} := ${name}" for name in given)
        call = f"FROM {function}($maintained{named})"
        result = self.execute(call, {"maintained": table, **given})
        return dict(result.to_arrow_table().to_pylist()[0])

    def _run(self, query: str, params: Any = None) -> IcefallDBQueryResult:
        connection = self._open()
        if self._kept is not None and not params:
            rows = self._kept.find(query)
            if rows is not None:
                return IcefallDBQueryResult(self._plain, kept=rows)
            if self._asks:
                with interruptible(connection):
                    rows = self._kept.ask(query)
                if rows is not None:
                    return IcefallDBQueryResult(self._plain, kept=rows)
        with translated():
            statements = connection.extract_statements(query)
        if not statements:
            raise QueryError("expected an SQL statement, found none")
        result = IcefallDBQueryResult(self._plain)
        for statement in statements:
            text = query if len(statements) == 1 else None
            result = self._run_statement(connection, statement, params, text)
        return result

    def _run_statement(
        self,
        connection: duckdb.DuckDBPyConnection,
        statement: duckdb.Statement,
        params: Any,
        text: str | None = None,
    ) -> IcefallDBQueryResult:
        """`text`: under which the answer may be kept."""
        if self.snapshot is not None and statement.type in _CHANGES:
            raise ReadOnlyError(_PAST_IS_READ_ONLY.format(self.snapshot))
        if self._kept is not None and statement.type not in _LEAVES_MEANING:
            self._kept.forget_context()
        with interruptible(connection):
            if statement.type == duckdb.StatementType.SELECT and not params:
                return self._run_query(connection, statement, text)
            connection.execute(statement, params)
            if statement.expected_result_type == [duckdb.ExpectedResultType.NOTHING]:
                return IcefallDBQueryResult(self._plain)
            return IcefallDBQueryResult(self._plain, exact=connection.to_arrow_table())

    def _run_query(
        self, connection: duckdb.DuckDBPyConnection, statement: duckdb.Statement, text: str | None
    ) -> IcefallDBQueryResult:
        if self._kept is None or text is None:
            return IcefallDBQueryResult(self._plain, _executed(connection, statement))
        started = time.perf_counter()
        self._kept.begin(text)
        try:
            relation = _executed(connection, statement)
        finally:
            state = self._kept.end()
        seconds = time.perf_counter() - started
        if state == 0:
            return IcefallDBQueryResult(self._plain, relation)
        if state == 1:
            rows = self._kept.keep(text, relation, seconds)
        else:
            rows = self._kept.load(text)
            if rows is None:
                relation = _executed(connection, statement)
        return IcefallDBQueryResult(self._plain, relation if rows is None else None, kept=rows)


def _executed(
    connection: duckdb.DuckDBPyConnection, statement: duckdb.Statement
) -> duckdb.DuckDBPyRelation:
    relation = connection.sql(statement)
    # Until here nothing has run: a relation is computed at its first read.
    relation.execute()
    return relation


#: One engine runs every statement, so there is nothing to route: the name is kept for programs
#: that were written for the package that had two.
IcefallDBRouter = IcefallDBConnection
