"""Small and large inserts, reads of a long log and a large merge: the icedb package over an S3
server.

With --original DIR, a checkout of danthegoodman1/icedb, the same against the original, run by
--python: an interpreter with duckdb 1.1.3, its httpfs (PyPI: duckdb-extension-httpfs), pyarrow and
boto3. What the two left in the bucket is compared before times are printed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable
from uuid import uuid4

PORT = 19321
ENDPOINT = f"http://127.0.0.1:{PORT}"
ARGUMENTS = ("lake", "us-east-1", ENDPOINT, "user", "password")
OWN_PACKAGE = Path(__file__).resolve().parents[2] / "python"
LONG_LOG = 2000
LARGE_ROWS = 500_000
SMALL_INSERTS = 50


def wait_for_server() -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(ENDPOINT).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit("the S3 server does not answer")


def seconds(work: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def table(package: Any, log_module: Any, name: str, partitions: int) -> Any:
    return package.IceDBv3(
        lambda row: f"p={row['ts'] % partitions}", ["ts"], "us-east-1", "user", "password",
        ENDPOINT, log_module.S3Client(name, *ARGUMENTS), "bench", s3_use_path=True,
    )


def measure(name: str) -> None:
    """In a process of its own; prints a JSON object of seconds."""
    import icedb
    import icedb.log

    if name != "ours":
        from duckdb_extensions import import_extension

        import_extension("httpfs")
    times = {}
    small = table(icedb, icedb.log, f"{name}-small", 2)
    rows = [{"ts": number, "event": "load", "user": "a"} for number in range(3)]
    small.insert(rows)
    times["insert of 3 rows"] = statistics.median(
        seconds(lambda: small.insert(rows)) for _ in range(SMALL_INSERTS)
    )
    large = table(icedb, icedb.log, f"{name}-large", 16)
    many = [{"ts": n, "a": n * 2, "b": n * 0.5, "c": f"t{n % 100}", "d": "x", "e": n, "f": n}
            for n in range(LARGE_ROWS)]
    times[f"insert of {LARGE_ROWS:,} rows, dicts"] = seconds(lambda: large.insert(many))
    if name == "ours":
        import pyarrow as pa

        arrow = pa.Table.from_pylist(many)
        other = icedb.IceDBv3(icedb.partition_by(p=icedb.bucket(16, "ts")), ["ts"],
                              s3_client=icedb.S3Client("ours-arrow", *ARGUMENTS))
        times[f"insert of {LARGE_ROWS:,} rows, Arrow"] = seconds(lambda: other.insert(arrow))
    long = table(icedb, icedb.log, f"{name}-long", 2)
    io = icedb.log.IceLogIO("bench")
    now = round(time.time() * 1000) + 1000
    times[f"read of {LONG_LOG:,} log files"] = seconds(
        lambda: io.read_at_max_time(long.data_s3c, now)
    )
    times[f"merge of {LONG_LOG:,} files"] = seconds(
        lambda: long.merge(max_file_count=LONG_LOG, max_file_size=10**9)
    )
    print(json.dumps(times))


def make_long_log(prefix: str) -> None:
    """LONG_LOG inserts of 100 rows, as either of the two would write them."""
    import boto3
    import pyarrow as pa
    import pyarrow.parquet as pq

    s3 = boto3.client("s3", endpoint_url=ENDPOINT, region_name="us-east-1",
                      aws_access_key_id="user", aws_secret_access_key="password")
    rows = pa.table({"ts": pa.array(range(100), pa.int64()), "event": ["load"] * 100})
    sink = pa.BufferOutputStream()
    pq.write_table(rows, sink)
    data = sink.getvalue().to_pybytes()
    begin = 1_700_000_000_000

    def put(number: int) -> None:
        path = f"{prefix}/_data/p=0/{uuid4()}.parquet"
        s3.put_object(Bucket="lake", Key=path, Body=data)
        lines = [
            {"v": 1, "t": begin + number, "sch": 1, "f": 2},
            {"ts": "BIGINT", "event": "VARCHAR"},
            {"p": path, "b": len(data), "t": begin + number},
        ]
        s3.put_object(Bucket="lake", Key=f"{prefix}/_log/{begin + number}_bench.jsonl",
                      Body="\n".join(json.dumps(line) for line in lines).encode())

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(put, range(LONG_LOG)))


def answers(name: str) -> list[tuple]:
    """What our reader finds of what was left by either."""
    from icedb.engine import connection, quoted

    found = []
    for part in ("small", "large", "long"):
        where = quoted(f"s3://lake/{name}-{part}?endpoint={ENDPOINT}&region=us-east-1"
                       "&addressing=path&access_key_id=user&secret_access_key=password")
        found.append(connection().execute(
            f"SELECT count(*), sum(ts), count(DISTINCT p) FROM icedb_scan({where})").fetchone())
    return found


def run(name: str, python: str, package: Path) -> dict[str, float]:
    done = subprocess.run(
        [python, __file__, "--measure", name], check=True, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(package)},
    )
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--original", type=Path)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--measure")
    options = parser.parse_args()
    if options.measure:
        measure(options.measure)
        return
    sys.path.insert(0, str(OWN_PACKAGE))
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(PORT)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_server()
        urllib.request.urlopen(urllib.request.Request(f"{ENDPOINT}/lake", method="PUT")).close()
        for name in ("ours", "original") if options.original else ("ours",):
            make_long_log(f"{name}-long")
        ours = run("ours", sys.executable, OWN_PACKAGE)
        theirs = {}
        if options.original:
            theirs = run("original", options.python, options.original)
            found, expected = answers("ours"), answers("original")
            if found != expected:
                sys.exit(f"ours left {found} and the original {expected}")
        for what, took in ours.items():
            other = theirs.get(what)
            ratio = f", original {other:.3f} s, {other / took:.1f}x" if other else ""
            print(f"{what}: {took:.3f} s{ratio}")
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
