"""SQLite with a write-ahead log that is synced at every commit."""

import sqlite3

import duckdb

from .base import MERGED, ROWS, Competitor

INSERT = "INSERT INTO {table} VALUES (?, ?, ?, ?, ?)"
UPDATE = (
    " ON CONFLICT (id) DO UPDATE SET "
    "g = excluded.g, v = excluded.v, s = excluded.s, ts = excluded.ts"
)


def rows_of(sql):
    return duckdb.execute(f"SELECT id, g, v, s, ts::VARCHAR FROM ({sql})")


class Sqlite(Competitor):
    name = "SQLite"

    def open(self):
        self.connection = sqlite3.connect(f"{self.directory}/db.sqlite", isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = wal")
        self.connection.execute("PRAGMA synchronous = full")
        self.connection.execute("PRAGMA busy_timeout = 60000")

    def load(self, table, count, key=False):
        kind = "INTEGER PRIMARY KEY" if key else "INTEGER"
        self.run(f"CREATE TABLE {table} (id {kind}, g INTEGER, v REAL, s TEXT, ts TEXT)")
        self._insert(INSERT.format(table=table), rows_of(ROWS.format(begin=0, end=count)))

    def _insert(self, sql, rows):
        self.run("BEGIN")
        while batch := rows.fetchmany(100_000):
            self.connection.executemany(sql, batch)
        self.run("COMMIT")

    def run(self, sql):
        self.connection.execute(sql.replace("TIMESTAMP '", "'"))

    def query(self, sql):
        return self.connection.execute(sql).fetchall()

    def merge(self, table, count):
        """It has no MERGE: an upsert over a key that is made for it before the clock starts."""
        self._insert(INSERT.format(table=table) + UPDATE, rows_of(MERGED.format(count=count)))

    def prepare_merge(self, table):
        self.run(f"CREATE UNIQUE INDEX {table}_id ON {table} (id)")

    def truncate(self, table):
        self.run(f"DELETE FROM {table}")

    def close(self):
        self.connection.close()
