"""The original beside ours, over an S3 server at localhost:9000, which its examples expect.

ICEFALL_ICEDB_ORIGINAL: a checkout of danthegoodman1/icedb. Its integration test, its examples and
the program in its README run as they are against our package, and api-flask.py and api-falcon.py
(where falcon is installed, or below PYTHONPATH) without an argument that the original has no more.
ICEFALL_ICEDB_PYTHON: an interpreter with duckdb 1.1.3, its
httpfs (PyPI: duckdb-extension-httpfs), pyarrow and boto3; with it both packages change a table in
turns, and after each step both read what is expected. ICEFALL_ICEDB_PROXY: the original's S3 proxy
(danthegoodman1/IceDBS3Proxy, built with Go and bound to 127.0.0.1); with it the same rows are read
through it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
OWN_PACKAGE = ROOT / "python"
ENDPOINT = "http://localhost:9000"
PROXY_PORT = 19346
PROGRAMS = (
    "integration_test", "examples/simple-full", "examples/materialized-view",
    "examples/custom-merge-aggregation", "examples/custom-merge-aggregation-with-custom-insert",
    "examples/custom-merge-replacing", "examples/verify-schema",
    "examples/continuous-merge-and-tombtone",
)


API_PLACES = {
    "api-flask": {"0.0.0.0": "127.0.0.1"},
    "api-falcon": {"make_server('', 8090": "make_server('127.0.0.1', int(os.environ['PORT'])"},
}


def environment(**more: str) -> dict[str, str]:
    """Of a program that uses our package."""
    paths = [str(OWN_PACKAGE), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)), **more}


def rows(number: int) -> list[dict[str, Any]]:
    return [{"ts": 100 * number + i, "user": "abc"[i % 3], "price": i / 4} for i in range(6)]


class Server:
    """versitygw over a directory."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.empty()
        self.process = subprocess.Popen(
            [shutil.which("versitygw") or "versitygw", "--port", "127.0.0.1:9000", "--access",
             "user", "--secret", "password", "posix", str(folder)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        wait_for(ENDPOINT, self.process)

    def empty(self) -> None:
        for bucket in ("testbucket", "testbucket-log"):
            shutil.rmtree(self.folder / bucket, ignore_errors=True)
            (self.folder / bucket).mkdir(parents=True)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(url).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            with contextlib.suppress(subprocess.TimeoutExpired):
                sys.exit(f"{url}: the server ended with status {process.wait(timeout=0.05)}")
    sys.exit(f"nothing answers at {url}")


class Worker:
    def __init__(self, name: str, python: str, package: Path, home: Path):
        self.process = subprocess.Popen(
            [python, str(Path(__file__).with_name("worker.py")), ENDPOINT, name], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(package), "HOME": str(home)},
        )

    def ask(self, operation: str, argument: Any = None) -> Any:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps([operation, argument]) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"{operation} {argument}: the worker stopped with {self.process.wait()}")
        return json.loads(answer)

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def without(expected: list[dict[str, Any]], user: str, ts_min: int) -> list[dict[str, Any]]:
    """The user's rows from `ts_min` on are gone."""
    return [row for row in expected if row["user"] != user or row["ts"] < ts_min]


def in_turns(ours: Worker, theirs: Worker, check_proxy: Any) -> None:
    """Each operation by each of the two; `expected` is computed here."""
    expected: list[dict[str, Any]] = []
    number = 0
    for worker, other in ((ours, theirs), (theirs, ours)):
        for by in (worker, other, worker):
            number += 1
            by.ask("insert", rows(number))
            expected += rows(number)
            compare(ours, theirs, expected, "insert")
        assert worker.ask("merge") is not None
        compare(ours, theirs, expected, "merge")
        other.ask("insert", rows(number := number + 1))
        expected += rows(number)
        worker.ask("rewrite", ["u=b", f"SELECT * FROM _rows WHERE ts < {100 * number}"])
        expected = without(expected, "b", 100 * number)
        compare(ours, theirs, expected, "rewrite")
        worker.ask("cleanup", 3_600_000)
        compare(ours, theirs, expected, "cleanup with grace")
        worker.ask("cleanup", 0)
        compare(ours, theirs, expected, "cleanup")
        check_proxy(expected)
    # Theirs loses other partitions' files in a cleanup after a removal: ours only.
    assert ours.ask("remove", "u=c") > 0
    expected = without(expected, "c", 0)
    compare(ours, theirs, expected, "removal")
    ours.ask("cleanup", 0)
    compare(ours, theirs, expected, "cleanup after a removal")


