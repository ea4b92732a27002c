"""Many rows upserted at once into ten times as many, and the memory that takes."""

import subprocess
import sys

from competitors.duckdb_table import DuckdbTable
from competitors.icefalldb import IcefallDb

# argv: competitor's module and class, directory, rows. Half of the rows are there already.
WORKER = """
import importlib, re, sys, time
module, name, directory, rows = sys.argv[1:]
rows = int(rows)
kind = getattr(importlib.import_module(module), name)
worker = kind.__new__(kind)
worker.directory = directory
worker.open()
start = time.perf_counter()
worker.run(
    "INSERT INTO k SELECT id, -5, 2.5, 'upserted', TIMESTAMP '2022-01-01' FROM "
    f"(SELECT (CASE WHEN i % 2 = 0 THEN i * 10 ELSE {rows} * 10 + i END) AS id "
    f"FROM range({rows}) r(i)) ON CONFLICT (id) DO UPDATE SET g = excluded.g, v = excluded.v, "
    "s = excluded.s, ts = excluded.ts"
)
elapsed = time.perf_counter() - start
# Of this program alone: what getrusage tells begins with the memory of the parent.
peak = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
print(elapsed, peak, worker.digest("k"))
worker.close()
"""


def big_upsert(workspace, rows):
    print(f"\n### {rows:,} rows upserted into {rows * 10:,}\n")
    print("| | s | peak memory, MiB |\n|---|---|---|")
    answers = {}
    lines = []
    for kind in (IcefallDb, DuckdbTable):
        owner = kind(workspace)
        owner.load("k", rows * 10, key=True)
        owner.close()
        command = [sys.executable, "-c", WORKER, kind.__module__, kind.__name__, owner.directory]
        output = subprocess.run(
            [*command, str(rows)], check=True, capture_output=True, text=True
        ).stdout
        seconds, peak, digest = output.strip().split(" ", 2)
        answers[kind.name] = digest
        lines.append(f"| {kind.name} | {float(seconds):.2f} | {float(peak):.0f} |")
    if len(set(answers.values())) != 1:
        sys.exit(f"the tables differ: {answers}")
    print("\n".join(lines), flush=True)
