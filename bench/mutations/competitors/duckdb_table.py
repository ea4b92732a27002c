"""DuckDB's own storage."""

from support.attached import attach_duckdb

from .duckdb_based import DuckdbBased


class DuckdbTable(DuckdbBased):
    name = "DuckDB table"

    def attach(self):
        attach_duckdb(self.connection, self.directory)
