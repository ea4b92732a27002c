"""Competitors that are a catalog attached to DuckDB."""

import duckdb

from .base import COLUMNS, ROWS, Competitor


class DuckdbBased(Competitor):
    threads = None  # of each; None: as many as DuckDB takes

    def open(self):
        self.connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
        if self.threads:
            self.connection.execute(f"SET threads = {self.threads}")
        self.attach()
        self.connection.execute("USE target")

    def attach(self):
        raise NotImplementedError

    def load(self, table, count, key=False):
        columns = COLUMNS.replace("id BIGINT", "id BIGINT PRIMARY KEY") if key else COLUMNS
        self.run(f"CREATE TABLE {table} ({columns})")
        self.run(f"INSERT INTO {table} {ROWS.format(begin=0, end=count)}")

    def run(self, sql):
        self.connection.execute(sql)

    def query(self, sql):
        return self.connection.execute(sql).fetchall()

    def close(self):
        self.connection.close()