def tuples(expected: list[dict[str, Any]]) -> list[list[Any]]:
    return sorted([row["ts"], row["user"], row["price"]] for row in expected)


def compare(ours: Worker, theirs: Worker, expected: list[dict[str, Any]], after: str) -> None:
    wanted = tuples(expected)
    for name, worker in (("ours", ours), ("the original", theirs)):
        found = worker.ask("read")
        if sorted(found) != wanted:
            sys.exit(f"after {after} {name} reads {len(found)} rows, expected {len(wanted)}")
    print(f"{after}: {len(wanted)} rows, read by both")


def run_programs(original: Path, home: Path, server: Server) -> None:
    # Away from the package that stands beside them.
    copies = home / "programs"
    shutil.copytree(original / "examples", copies / "examples")
    shutil.copy(original / "integration_test.py", copies)
    for name in PROGRAMS:
        server.empty()
        program = copies / f"{name}.py"
        done = subprocess.run(
            [sys.executable, program.name], cwd=program.parent, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=environment(HOME=str(home)),
        )
        if done.returncode != 0:
            sys.exit(f"{name}: {done.stdout[-4000:]}")
        print(f"{name}: passed")


def run_readme(original: Path, home: Path, server: Server) -> None:
    """Its first program prints the table that stands below it."""
    blocks = (original / "README.md").read_text().split("```")[1::2]
    number = next(i for i, block in enumerate(blocks) if block.startswith("py"))
    program = home / "quick_start.py"
    program.write_text(blocks[number].removeprefix("py"))
    server.empty()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", program], text=True, check=False, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, env=environment(),
    )
    rows_of_table = [line for line in blocks[number + 1].splitlines() if line.startswith("│ user_")]
    if done.returncode != 0 or not set(rows_of_table[1:]) <= set(done.stdout.splitlines()):
        sys.exit(f"README's quick start: {done.stdout[-4000:]}")
    print("README's quick start: passed")


def run_api(name: str, places: dict[str, str], home: Path, server: Server) -> None:
    """What is posted to the example is inserted by its timer, and answered by its query.

    `places` say where the example listens, and here.
    """
    port = 19347
    examples = home / "programs/examples"
    text = (examples / f"{name}.py").read_text().replace("    format_row,\n", "")
    assert text.count("format_row") == 1, f"{name}.py: expected one more use of format_row"
    for there, here in places.items():
        assert there in text, f"{name}.py: expected {there}"
        text = text.replace(there, here)
    (examples / "api_now.py").write_text(text)
    server.empty()
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "api_now.py"], cwd=examples,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env=environment(PORT=str(port)),
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{url}/nothing", process)
        page = {"page_name": "P"}
        event = {"ts": 1686176939445, "event": "e", "user_id": "a", "properties": page}
        for body in (event, [event, {**event, "user_id": "b"}]):
            urllib.request.urlopen(urllib.request.Request(
                f"{url}/insert", json.dumps(body).encode(), {"Content-type": "application/json"}))
        for _ in range(600):
            answer = ""
            with contextlib.suppress(urllib.error.HTTPError):  # before the first insert
                answer = urllib.request.urlopen(f"{url}/query").read().decode()
            found = sorted(line.replace("│", " ").split() for line in answer.splitlines()
                           if " P " in line)
            if found == [["a", "2", "P"], ["b", "1", "P"]]:
                print(f"examples/{name}: passed")
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.1)
                break
        sys.exit(f"examples/{name}: answered {answer!r}")
    finally:
        process.kill()
        process.wait()


