"""Row changes: bulk and one by one, on IcefallDB, DuckDB tables, DuckLake, delta-rs and SQLite.

After every change the tables of all competitors are compared; no time is printed before that.
Times are medians; competitors take turns. A competitor that cannot do the work is left out of it.
"""

import argparse
import os
import random
import statistics
import sys
import time

sys.path.insert(1, os.path.join(os.path.dirname(__file__), ".."))

import deltalake  # noqa: E402
import duckdb  # noqa: E402
from competitors.delta import Delta  # noqa: E402
from competitors.duckdb_based import DuckdbBased  # noqa: E402
from competitors.duckdb_table import DuckdbTable  # noqa: E402
from competitors.ducklake import Ducklake  # noqa: E402
from competitors.icefalldb import IcefallDb  # noqa: E402
from competitors.sqlite import Sqlite  # noqa: E402
from growth import growth  # noqa: E402
from processes import throughput  # noqa: E402
from support.machine import machine  # noqa: E402
from upsert import big_upsert  # noqa: E402


def timed(action):
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1000


def compare(what, competitors, table):
    digests = {c.name: c.digest(table) for c in competitors}
    if len(set(digests.values())) != 1:
        sys.exit(f"{what}: the tables differ: {digests}")


def bulk(makers, workspace, count, rounds):
    """Each round loads the table anew and changes it in the order of the rows of the result."""
    steps = {
        "delete 10%": lambda c: c.run("DELETE FROM t WHERE id % 10 = 0"),
        "update 10%": lambda c: c.run("UPDATE t SET v = v + 1 WHERE id % 10 = 1"),
        "merge 50k + 50k": lambda c: c.merge("t", count),
        "delete all": lambda c: c.run("DELETE FROM t"),
        "truncate": lambda c: c.truncate("u"),
    }
    times = {step: {m.name: [] for m in makers} for step in steps}
    competitors = [maker(workspace) for maker in makers]
    for number in range(rounds):
        for competitor in competitors:
            for table in ("t", "u"):
                if number > 0:
                    competitor.drop(table)
                competitor.load(table, count)
        turn = number % len(competitors)
        for step, action in steps.items():
            for competitor in competitors[turn:] + competitors[:turn]:
                if step.startswith("merge"):
                    competitor.prepare_merge("t")
                times[step][competitor.name].append(timed(lambda a=action, c=competitor: a(c)))
            compare(step, competitors, "u" if step == "truncate" else "t")
    for competitor in competitors:
        competitor.close()
    return times


NEW_ROW = "{key}, 7, 1.5, 'new', TIMESTAMP '2021-01-01'"


def one_row_statements(count):
    """By label; each takes a competitor and a key of a table of `count` rows."""
    return {
        "insert": lambda c, key: c.run(f"INSERT INTO k VALUES ({NEW_ROW.format(key=count + key)})"),
        "delete by key": lambda c, key: c.run(f"DELETE FROM k WHERE id = {key}"),
        "update by key": lambda c, key: c.run(f"UPDATE k SET v = v + 1 WHERE id = {key}"),
        "upsert": lambda c, key: c.upsert("k", NEW_ROW.format(key=key)),
        "select * by key": lambda c, key: c.query(f"SELECT * FROM k WHERE id = {key}"),
    }


def one_row(makers, workspace, count, repetitions, in_turns):
    """Single statements with random keys, each durable on its own, on a table just opened.

    In turns, each finds the processor's caches full of what the others did, as in a process that
    does more than this; one engine at a time, they hold what it needs itself.
    """
    statements = one_row_statements(count)
    keys = random.Random(1).sample(range(count), len(statements) * (repetitions + 1))
    competitors = [maker(workspace) for maker in makers]
    for competitor in competitors:
        competitor.load("k", count, key=True)
        competitor.close()
        competitor.open()
    times = {}
    for index, (statement, action) in enumerate(statements.items()):
        times[statement] = {c.name: [] for c in competitors}
        share = keys[index * (repetitions + 1) : (index + 1) * (repetitions + 1)]
        turns = [(c, key) for key in share for c in competitors]
        if not in_turns:
            turns = [(c, key) for c in competitors for key in share]
        for competitor, key in turns:
            elapsed = timed(lambda a=action, c=competitor, k=key: a(c, k))
            times[statement][competitor.name].append(elapsed)
        compare(statement, competitors, "k")
    for competitor in competitors:
        competitor.close()
    return times


