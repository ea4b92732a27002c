"""Queries that come back: first run, repeat, and repeat after a one-row change.

IcefallDB through its Python package, with and without kept answers, against a DuckDB table,
DuckLake, and DuckDB on the files that IcefallDB wrote. Answers are compared before times are
printed; times are medians.
"""

import argparse
import os
import shutil
import statistics
import sys
import time

sys.path[1:1] = [os.path.join(os.path.dirname(__file__), name) for name in ("..", "../tpch")]

import duckdb  # noqa: E402
import icefalldb  # noqa: E402
from competitors.base import Competitor  # noqa: E402
from competitors.duckdb_table import DuckdbTable  # noqa: E402
from competitors.ducklake import Ducklake  # noqa: E402
from support.machine import describe_rounds, disk_bytes  # noqa: E402
from support.tpch_data import normal  # noqa: E402

EVENTS = """SELECT i AS id, TIMESTAMP '2024-01-01' + INTERVAL (i % 31536000) SECOND AS ts,
  'category ' || (hash(i) % 10) AS category,
  CASE WHEN hash(i, 1) % 4 = 0 THEN 'open' ELSE 'done' END AS status,
  (hash(i, 2) % 100000) / 100 AS value, (hash(i, 3) % 50000)::INTEGER AS user_id
  FROM range({rows}) r(i)"""
CHANGE = "UPDATE events SET value = value + 1 WHERE id = {}"
QUESTIONS = {
    "count": "SELECT count(*) FROM events",
    "count, min, max": "SELECT count(*), min(id), max(id), min(ts), max(category) FROM events",
    "count in a range of ids": "SELECT count(*), max(id) FROM events WHERE id >= {half}",
    "count, sum, 2 predicates": "SELECT count(*), sum(user_id) FROM events "
    "WHERE status = 'open' AND user_id < 1000",
    "group by category": "SELECT category, count(*), avg(user_id) FROM events GROUP BY category",
    "distinct": "SELECT count(DISTINCT user_id) FROM events",
    "top 10": "SELECT id, value FROM events ORDER BY value DESC, id LIMIT 10",
}


class Package(Competitor):
    """The Python package with its kept answers."""

    name = "IcefallDB"

    def open(self):
        self.database = icefalldb.attach(f"{self.directory}/db", create=True)

    def query(self, sql):
        return self.database.sql(sql).fetchall()

    def change(self, sql):
        self.database.mutate(sql)

    def forget(self):
        self.database.clear_cache()

    def close(self):
        self.database.close()


class Files(Competitor):
    name = "DuckDB on Parquet"

    def open(self):
        pass


def microseconds(action, rounds):
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        action()
        times.append((time.perf_counter() - start) * 1e6)
    return statistics.median(times)


def first_runs(competitor, sql, rounds):
    times = []
    for _ in range(rounds):
        if isinstance(competitor, Package):
            competitor.forget()
        times.append(microseconds(lambda: competitor.query(sql), 1))
    return statistics.median(times)


def compare(competitors, named):
    for name, sql in named.items():
        answers = {c.name: normal(c.query(sql)) for c in competitors for _ in range(2)}
        if len({repr(answer) for answer in answers.values()}) != 1:
            sys.exit(f"{name}: the answers differ: {answers}")


def change_all(competitors, number):
    for competitor in competitors:
        change = getattr(competitor, "change", competitor.query)
        change(CHANGE.format(number))


def print_row(cells):
    print("| " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--workspace", default="/tmp/icefalldb-bench-analytics")
    options = parser.parse_args()
    shutil.rmtree(options.workspace, ignore_errors=True)
    os.makedirs(options.workspace)
    describe_rounds(f"{options.rows} events", options.rounds)
    source = f"{options.workspace}/events.parquet"
    duckdb.execute(f"COPY ({EVENTS.format(rows=options.rows)}) TO '{source}'")

    named = {n: q.format(half=options.rows // 2) for n, q in QUESTIONS.items()}
    makers = (Package, DuckdbTable, Ducklake, Files)
    ours, table, lake, files = (make(options.workspace) for make in makers)
    ours.change(f"CREATE TABLE events AS FROM read_parquet('{source}')")
    table.load(source, "events")
    lake.load(source, "events")
    files.connection.execute(
        f"CREATE VIEW events AS FROM read_parquet('{ours.directory}/db/events/data/*.parquet')"
    )
    compare([ours, table, lake, files], named)

    print_row(["microseconds", "IcefallDB first", "IcefallDB repeat"]
              + [c.name for c in (table, lake, files)])
    print_row(["---"] * 6)
    for name, sql in named.items():
        times = [first_runs(ours, sql, options.rounds)]
        times.append(microseconds(lambda q=sql: ours.query(q), 2000))
        times += [first_runs(c, sql, options.rounds) for c in (table, lake, files)]
        print_row([name] + [f"{t:.1f}" for t in times])

    changed = [ours, table, lake]
    change_all(changed, 1)
    compare(changed, named)
    print()
    print_row(["after a one-row update, microseconds"] + [c.name for c in changed])
    print_row(["---"] * 4)
    for name, sql in named.items():
        times = {c.name: [] for c in changed}
        for number in range(options.rounds):
            change_all(changed, number + 2)
            for competitor in changed:
                times[competitor.name].append(microseconds(lambda c=competitor: c.query(sql), 1))
        print_row([name] + [f"{statistics.median(times[c.name]):.1f}" for c in changed])
    kept = ours.query("SELECT sum(size_bytes) FROM icefall_cache() WHERE name = 'all in memory'")
    print(f"\nKept in memory: {kept[0][0]} bytes; in files: "
          f"{disk_bytes(f'{ours.directory}/db/_cache')} bytes.")


if __name__ == "__main__":
    main()
