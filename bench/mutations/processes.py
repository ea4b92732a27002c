"""One-row inserts from several processes at once."""

import os
import subprocess
import sys
import time

from competitors.duckdb_based import DuckdbBased
from competitors.icefalldb import IcefallDb
from competitors.sqlite import Sqlite

# As many as make starting the processes not matter.
ROWS_EACH = 2_000
COUNTS = (1, 2, 4, 8)
# argv: competitor's module and class, directory, number of the process, rows, threads.
WORKER = """
import importlib, sys
module, name, directory, number, rows, threads = sys.argv[1:]
kind = getattr(importlib.import_module(module), name)
kind.threads = int(threads)
worker = kind.__new__(kind)
worker.directory = directory
worker.open()
worker.query("SELECT count(*) FROM k")
worker.run(f"INSERT INTO k VALUES ({-1 - int(number)}, 1, 0.5, 'x', TIMESTAMP '2021-01-01')")
print("ready", flush=True)
sys.stdin.readline()
first = 1_000_000 * (int(number) + 1)
for key in range(first, first + int(rows)):
    worker.run(f"INSERT INTO k VALUES ({key}, 1, 0.5, 'x', TIMESTAMP '2021-01-01')")
print("done", flush=True)
worker.close()
"""


def run_workers(kind, directory, count):
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, kind.__module__, kind.__name__, directory, str(number),
             str(ROWS_EACH), str(DuckdbBased.threads or 0)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        for number in range(count)
    ]
    for worker in workers:
        assert worker.stdout.readline() == "ready\n"
    start = time.perf_counter()
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    answers = [worker.stdout.readline() for worker in workers]
    elapsed = time.perf_counter() - start
    for worker in workers:
        worker.communicate()
        if worker.returncode != 0:
            sys.exit(f"{kind.name}: a process failed")
    assert answers == ["done\n"] * count
    return count * ROWS_EACH / elapsed


def throughput(workspace):
    print("\n### One-row inserts into a keyed table, by processes\n")
    heads = [f"{count} process{'es' * (count > 1)}, rows/s" for count in COUNTS]
    print(f"| | {' | '.join(heads)} | grows by |\n" + "|---" * (len(COUNTS) + 2) + "|")
    for kind in (IcefallDb, Sqlite):
        rates = []
        for count in COUNTS:
            owner = kind(workspace)
            owner.load("k", 100_000, key=True)
            owner.close()
            rates.append(run_workers(kind, owner.directory, count))
            owner.open()
            rows = owner.digest("k")[0]
            owner.close()
            if rows != 100_000 + count * (ROWS_EACH + 1):
                sys.exit(f"{kind.name}: {rows} rows after {count} processes")
        cells = [f"{rate:.0f}" for rate in rates] + [f"{max(rates[1:]) / rates[0]:.2f}"]
        print(f"| {kind.name} | {' | '.join(cells)} |", flush=True)
