"""Small and large inserts, reads of a long log and a merge: the icedb package over an S3 server.

With --original DIR, a checkout of danthegoodman1/icedb, the same against the original, whose DuckDB
must find httpfs. The rows are compared before times are printed.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))

PORT = 19321
ENDPOINT = f"http://127.0.0.1:{PORT}"
ARGUMENTS = ("lake", "us-east-1", ENDPOINT, "user", "password")


def wait_for_server() -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(ENDPOINT).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit("the S3 server does not answer")


def seconds(work) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def measure(package, log_module, name: str) -> None:
    client = log_module.S3Client(name, *ARGUMENTS)
    ice = package.IceDBv3(
        lambda row: f"p={row['ts'] % 2}", ["ts"], "us-east-1", "user", "password", ENDPOINT,
        client, "bench", s3_use_path=True,
    )
    small = [{"ts": number, "event": "load", "user": "a"} for number in range(3)]
    ice.insert(small)
    times = [seconds(lambda: ice.insert(small)) for _ in range(100)]
    median_ms = statistics.median(times) * 1000
    print(f"{name}: insert of 3 rows: median {median_ms:.1f} ms, 100 of them {sum(times):.2f} s")
    io = log_module.IceLogIO("bench")
    now = round(time.time() * 1000) + 1000
    files = io.read_at_max_time(client, now)[1]
    assert sum(1 for file in files if file.tombstone is None) == 202
    reading = seconds(lambda: io.read_at_max_time(client, now))
    print(f"{name}: read of 101 log files: {reading:.3f} s")
    merged = seconds(lambda: ice.merge(max_file_count=2000, max_file_size=10**9))
    print(f"{name}: merge of 101 files: {merged:.2f} s")
    rows = [{"ts": n, "a": n * 2, "b": n * 0.5, "c": f"t{n % 100}", "d": "x", "e": n, "f": n}
            for n in range(500_000)]
    large = package.IceDBv3(
        lambda row: f"p={row['ts'] % 16}", ["ts"], "us-east-1", "user", "password", ENDPOINT,
        log_module.S3Client(f"{name}-large", *ARGUMENTS), "bench", s3_use_path=True,
    )
    took = seconds(lambda: large.insert(rows))
    print(f"{name}: 500,000 rows in 16 partitions: {took:.2f} s, {500_000 / took:,.0f} rows/s")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--original", type=Path)
    options = parser.parse_args()
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(PORT)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_server()
        urllib.request.urlopen(urllib.request.Request(f"{ENDPOINT}/lake", method="PUT")).close()
        import icedb
        import icedb.log

        measure(icedb, icedb.log, "ours")
        if options.original:
            for name in [name for name in sys.modules if name.split(".")[0] == "icedb"]:
                del sys.modules[name]
            sys.path.insert(0, str(options.original))
            import icedb
            import icedb.log

            measure(icedb, icedb.log, "original")
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
