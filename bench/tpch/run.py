"""TPC-H: load and 22 queries on IcefallDB, DuckDB on the same Parquet, DuckDB tables, DuckLake.

Every competitor's answer is compared before any time is printed; times are medians of several
rounds in which the competitors take turns; ratios compare IcefallDB with each of the others.
"""

import argparse
import os
import statistics
import sys
import time

sys.path.insert(1, os.path.join(os.path.dirname(__file__), ".."))

import duckdb  # noqa: E402
from competitors.base import TABLES  # noqa: E402
from competitors.duckdb_parquet import DuckdbParquet  # noqa: E402
from competitors.duckdb_table import DuckdbTable  # noqa: E402
from competitors.ducklake import Ducklake  # noqa: E402
from competitors.icefalldb import IcefallDb  # noqa: E402
from questions import questions  # noqa: E402
from support.machine import describe_rounds  # noqa: E402
from support.tpch_data import generate, normal  # noqa: E402


def timed(action):
    start = time.perf_counter()
    answer = action()
    return (time.perf_counter() - start) * 1000, answer


def load_all(makers, source, tables, rounds, workspace, memory_limit):
    """Loads every competitor `rounds` times, in turns; answers them open, and the times."""
    times = {maker.name: {table: [] for table in tables} for maker in makers}
    opened = []
    for number in range(rounds):
        for competitor in opened:
            competitor.close()
        opened = [maker(workspace, memory_limit) for maker in makers]
        for table in tables:
            for competitor in opened[number % len(opened) :] + opened[: number % len(opened)]:
                file = f"{source}/{table}.parquet"
                elapsed, _ = timed(lambda c=competitor: c.load(file, table))
                times[competitor.name][table].append(elapsed)
    return opened, times


def ask_all(competitors, named, rounds):
    times = {name: {c.name: [] for c in competitors} for name in named}
    for name, sql in named.items():
        answers = {c.name: normal(c.query(sql)) for c in competitors}
        reference = answers[DuckdbTable.name]
        for competitor, answer in answers.items():
            if answer != reference:
                sys.exit(f"{name}: {competitor} answers otherwise than {DuckdbTable.name}")
        for number in range(rounds):
            turn = number % len(competitors)
            for competitor in competitors[turn:] + competitors[:turn]:
                elapsed, _ = timed(lambda c=competitor: c.query(sql))
                times[name][competitor.name].append(elapsed)
    return times


def print_table(title, names, rows):
    ours = IcefallDb.name
    others = [n for n in names if n != ours]
    print(f"\n### {title}\n")
    print(
        "| | "
        + " | ".join(f"{n}, ms" for n in names)
        + " | "
        + " | ".join(f"IcefallDB / {n}" for n in others)
        + " |"
    )
    print("|---" * (1 + len(names) + len(others)) + "|")
    for label, times in rows:
        medians = {n: statistics.median(times[n]) for n in names}
        cells = [f"{medians[n]:.2f}" for n in names]
        cells += [f"{medians[ours] / medians[n]:.2f}" for n in others]
        print(f"| {label} | " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", default="1")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--load-rounds", type=int, default=3)
    parser.add_argument("--workspace", default="/tmp/icefalldb-bench")
    parser.add_argument("--memory-limit")
    parser.add_argument("--load-only", action="store_true", help="lineitem only, no queries")
    options = parser.parse_args()
    os.makedirs(options.workspace, exist_ok=True)
    source = generate(options.workspace, options.scale)
    describe_rounds(f"scale factor {options.scale}", options.rounds, options.memory_limit)

    makers = [IcefallDb, DuckdbTable, Ducklake]
    tables = ["lineitem"] if options.load_only else TABLES
    loaded, times = load_all(
        makers, source, tables, options.load_rounds, options.workspace, options.memory_limit
    )
    counts = {c.name: c.query("SELECT count(*) FROM lineitem") for c in loaded}
    if len({repr(count) for count in counts.values()}) != 1:
        sys.exit(f"lineitem: row counts differ after loading: {counts}")
    names = [maker.name for maker in makers]
    print_table("Load", names, [(t, {n: times[n][t] for n in names}) for t in tables])
    if options.load_only:
        return
    plain = DuckdbParquet(options.workspace, options.memory_limit)
    plain.read_files_of(loaded[0], source)
    competitors = [loaded[0], plain, *loaded[1:]]
    asked = ask_all(competitors, questions(), options.rounds)
    print_table("Queries", [c.name for c in competitors], list(asked.items()))


if __name__ == "__main__":
    main()
