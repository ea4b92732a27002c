"""COUNT, MIN and MAX that no scan answers: at first, and after 1,000 scattered deletes.

Each time is that of a text that nobody asked before, in a connection that asked others before: of
the Python package, of DuckDB with the database attached, and of a DuckDB table that had the same
deletes, with which the answers are compared. Before a question comes for the first time, one of
the same kind about a small table is asked some times: the DuckDB table's scans leave nothing in the
processor's caches, behind which SELECT 42 alone takes 0.7 ms.
"""

import argparse
import itertools
import os
import random
import statistics
import sys
import time

sys.path.insert(1, os.path.join(os.path.dirname(__file__), ".."))

import icefalldb  # noqa: E402
from engines.duckdb_based import DuckdbTable, IcefallDb  # noqa: E402
from support.machine import describe_rounds  # noqa: E402

ROWS = """SELECT i AS id, hash(i) % 1000000 AS shuffled, i / 8 AS value,
  CASE WHEN i % 7 = 0 THEN NULL ELSE 'a longer text that ends with ' || hash(i, 1) END AS text,
  TIMESTAMP '2020-01-01' + INTERVAL (i) SECOND AS ts FROM range({rows}) r(i)"""
UNRELATED = "SELECT count(*), min(a), max(a) FROM small"
QUESTIONS = {
    "SELECT 42": "SELECT 42",
    "COUNT(*)": "SELECT count(*) FROM t",
    "COUNT of a column": "SELECT count(text) FROM t",
    "MIN, MAX of a number": "SELECT min(id), max(id) FROM t",
    "MIN, MAX of a timestamp": "SELECT min(ts), max(ts) FROM t",
    "MIN, MAX of a shuffled column": "SELECT min(shuffled), max(shuffled) FROM t",
    "MIN, MAX of a text": "SELECT min(text), max(text) FROM t",
    "all of these": "SELECT count(*), count(text), min(id), max(id), min(ts), max(ts), "
    "min(shuffled), max(shuffled), min(text), max(text) FROM t",
}
DELETES = 1000


numbers = itertools.count()


class Package:
    """What `icefalldb.attach` gives, of the database that another engine here makes."""

    name = "Python package"

    def __init__(self, made):
        self.database = icefalldb.attach(f"{made.directory}/db")
        self.follow()

    def follow(self):
        """Reads what is new in the log, which is not part of a question."""
        self.query("FROM t LIMIT 1")

    def query(self, sql):
        return self.database.sql(sql).fetchall()

    def close(self):
        self.database.close()


def milliseconds(engine, sql):
    sql = f"{sql} -- {next(numbers)}"
    begin = time.perf_counter()
    answer = engine.query(sql)
    return (time.perf_counter() - begin) * 1000, answer


def ask(engines, rounds):
    """Question -> of each engine the first time, and the median of the others."""
    result = {}
    for name, sql in QUESTIONS.items():
        times, answers = [], []
        for engine in engines:
            for _ in range(rounds):
                milliseconds(engine, UNRELATED)
            first, answer = milliseconds(engine, sql)
            again = [milliseconds(engine, sql)[0] for _ in range(rounds)]
            times += [first, statistics.median(again)]
            answers.append(answer)
        if any(answer != answers[0] for answer in answers):
            sys.exit(f"{name}: the answers differ: {answers}")
        result[name] = times
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=101)
    parser.add_argument("--workspace", default="/tmp/icefalldb-bench-metadata")
    options = parser.parse_args()
    os.makedirs(options.workspace, exist_ok=True)
    engines = [IcefallDb(options.workspace), DuckdbTable(options.workspace)]
    for engine in engines:
        engine.query(f"CREATE TABLE t AS {ROWS.format(rows=options.rows)}")
        engine.query("CREATE TABLE small AS SELECT i AS a FROM range(10) r(i)")
    engines[1].query("CHECKPOINT target")
    for engine in engines:
        engine.query("SELECT count(*) FROM range(10)")
    changed, engines = engines, [Package(engines[0]), *engines]
    before = ask(engines, options.rounds)
    deleted = [0, options.rows - 1, *random.Random(1).sample(range(options.rows), DELETES - 2)]
    for engine in changed:
        for number in deleted:
            engine.query(f"DELETE FROM t WHERE id = {number}")
    engines[0].follow()
    after = ask(engines, options.rounds)
    describe_rounds(f"{options.rows} rows", options.rounds)
    heads = [f"{engine.name}, {when}" for engine in engines for when in ("first", "then")]
    for title, times in (("whole", before), (f"after {DELETES} deletes", after)):
        print(f"\n| {title}, ms | {' | '.join(heads)} |\n" + "|---" * (len(heads) + 1) + "|")
        for name, row in times.items():
            print(f"| {name} | {' | '.join(f'{ms:.2f}' for ms in row)} |")
    for engine in engines:
        engine.close()


if __name__ == "__main__":
    main()