def start_proxy(program: str) -> subprocess.Popen[bytes]:
    """Shows the table at `events` of testbucket, which is opened for reading."""
    import boto3

    anyone = {"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject"],
              "Resource": ["arn:aws:s3:::testbucket/*"]}
    boto3.client("s3", endpoint_url=ENDPOINT, region_name="us-east-1", aws_access_key_id="user",
                 aws_secret_access_key="password").put_bucket_policy(
        Bucket="testbucket", Policy=json.dumps({"Version": "2012-10-17", "Statement": [anyone]}))
    process = subprocess.Popen(
        [program], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "HTTP_PORT": str(PROXY_PORT), "MY_HOST": "127.0.0.1",
             "AWS_KEY_ID": "user", "AWS_KEY_SECRET": "password", "AWS_REGION": "us-east-1",
             "S3_BUCKET": "testbucket", "S3_URL": "http://127.0.0.1:9000", "S3_USE_PATH": "1",
             "LOOKUP_URL": "http://127.0.0.1:1", "DEV_LOOKUP_PREFIX": "events"},
    )
    wait_for(f"http://127.0.0.1:{PROXY_PORT}/hc", process)
    return process


def read_through_proxy(expected: list[dict[str, Any]]) -> None:
    import duckdb

    connection = duckdb.connect()
    connection.execute("LOAD httpfs")
    connection.execute(
        "CREATE SECRET (TYPE s3, KEY_ID 'user', SECRET 'icepassword', USE_SSL false, ENDPOINT "
        f"'127.0.0.1:{PROXY_PORT}', URL_STYLE 'path', REGION 'us-east-1')")
    found = connection.execute(
        "SELECT ts, \"user\", price FROM read_parquet('s3://anything/**/*.parquet', union_by_name "
        "= true, hive_partitioning = false) ORDER BY ALL").fetchall()
    if [list(row) for row in found] != tuples(expected):
        sys.exit(f"through the original's proxy {len(found)} rows, expected {len(expected)}")
    print(f"through the original's proxy: {len(found)} rows")


def main() -> None:
    original = os.environ.get("ICEFALL_ICEDB_ORIGINAL")
    if not original:
        sys.exit("ICEFALL_ICEDB_ORIGINAL: expected a checkout of danthegoodman1/icedb")
    python = os.environ.get("ICEFALL_ICEDB_PYTHON")
    proxy = os.environ.get("ICEFALL_ICEDB_PROXY")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, "home")
        home.mkdir()
        os.environ["HOME"] = str(home)
        sys.path.insert(0, str(OWN_PACKAGE))
        from worker import install_httpfs

        install_httpfs()
        server = Server(Path(folder, "objects"))
        processes: list[Any] = []
        try:
            run_programs(Path(original), home, server)
            run_readme(Path(original), home, server)
            for name, places in API_PLACES.items():
                if importlib.util.find_spec(name.removeprefix("api-")) is not None:
                    run_api(name, places, home, server)
                else:
                    print(f"examples/{name}: not run, because its framework is not installed")
            server.empty()
            if not python:
                print("not in turns with the original: ICEFALL_ICEDB_PYTHON is not set")
                return
            ours = Worker("ours", sys.executable, OWN_PACKAGE, home)
            theirs = Worker("theirs", python, Path(original), home)
            processes += [ours, theirs]
            if proxy:
                processes.append(start_proxy(proxy))
            in_turns(ours, theirs, read_through_proxy if proxy else lambda expected: None)
        finally:
            for process in processes:
                if isinstance(process, Worker):
                    process.stop()
                else:
                    process.terminate()
                    process.wait()
            server.stop()


if __name__ == "__main__":
    main()
