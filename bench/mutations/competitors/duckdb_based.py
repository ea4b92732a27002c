"""Competitors that are a catalog attached to DuckDB."""

from support.attached import connect

from .base import COLUMNS, ROWS, Competitor


class DuckdbBased(Competitor):
    threads = None  # of each; None: as many as DuckDB takes

    def open(self):
        self.connection = connect()
        if self.threads:
            self.connection.execute(f"SET threads = {self.threads}")
        self.attach()

    def attach(self):
        """Makes the target catalog current."""
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
