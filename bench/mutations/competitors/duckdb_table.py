"""DuckDB's own storage."""

from .duckdb_based import DuckdbBased


class DuckdbTable(DuckdbBased):
    name = "DuckDB table"

    def attach(self):
        self.connection.execute(f"ATTACH '{self.directory}/db.duckdb' AS target")
