"""replicate."""

import json

import pytest


@pytest.fixture(name="table")
def make_table(cli):
    cli.ok("create", "db", "t", "--schema", "i INTEGER, s VARCHAR")
    cli.ok("query", "db", "INSERT INTO t SELECT i, 's' || i FROM range(3000) r(i)")
    cli.ok("create", "db", "other")
    return cli


def replica_sizes(cli):
    lines = cli.ok("replicate", "db", "t", "--status", "--format", "json").out.splitlines()
    return [json.loads(line)["replica_size_bytes"] for line in lines]


def test_replicates_what_asks_for_it(table):
    nothing = table.ok("replicate", "db", "--rows-min", "1000")
    assert nothing.out == (
        "replicated other: built 0 files of 0 bytes, kept 0, removed 0, skipped 0\n"
        "replicated t: built 0 files of 0 bytes, kept 0, removed 0, skipped 0\n")
    assert "nothing to do: tables get replicas that ask for them" in nothing.err
    assert "of data files of 1000 rows or more" in nothing.err
    table.ok("query", "db", "ALTER TABLE t SET (replica = 'duckdb')")
    assert replica_sizes(table) == [0]
    done = table.ok("replicate", "db", "t", "--rows-min", "1000").out
    assert done.startswith("replicated t: built 1 files of ")
    assert done.endswith(" bytes, kept 0, removed 0, skipped 0\n")
    assert replica_sizes(table)[0] > 1000
    assert "replica of" in table.ok("replicate", "db", "--status").out
    assert table.query("db", "SELECT sum(i) AS n FROM t") == [{"n": 4498500}]
    table.ok("query", "db", "DELETE FROM t WHERE i % 2 = 0")
    assert table.query("db", "SELECT count(*) AS n, min(s) AS s FROM t") == [
        {"n": 1500, "s": "s1"}]
    assert ", kept 1, " in table.ok("replicate", "db", "t", "--rows-min", "1000").out
    table.ok("query", "db", "ALTER TABLE t RESET (replica)")
    assert ", removed 1, " in table.ok("replicate", "db", "t").out
    assert replica_sizes(table) == [0]


def test_replicate_keeps_to_its_budget(table):
    table.ok("query", "db", "ALTER TABLE t SET (replica = 'duckdb')")
    row = json.loads(table.ok("replicate", "db", "t", "--rows-min", "1000", "--budget-mib", "0",
                              "--format", "json").out)
    assert row["built_files"] == 0 and row["skipped_files"] == 1


def test_replicate_names_what_is_wrong(table):
    assert "table" in table.fails("replicate", "db", "absent")
    table.fails("replicate", "db", "t", "--format", "xml", code=2)
