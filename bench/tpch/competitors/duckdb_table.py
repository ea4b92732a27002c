"""DuckDB's own storage."""

from support.attached import attach_duckdb

from .base import Competitor


class DuckdbTable(Competitor):
    name = "DuckDB table"

    def open(self):
        attach_duckdb(self.connection, self.directory)

    def load(self, source, table):
        super().load(source, table)
        self.connection.execute("CHECKPOINT target")
