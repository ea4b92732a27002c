"""DuckDB's own storage."""

from .base import Competitor


class DuckdbTable(Competitor):
    name = "DuckDB table"

    def open(self):
        self.connection.execute(f"ATTACH '{self.directory}/tpch.duckdb' AS target")
        self.connection.execute("USE target")

    def load(self, source, table):
        super().load(source, table)
        self.connection.execute("CHECKPOINT target")
