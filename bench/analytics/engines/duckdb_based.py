"""DuckDB, and what is attached to it."""

import icefalldb
from support.attached import attach_duckdb, attach_ducklake, connect

from .base import Engine


class DuckdbBased(Engine):
    def open(self):
        self.connection = connect()
        self.attach()

    def attach(self):
        raise NotImplementedError

    def load(self, source, table):
        self.connection.execute(f"CREATE TABLE {table} AS FROM read_parquet('{source}')")

    def query(self, sql):
        return self.connection.execute(sql).fetchall()

    def close(self):
        self.connection.close()


class IcefallDb(DuckdbBased):
    """Nothing that an earlier query has left is used; files and footers are warm."""

    name = "IcefallDB"
    options = ""

    def attach(self):
        icefalldb.load(self.connection)
        self.connection.execute(
            f"ATTACH '{self.directory}/db' AS target (TYPE icefall, RESULT_CACHE false)"
        )
        self.connection.execute("USE target")
        self.connection.execute("SET icefall_partial_aggregates = false")

    def load(self, source, table):
        self.connection.execute(
            f"CREATE TABLE {table}{self.options} AS FROM read_parquet('{source}')"
        )

    def files(self, table):
        """None of a table whose rows stand in its log."""
        rows = self.connection.execute(
            f"SELECT path FROM icefall_fragments('target.main.{table}') WHERE path IS NOT NULL"
        ).fetchall()
        return [f"{self.directory}/db/{table}/{path}" for (path,) in rows]


class Replicas(IcefallDb):
    name = "IcefallDB, replicas"
    options = " WITH (replica = 'duckdb')"

    def load(self, source, table):
        super().load(source, table)
        self.connection.execute(f"FROM icefall_replicate('target.main.{table}')").fetchall()


class Files(DuckdbBased):
    name = "DuckDB on Parquet"

    def attach(self):
        pass

    def read_files(self, files, table):
        self.connection.execute(f"CREATE VIEW {table} AS FROM read_parquet({files!r})")


class DuckdbTable(DuckdbBased):
    name = "DuckDB table"

    def attach(self):
        attach_duckdb(self.connection, self.directory)

    def load(self, source, table):
        super().load(source, table)
        self.connection.execute("CHECKPOINT target")


class Ducklake(DuckdbBased):
    name = "DuckLake"

    def attach(self):
        attach_ducklake(self.connection, self.directory)
