"""delta-rs: Delta Lake tables through its own engine."""

import shutil

import duckdb
from deltalake import DeltaTable, write_deltalake

from .base import MERGED, ROWS, Competitor


def rows_of(sql):
    return duckdb.execute(sql).to_arrow_table()


class Delta(Competitor):
    name = "delta-rs"

    def open(self):
        pass

    def table(self, table):
        return DeltaTable(f"{self.directory}/{table}")

    def load(self, table, count, key=False):
        del key  # it has none
        write_deltalake(f"{self.directory}/{table}", rows_of(ROWS.format(begin=0, end=count)))

    def run(self, sql):
        """The few statements of this benchmark."""
        words = sql.split()
        table = self.table(words[1] if words[0] == "UPDATE" else words[2])
        _, _, where = sql.partition(" WHERE ")
        if words[0] == "DELETE":
            table.delete(where or None)
        elif words[0] == "UPDATE":
            column, _, value = sql[sql.index(" SET ") + 5 : sql.index(" WHERE ")].partition(" = ")
            table.update(updates={column: value}, predicate=where)
        elif words[0] == "INSERT":
            write_deltalake(table, self._row(sql[sql.index("(") + 1 : -1]), mode="append")
        else:
            raise ValueError(sql)

    @staticmethod
    def _row(row):
        return rows_of(f"SELECT id::BIGINT AS id, g::INTEGER AS g, v::DOUBLE AS v, s, ts FROM "
                       f"(VALUES ({row})) r(id, g, v, s, ts)")

    def _merge(self, table, source):
        columns = {c: f"m.{c}" for c in ("g", "v", "s", "ts")}
        merger = self.table(table).merge(
            source, predicate="t.id = m.id", source_alias="m", target_alias="t"
        )
        merger.when_matched_update(columns).when_not_matched_insert(
            {"id": "m.id", **columns}
        ).execute()

    def merge(self, table, count):
        self._merge(table, rows_of(
            f"SELECT id::BIGINT AS id, g, v::DOUBLE AS v, s, ts FROM ({MERGED.format(count=count)})"
        ))

    def upsert(self, table, row):
        self._merge(table, self._row(row))

    def truncate(self, table):
        self.table(table).delete()

    def query(self, sql):
        name = sql.split(" FROM ")[1].split()[0]
        lake = self.table(name).to_pyarrow_dataset()  # noqa: F841 (DuckDB finds it by name)
        return duckdb.sql(sql.replace(f" FROM {name}", " FROM lake")).fetchall()

    def drop(self, table):
        shutil.rmtree(f"{self.directory}/{table}")
