"""Processes that are killed while they change what is in a bucket; see run.sh.

Whatever was acknowledged is there, once, and maintenance goes on.
"""

import json
import os
import random
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

BUCKET, _, OPTIONS = os.environ["ICEFALL_TEST_S3"].partition("?")
WRITER_COUNT = 4
KILL_COUNT = 6  # of each writer
ROWS_PER_PROCESS = 30


class Cli:
    def __init__(self, prefix):
        self.url = f"s3:{BUCKET}/{prefix}?{OPTIONS}"

    def start(self, *arguments):
        return subprocess.Popen([os.environ["ICEFALLDB"], *arguments], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, *arguments):
        process = self.start(*arguments)
        output, errors = process.communicate()
        assert process.returncode == 0, errors
        return output

    def query(self, sql, *flags):
        lines = self.run("query", "--format", "ndjson", *flags, self.url, sql).splitlines()
        return [json.loads(line) for line in lines]

    def maintenance(self, operation):
        more = ["--min-age-ms", "0"] if operation == "cleanup" else []
        return ["icedb", operation, *more, self.url]

    def insert_until_killed(self, table, first, acknowledged_max):
        """The rows that were acknowledged, of those from `first` on."""
        values = "; ".join(f"INSERT INTO {table} VALUES ({i}, 'x')"
                           for i in range(first, first + ROWS_PER_PROCESS))
        process = self.start("query", self.url, values)
        lines = [process.stderr.readline() for _ in range(acknowledged_max)]
        process.kill()
        lines += process.stderr.read().splitlines()
        process.communicate()
        assert all("row(s) affected" in line for line in lines), lines
        return range(first, first + len(lines))


def kill_writers(cli, table):
    """Rows that were acknowledged, and those that were tried."""
    def write(writer):
        chance = random.Random(writer)
        acknowledged, tried = [], []
        for attempt in range(KILL_COUNT):
            first = (writer * KILL_COUNT + attempt) * ROWS_PER_PROCESS
            rows = cli.insert_until_killed(table, first, chance.randint(1, ROWS_PER_PROCESS // 2))
            acknowledged += rows
            tried += range(first, first + len(rows) + 1)  # the last one was under way
        return acknowledged, tried

    with ThreadPoolExecutor(WRITER_COUNT) as threads:
        done = list(threads.map(write, range(WRITER_COUNT)))
    return [sum((part[i] for part in done), []) for i in range(2)]


def check_rows(cli, table, acknowledged, tried):
    found = [row["i"] for row in cli.query(f"SELECT i FROM {table} ORDER BY i")]
    assert len(found) == len(set(found)), "a row is there twice"
    lost, unknown = set(acknowledged) - set(found), set(found) - set(tried)
    assert not lost and not unknown, (sorted(lost), sorted(unknown))
    return found


def test_writers_of_a_database():
    cli = Cli("killed")
    cli.query("CREATE TABLE t (i INTEGER PRIMARY KEY, s VARCHAR)", "--create")
    rows = kill_writers(cli, "t")
    found = check_rows(cli, "t", *rows)
    cli.run("check", cli.url)
    cli.run("compact", cli.url, "t")
    assert check_rows(cli, "t", *rows) == found


def test_writers_and_maintenance_of_an_icedb_table():
    cli = Cli("lake/killed")
    database = f"ATTACH '{cli.url}' AS ice (TYPE icefall, FORMAT icedb)"
    subprocess.run([os.environ["ICEFALLDB"], "query", "--create", f"s3:{BUCKET}/other?{OPTIONS}",
                    f"{database}; CREATE TABLE ice.killed (i INTEGER, s VARCHAR)"], check=True)
    rows = kill_writers(cli, "killed")
    found = check_rows(cli, "killed", *rows)
    chance = random.Random(1)
    for attempt in range(20):
        process = cli.start(*cli.maintenance(["merge", "merge-logs", "cleanup"][attempt % 3]))
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=chance.uniform(0.02, 0.2))
        process.kill()
        process.communicate()
        assert check_rows(cli, "killed", *rows) == found
    for operation in ("merge", "cleanup"):
        cli.run(*cli.maintenance(operation))
    assert check_rows(cli, "killed", *rows) == found


def test_a_wrong_secret_is_refused():
    cli = Cli("killed")
    cli.url = cli.url.replace("secret_access_key=", "secret_access_key=not-")
    with pytest.raises(AssertionError, match="SignatureDoesNotMatch"):
        cli.query("SELECT 1")
