"""The machine, and what a folder takes on it."""

import os
import platform

import duckdb


def machine():
    """Processors and system, as a table of times names them."""
    model = next(
        (
            line.split(":")[1].strip()
            for line in open("/proc/cpuinfo", encoding="utf8")
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return f"{os.cpu_count()} x {model}, Linux {platform.release()}"


def describe_rounds(data, rounds, memory_limit=None):
    """Prints what the tables of times that follow are of."""
    print(
        f"Machine: {machine()}; DuckDB {duckdb.__version__}; {data}; "
        f"median of {rounds} rounds in turns"
        + (f"; memory limit {memory_limit}" if memory_limit else "")
    )


def disk_bytes(folder):
    return sum(
        os.path.getsize(os.path.join(base, name))
        for base, _, names in os.walk(folder)
        for name in names
    )
