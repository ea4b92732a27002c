"""Small and large inserts, reads of a long log and a large merge: the icedb package over an S3
server.

With --original DIR, a checkout of danthegoodman1/icedb, the same against the original, run by
--python: an interpreter with duckdb 1.1.3, its httpfs (PyPI: duckdb-extension-httpfs), pyarrow and
boto3. Each run is a process with tables of its own; medians are printed. What the two left in the
bucket is compared before times are printed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator
from uuid import uuid4

PORT = 19321
ENDPOINT = f"http://127.0.0.1:{PORT}"
ARGUMENTS = ("lake", "us-east-1", ENDPOINT, "user", "password")
OWN_PACKAGE = Path(__file__).resolve().parents[2] / "python"
LONG_LOG = 2000
LARGE_ROWS = 500_000
SMALL_INSERTS = 50
LARGE_INSERTS = 3
COLUMNS = ("original, s", "IcefallDB, s", "original / IcefallDB")


def seconds(work: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def install_httpfs() -> None:
    """Where `install httpfs` of the original finds it: the home of this process."""
    import duckdb
    import duckdb_extension_httpfs

    (file,) = Path(duckdb_extension_httpfs.__file__).parent.glob("extensions/*/*.duckdb_extension")
    duckdb.connect().execute(f"INSTALL '{file}'")


def table(package: Any, log_module: Any, name: str, partitions: int) -> Any:
    return package.IceDBv3(
        lambda row: f"p={row['ts'] % partitions}", ["ts"], "us-east-1", "user", "password",
        ENDPOINT, log_module.S3Client(name, *ARGUMENTS), "bench", s3_use_path=True,
    )


def count_by_files(ice: Any, log_module: Any) -> Any:
    """As the original's README reads a table."""
    now = round(time.time() * 1000) + 1000
    _, files, _, _ = log_module.IceLogIO("bench").read_at_max_time(ice.log_s3c, now)
    paths = [f"s3://lake/{file.path}" for file in files if file.tombstone is None]
    sql = f"SELECT count(*), sum(ts) FROM read_parquet({paths})"
    return ice.get_duckdb().execute(sql).fetchone()


def measure(name: str) -> None:
    """In a process of its own; prints a JSON object of seconds."""
    import icedb
    import icedb.log
    import pyarrow as pa

    ours = name.startswith("ours")
    if not ours:
        install_httpfs()
    times = {}
    small = table(icedb, icedb.log, f"{name}-small", 2)
    rows = [{"ts": number, "event": "load", "user": "a"} for number in range(3)]
    small.insert(rows)
    times["insert of 3 rows, 2 partitions"] = statistics.median(
        seconds(lambda: small.insert(rows)) for _ in range(SMALL_INSERTS)
    )
    many = [{"ts": n, "a": n * 2, "b": n * 0.5, "c": f"t{n % 100}", "d": "x", "e": n, "f": n}
            for n in range(LARGE_ROWS)]
    large = table(icedb, icedb.log, f"{name}-large", 16)
    large.insert(many)
    times[f"insert of {LARGE_ROWS:,} dicts, 16 partitions"] = statistics.median(
        seconds(lambda: large.insert(many)) for _ in range(LARGE_INSERTS)
    )
    arrow = pa.Table.from_pylist(many)
    del many
    other = table(icedb, icedb.log, f"{name}-arrow", 16)
    if ours:
        other.partition_function = icedb.partition_by(p=icedb.bucket(16, "ts"))
    other.insert(arrow if ours else arrow.to_pylist())
    times[f"insert of {LARGE_ROWS:,} rows of an Arrow table"] = statistics.median(
        seconds(lambda: other.insert(arrow if ours else arrow.to_pylist()))
        for _ in range(LARGE_INSERTS)
    )
    long = table(icedb, icedb.log, f"{name}-long", 2)
    io = icedb.log.IceLogIO("bench")

    def read() -> Any:
        return io.read_at_max_time(long.log_s3c, round(time.time() * 1000) + 1000)

    times[f"list of files, {LONG_LOG:,} inserts in the log"] = seconds(read)
    times["the same, once more"] = seconds(read)
    times[f"count and sum over {LONG_LOG:,} files"] = seconds(
        (lambda: long.query("SELECT count(*), sum(ts) FROM _rows").fetchone())
        if ours else lambda: count_by_files(long, icedb.log)
    )
    times[f"merge of {LONG_LOG:,} files"] = seconds(
        lambda: long.merge(max_file_count=LONG_LOG, max_file_size=10**9)
    )
    times["list of files after the merge"] = seconds(read)
    times["cleanup of all that was merged"] = seconds(lambda: long.tombstone_cleanup(0))
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
    for part in ("small", "large", "arrow", "long"):
        where = quoted(f"s3://lake/{name}-{part}?endpoint={ENDPOINT}&region=us-east-1"
                       "&addressing=path&access_key_id=user&secret_access_key=password")
        found.append(connection().execute(
            f"SELECT count(*), sum(ts), count(DISTINCT p) FROM icedb_scan({where})").fetchone())
    return found


def run(name: str, python: str, package: Path, home: str) -> dict[str, float]:
    done = subprocess.run(
        [python, __file__, "--measure", name], check=True, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(package), "HOME": home},
    )
    return json.loads(done.stdout.splitlines()[-1])


@contextmanager
def server(program: str, folder: Path) -> Iterator[None]:
    """An S3 server with an empty bucket."""
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(PORT)]
    if program != "moto":
        (folder / "lake").mkdir()
        # S3 keeps connections; this server does so when it is told to.
        command = [program, "--port", f"127.0.0.1:{PORT}", "--access", "user", "--secret",
                   "password", "--keep-alive", "--quiet", "posix", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(ENDPOINT).close()
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                time.sleep(0.05)
        else:
            sys.exit("the S3 server does not answer")
        if program == "moto":
            urllib.request.urlopen(urllib.request.Request(f"{ENDPOINT}/lake", method="PUT")).close()
        yield
    finally:
        process.terminate()
        process.wait()


def report(ours: list[dict[str, float]], theirs: list[dict[str, float]]) -> None:
    columns = COLUMNS if theirs else COLUMNS[1:2]
    print(f"| | {' | '.join(columns)} |")
    print(f"|---{'|---' * len(columns)}|")
    for what in ours[0]:
        took = statistics.median(times[what] for times in ours)
        cells = [f"{took:.4f}"]
        if theirs:
            other = statistics.median(times[what] for times in theirs)
            cells = [f"{other:.4f}", *cells, f"{other / took:.1f}"]
        print(f"| {what} | {' | '.join(cells)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--original", type=Path)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--server", default=shutil.which("versitygw") or "moto",
                        help="versitygw's program, or moto")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure)
        return
    sys.path.insert(0, str(OWN_PACKAGE))
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder, server(options.server, Path(folder)):
        for number in range(options.runs):
            name = f"ours{number}"
            make_long_log(f"{name}-long")
            ours.append(run(name, sys.executable, OWN_PACKAGE, folder))
            if not options.original:
                continue
            other = f"original{number}"
            make_long_log(f"{other}-long")
            theirs.append(run(other, options.python, options.original, folder))
            found, expected = answers(name), answers(other)
            if found != expected:
                sys.exit(f"ours left {found} and the original {expected}")
    report(ours, theirs)


if __name__ == "__main__":
    main()