def print_spread(times):
    """A key's first neighbour pays for decoding; the median alone would hide it."""
    print("\n| IcefallDB | first, ms | median, ms | 95 % within, ms | most, ms |")
    print("|---|---|---|---|---|")
    for label, by_name in times.items():
        ours = by_name[IcefallDb.name]
        first, ordered = ours[0], sorted(ours[1:])
        cells = (first, statistics.median(ordered), ordered[len(ordered) * 95 // 100], ordered[-1])
        print(f"| {label} | " + " | ".join(f"{ms:.2f}" for ms in cells) + " |", flush=True)


def print_table(title, names, rows):
    ours = IcefallDb.name
    others = [n for n in names if n != ours]
    print(f"\n### {title}\n")
    heads = [f"{n}, ms" for n in names] + [f"IcefallDB / {n}" for n in others]
    print("| | " + " | ".join(heads) + " |")
    print("|---" * (1 + len(heads)) + "|")
    for label, times in rows:
        medians = {n: statistics.median(times[n]) for n in names}
        cells = [f"{medians[n]:.2f}" for n in names]
        cells += [f"{medians[ours] / medians[n]:.2f}" for n in others]
        print(f"| {label} | " + " | ".join(cells) + " |", flush=True)


def describe_machine(options):
    print(
        f"Machine: {machine()}, files in "
        f"{options.workspace}; DuckDB {duckdb.__version__}, delta-rs {deltalake.__version__}; "
        f"bulk: median of {options.rounds} rounds; one row: median of {options.repetitions}"
        + (f"; {options.threads} threads" if options.threads else ""),
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=3_000_000)
    parser.add_argument("--key-rows", type=int, nargs="*", default=[3_000_000, 10_000_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repetitions", type=int, default=1000)
    parser.add_argument("--workspace", default="/tmp/icefalldb-bench")
    parser.add_argument("--upsert-rows", type=int, default=1_000_000, help="into ten times as many")
    parser.add_argument("--fragments", type=int, nargs="*", default=[10, 100, 1_000, 10_000])
    parser.add_argument("--commits", type=int, nargs="*", default=[10, 1_000, 10_000, 100_000])
    parser.add_argument(
        "--only", nargs="*", default=["bulk", "one-row", "processes", "growth", "upsert"]
    )
    parser.add_argument("--threads", type=int, help="of each DuckDB; unless set, one per core")
    options = parser.parse_args()
    os.makedirs(options.workspace, exist_ok=True)
    DuckdbBased.threads = options.threads
    describe_machine(options)
    makers = [IcefallDb, DuckdbTable, Ducklake, Delta, Sqlite]
    names = [maker.name for maker in makers]
    if "bulk" in options.only:
        times = bulk(makers, options.workspace, options.rows, options.rounds)
        print_table(f"Bulk changes of {options.rows:,} rows", names, times.items())
    if "one-row" in options.only:
        # delta-rs rewrites files for each: seconds a statement.
        singles = [m for m in makers if m is not Delta]
        for count in options.key_rows:
            for in_turns in (True, False):
                times = one_row(singles, options.workspace, count, options.repetitions, in_turns)
                # The first one also opens what the others find open.
                later = {
                    statement: {name: values[1:] for name, values in by_name.items()}
                    for statement, by_name in times.items()
                }
                how = "in turns" if in_turns else "one engine at a time"
                title = f"One row of {count:,}, {how}"
                print_table(title, [m.name for m in singles], later.items())
                print_spread(times)
    if "processes" in options.only:
        throughput(options.workspace)
    if "growth" in options.only:
        growth(options.workspace, options.fragments, options.commits)
    if "upsert" in options.only:
        big_upsert(options.workspace, options.upsert_rows)


if __name__ == "__main__":
    main()
