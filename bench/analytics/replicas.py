"""First runs of queries on lineitem: from Parquet files, from replicas, from a DuckDB table.

Every query runs in a DuckDB of its own state: nothing of its answer is kept, but files are warm.
Answers are compared before anything is timed.

    python bench/analytics/replicas.py --lineitem lineitem.parquet --work /tmp/bench
"""

import argparse
import pathlib
import shutil
import statistics
import time

import duckdb
import icefalldb

QUERIES = {
    "sum of columns": "SELECT sum(l_quantity), sum(l_extendedprice), sum(l_partkey) FROM lineitem",
    "group by": "SELECT l_shipmode, count(*), sum(l_extendedprice) FROM lineitem GROUP BY ALL "
    "ORDER BY 1",
    "Q1": "SELECT l_returnflag, l_linestatus, sum(l_quantity), sum(l_extendedprice), "
    "sum(l_extendedprice * (1 - l_discount)), sum(l_extendedprice * (1 - l_discount) * "
    "(1 + l_tax)), count(*) FROM lineitem WHERE l_shipdate <= DATE '1998-09-02' GROUP BY ALL "
    "ORDER BY 1, 2",
    "Q6": "SELECT sum(l_extendedprice * l_discount) FROM lineitem WHERE l_shipdate >= "
    "DATE '1994-01-01' AND l_shipdate < DATE '1995-01-01' AND l_discount BETWEEN 0.05 AND 0.07 "
    "AND l_quantity < 24",
    "filtered count": "SELECT count(*) FROM lineitem WHERE l_quantity = 24 AND l_tax < 0.03",
    "equality, 14%": "SELECT count(*) FROM lineitem WHERE l_shipmode = 'AIR'",
    "equality, 0.04%": "SELECT count(*) FROM lineitem WHERE l_shipdate = DATE '1995-06-17'",
    "equality, rows": "SELECT sum(l_extendedprice), max(l_comment) FROM lineitem WHERE "
    "l_suppkey = 77",
    "distinct": "SELECT count(DISTINCT l_suppkey) FROM lineitem",
    "distinct strings": "SELECT DISTINCT l_shipinstruct FROM lineitem ORDER BY 1",
    "top-N": "SELECT * FROM lineitem ORDER BY l_extendedprice DESC, l_orderkey, l_linenumber "
    "LIMIT 10",
    "point lookup": "SELECT * FROM lineitem WHERE l_orderkey = 3000000 ORDER BY l_linenumber",
    "strings": "SELECT count(*) FROM lineitem WHERE l_comment LIKE '%special%'",
    "all columns": "SELECT count(*), sum(hash(l)) FROM lineitem l",
}
PLACES = ("parquet", "replicas", "duckdb")


def connect(work):
    connection = duckdb.connect(
        str(work / "plain.duckdb"), config={"allow_unsigned_extensions": "true"}
    )
    icefalldb.load(connection)
    connection.execute(f"ATTACH '{work / 'db'}' AS my (TYPE icefall, RESULT_CACHE false)")
    for setting in ("metadata", "partial"):
        connection.execute(f"SET icefall_{setting}_aggregates = false")
    return connection


def enter(connection, place):
    connection.execute("USE plain" if place == "duckdb" else "USE my")
    connection.execute(f"SET icefall_replicas = {place == 'replicas'}")


def load(work, lineitem):
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    connection = connect(work)
    connection.execute(f"CREATE TABLE plain.lineitem AS FROM '{lineitem}'")
    connection.execute("CHECKPOINT plain")
    connection.execute(
        "SET icefall_replicate_at_commit = false;"
        f"CREATE TABLE my.lineitem WITH (replica = 'duckdb') AS FROM '{lineitem}'"
    )
    begin = time.perf_counter()
    report = connection.execute("FROM icefall_replicate('my.lineitem')").fetchone()
    seconds = time.perf_counter() - begin
    data = connection.execute("SELECT sum(size_bytes) FROM icefall_fragments('my.lineitem')")
    print(
        f"{report[0]} replicas built in {seconds:.1f} s: {report[5] >> 20} MiB beside "
        f"{data.fetchone()[0] >> 20} MiB of Parquet files"
    )
    connection.close()


def compare(work):
    connection = connect(work)
    for name, query in QUERIES.items():
        answers = []
        for place in PLACES:
            enter(connection, place)
            answers.append(connection.execute(query).fetchall())
        assert answers[0] == answers[1] == answers[2], name
    connection.close()


def measure(work, rounds):
    connection = connect(work)
    heads = (*PLACES, "ratio", "of least", "CPU", "of least")
    print(f"{'ms, median of ' + str(rounds):18}", *(f"{head:>9}" for head in heads))
    for name, query in QUERIES.items():
        times = {place: [] for place in PLACES}
        work_times = {place: [] for place in PLACES}
        # In turns, so that what else the machine does meets all of them.
        for _ in range(rounds):
            for place in PLACES:
                enter(connection, place)
                begin = time.perf_counter(), time.process_time()
                connection.execute(query).fetchall()
                times[place].append(1e3 * (time.perf_counter() - begin[0]))
                work_times[place].append(1e3 * (time.process_time() - begin[1]))
        medians = [statistics.median(times[place]) for place in PLACES]
        ratios = []
        for of_kind in (times, work_times):
            for middle in (statistics.median, min):
                ratios.append(middle(of_kind["replicas"]) / middle(of_kind["duckdb"]))
        print(f"{name:18}", *(f"{number:9.2f}" for number in (*medians, *ratios)))
    connection.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lineitem", required=True, help="a Parquet file")
    parser.add_argument("--work", required=True, type=pathlib.Path, help="is made anew")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--keep", action="store_true", help="use what is there")
    arguments = parser.parse_args()
    if not arguments.keep:
        load(arguments.work, arguments.lineitem)
    compare(arguments.work)
    measure(arguments.work, arguments.rounds)


if __name__ == "__main__":
    main()
