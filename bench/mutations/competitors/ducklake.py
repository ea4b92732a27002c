"""DuckLake with a DuckDB file as its catalog; small changes inlined, as it does by itself."""

from support.attached import attach_ducklake

from .base import ROWS
from .duckdb_based import DuckdbBased


class Ducklake(DuckdbBased):
    name = "DuckLake"

    def attach(self):
        attach_ducklake(self.connection, self.directory)

    def load(self, table, count, key=False):
        del key  # it has none
        self.run(f"CREATE TABLE {table} AS {ROWS.format(begin=0, end=count)}")

    def upsert(self, table, row):
        self.run(
            f"MERGE INTO {table} AS t USING (VALUES ({row})) m(id, g, v, s, ts) ON t.id = m.id "
            "WHEN MATCHED THEN UPDATE SET g = m.g, v = m.v, s = m.s, ts = m.ts "
            "WHEN NOT MATCHED THEN INSERT VALUES (m.id, m.g, m.v, m.s, m.ts)"
        )
