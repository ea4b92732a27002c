"""What every competitor of the mutation benchmark offers."""

import os
import shutil

COLUMNS = "id BIGINT, g INTEGER, v DOUBLE, s VARCHAR, ts TIMESTAMP"
# Rows from `begin` to `end`, in DuckDB's SQL.
ROWS = (
    "SELECT i AS id, ((i * 7919) % 1000)::INTEGER AS g, i / 3.0 AS v, "
    "'s' || (i * 7919 % 5000) AS s, TIMESTAMP '2020-01-01' + INTERVAL (i) SECOND AS ts "
    "FROM range({begin}, {end}) r(i)"
)
# 50,000 rows that are there and 50,000 that are not, for a table of `count` rows.
MERGED = (
    "SELECT CASE WHEN i < 50000 THEN (i * ({count} // 50000)) // 10 * 10 + 5 "
    "ELSE {count} + i END AS id, -1 AS g, 0.5::DOUBLE AS v, 'merged' AS s, "
    "TIMESTAMP '2021-01-01' AS ts FROM range(100000) r(i)"
)


class Competitor:
    """One engine with tables of its own, in a folder of its own."""

    name = ""

    def __init__(self, workspace):
        self.directory = os.path.join(workspace, "mutations_" + self.name.replace(" ", "_"))
        shutil.rmtree(self.directory, ignore_errors=True)
        os.makedirs(self.directory)
        self.open()

    def open(self):
        raise NotImplementedError

    def load(self, table, count, key=False):
        """Fills a new table with `count` rows."""
        raise NotImplementedError

    def run(self, sql):
        """One statement, durable on return."""
        raise NotImplementedError

    def query(self, sql):
        raise NotImplementedError

    def prepare_merge(self, table):
        """What a merge needs and no other step has; not timed."""

    def merge(self, table, count):
        self.run(
            f"MERGE INTO {table} AS t USING ({MERGED.format(count=count)}) m ON t.id = m.id "
            "WHEN MATCHED THEN UPDATE SET g = m.g, v = m.v, s = m.s, ts = m.ts "
            "WHEN NOT MATCHED THEN INSERT VALUES (m.id, m.g, m.v, m.s, m.ts)"
        )

    def truncate(self, table):
        self.run(f"TRUNCATE {table}")

    def upsert(self, table, row):
        self.run(
            f"INSERT INTO {table} VALUES ({row}) ON CONFLICT (id) DO UPDATE SET "
            "g = excluded.g, v = excluded.v, s = excluded.s, ts = excluded.ts"
        )

    def digest(self, table):
        """The same for the same rows."""
        ((count, ids, groups, values),) = self.query(
            f"SELECT count(*), sum(id), sum(g), sum(v) FROM {table}"
        )
        return int(count), int(ids or 0), int(groups or 0), f"{float(values or 0):.6g}"

    def drop(self, table):
        self.run(f"DROP TABLE {table}")

    def close(self):
        pass
