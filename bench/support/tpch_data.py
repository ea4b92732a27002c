"""TPC-H tables as Parquet files, and answers over them in a form that compares."""

import os
import subprocess
import sys


def generate(workspace, scale):
    source = os.path.join(workspace, f"tpch_{scale}")
    if not os.path.exists(f"{source}/lineitem.parquet"):
        generator = os.path.join(os.path.dirname(sys.executable), "tpchgen-cli")
        command = [generator, "parquet", "-s", str(scale), f"--output-dir={source}"]
        subprocess.run(command, check=True)
    return source


def normal(rows):
    """Floats to nine digits, so that the order of a parallel sum does not count."""
    return sorted(
        repr([float(f"{v:.9g}") if isinstance(v, float) else v for v in row]) for row in rows
    )
