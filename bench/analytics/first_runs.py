"""First runs of queries, from files that are warm, on eight engines.

IcefallDB (with nothing kept of earlier queries, with replicas, and the repeat of a query by its
Python package) against DuckDB on the files that IcefallDB wrote, a DuckDB table, DuckLake,
DataFusion and Polars on the same files, chDB's MergeTree, and delta-rs. All answers are compared
before any time is printed; times are medians, the engines taking turns.
"""

import argparse
import datetime
import os
import random
import shutil
import statistics
import sys
import time

sys.path.insert(1, os.path.join(os.path.dirname(__file__), ".."))

import chdb  # noqa: E402
import datafusion  # noqa: E402
import deltalake  # noqa: E402
import duckdb  # noqa: E402
import icefalldb  # noqa: E402
import polars  # noqa: E402
from data_sets import FLAGS, HITS, LINEITEM, SHAPES, TABLES  # noqa: E402
from engines.arrow_based import ChDb, DataFusion, Delta, Polars  # noqa: E402
from engines.duckdb_based import DuckdbTable, Ducklake, Files, IcefallDb, Replicas  # noqa: E402
from support.machine import describe_rounds, disk_bytes  # noqa: E402
from support.tpch_data import generate  # noqa: E402

ENGINES = (IcefallDb, Replicas, Files, DuckdbTable, Ducklake, DataFusion, Polars, ChDb, Delta)
REPEATS = 1000


def normal(rows):
    """The same for the same rows, whatever types an engine answers with."""

    def cell(value):
        if isinstance(value, datetime.datetime):
            return value.replace(tzinfo=None).isoformat()
        if value is None or isinstance(value, (str, datetime.date)):
            return str(value)
        return f"{float(value):.9g}"

    return sorted(tuple(cell(value) for value in row) for row in rows)


def write_source(workspace, name, rows):
    path = f"{workspace}/{name}.parquet"
    names = {other: f"({sql.format(rows=rows, flags=FLAGS)})"
             for other, sql in TABLES.items() if "{rows}" in sql}
    sql = TABLES[name].format(rows=rows, flags=FLAGS, **names)
    duckdb.execute(f"COPY ({sql}) TO '{path}'")
    return path


def sources(options):
    """Table -> Parquet file, and the questions over them."""
    workspace = options.workspace
    if options.data == "lineitem":
        return {"lineitem": f"{generate(workspace, options.scale)}/lineitem.parquet"}, LINEITEM
    if options.data == "hits":
        return {"hits": write_source(workspace, "hits", options.rows or 1_000_000)}, HITS
    events, wide = options.rows or 1_000_000, 10 * (options.rows or 1_000_000)
    rows = {"events": events, "events_sorted": events, "dimension": 10, "wide": wide,
            "wide_clustered": wide}
    return {name: write_source(workspace, name, count) for name, count in rows.items()}, SHAPES


def load(options, files):
    engines = []
    for maker in ENGINES:
        if maker.name in options.without:
            continue
        engine = maker(options.workspace)
        begin = time.perf_counter()
        for table, source in files.items():
            if maker in (Files, DataFusion, Polars):
                engine.read_files(engines[0].files(table) or [source], table)
            else:
                engine.load(source, table)
        print(f"{engine.name}: loaded in {time.perf_counter() - begin:.1f} s, "
              f"{disk_bytes(engine.directory) >> 20} MiB", file=sys.stderr)
        engines.append(engine)
    return engines


def compare(engines, questions):
    """Ends the program when answers differ."""
    for name, sql in questions.items():
        answers = {}
        for engine in engines:
            try:
                answers[engine.name] = normal(engine.query(sql))
            except Exception as error:
                sys.exit(f"{name}: {engine.name}: {error}")
        expected = answers[DuckdbTable.name]
        for engine, answer in answers.items():
            if answer != expected:
                sys.exit(f"{name}: {engine} answers {answer[:3]}, expected {expected[:3]}")


def milliseconds(action):
    begin = time.perf_counter()
    action()
    return (time.perf_counter() - begin) * 1000


def measure(engines, questions, rounds):
    """Question -> the median of each engine."""
    medians = {}
    order = random.Random(1)
    for name, sql in questions.items():
        times = {engine.name: [] for engine in engines}
        for _ in range(rounds):
            # Not always behind the same one, whose threads may still be busy.
            for engine in order.sample(engines, len(engines)):
                times[engine.name].append(milliseconds(lambda e=engine: e.query(sql)))
        medians[name] = [statistics.median(times[engine.name]) for engine in engines]
    return medians


def measure_repeats(directory, questions):
    """Microseconds of a query that was asked before, through the Python package."""
    with icefalldb.attach(f"{directory}/db") as database:
        answer = {}
        for name, sql in questions.items():
            database.sql(sql).fetchall()
            answer[name] = 1000 * statistics.median(
                milliseconds(lambda q=sql: database.sql(q).fetchall()) for _ in range(REPEATS)
            )
        return answer


def print_row(cells):
    print("| " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", choices=("lineitem", "shapes", "hits"))
    parser.add_argument("--scale", default="1", help="of lineitem")
    parser.add_argument("--rows", type=int, help="of hits and events; wide has ten times as many")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--without", nargs="*", default=[], help="names of engines to leave out")
    parser.add_argument("--workspace", default="/tmp/icefalldb-bench-first-runs")
    options = parser.parse_args()
    os.makedirs(options.workspace, exist_ok=True)
    files, questions = sources(options)
    engines = load(options, files)
    compare(engines, questions)
    medians = measure(engines, questions, options.rounds)
    for engine in engines:
        engine.close()
    repeats = measure_repeats(engines[0].directory, questions)

    scale = f", scale factor {options.scale}" if options.data == "lineitem" else ""
    describe_rounds(options.data + scale, options.rounds)
    print(f"DataFusion {datafusion.__version__}, Polars {polars.__version__}, "
          f"chDB {chdb.__version__}, delta-rs {deltalake.__version__}\n")
    print_row([f"{options.data}, ms"] + [e.name for e in engines] + ["IcefallDB again, us"])
    print_row(["---"] * (len(engines) + 2))
    for name, row in medians.items():
        print_row([name] + [f"{ms:.2f}" for ms in row] + [f"{repeats[name]:.1f}"])
    print_row(["on disk, MiB"] + [f"{disk_bytes(e.directory) >> 20}" for e in engines] + [""])
    for engine in engines:
        shutil.rmtree(engine.directory, ignore_errors=True)


if __name__ == "__main__":
    main()
