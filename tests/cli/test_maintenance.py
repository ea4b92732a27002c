"""compact, optimize, gc."""

import json
import subprocess

import pytest

from conftest import BINARY


@pytest.fixture(name="table")
def make_table(cli):
    cli.ok("create", "db", "t", "--schema", "i INTEGER, s VARCHAR")
    for start in range(0, 1000, 200):
        cli.ok("query", "db",
               f"INSERT INTO t SELECT 1000 - i, 'x' FROM range({start}, {start + 200}) r(i)")
    cli.ok("query", "db", "DELETE FROM t WHERE i % 10 = 0")
    return cli


def contents(cli):
    return cli.query("db", "SELECT rowid, i, s FROM t ORDER BY rowid")


def test_compact_says_what_it_did(table):
    before = contents(table)
    done = table.ok("compact", "db", "t")
    assert done.out == ("compacted t: 5 input row groups -> 1 output row groups, "
                        "1000 rows -> 900 rows\n")
    assert contents(table) == before
    assert table.ok("compact", "db", "t").out.endswith("900 rows -> 900 rows\n")
    assert len(table.ok("snapshots", "db", "t").out.splitlines()) == 8


def test_compact_as_json(table):
    row = json.loads(table.ok("compact", "db", "t", "--format", "json").out)
    assert row["files_before"] == 5 and row["files_after"] == 1
    assert row["rows_before"] == 1000 and row["bytes_after"] > 0


def test_optimize_sorts_and_retains(table):
    before = contents(table)
    done = table.ok("optimize", "db", "t", "--retain-snapshots", "1", "--sort", "i")
    assert done.out == ("optimized t: 5 input row groups -> 1 output row groups, "
                        "1000 rows -> 900 rows, deleted 5 files, retained snapshots [8]\n")
    assert contents(table) == before
    rows = table.query("db", "SELECT i FROM t ORDER BY file_row_number")
    assert rows == sorted(rows, key=lambda row: row["i"])
    assert "found versions 8" in table.fails("query", "db", "SELECT * FROM t AT (VERSION => 2)")


def test_optimize_retains_the_newest_alone(table):
    done = table.ok("optimize", "db", "t")
    assert done.out.endswith("deleted 5 files, retained snapshots [8]\n")
    table.fails("query", "db", "SELECT * FROM t AT (VERSION => 2)")


def test_optimize_along_a_z_curve(table):
    before = contents(table)
    table.ok("optimize", "db", "t", "--zorder", "i,s")
    assert contents(table) == before


def test_gc_retains(table):
    table.ok("compact", "db", "t")
    dry = table.ok("gc", "db", "t", "--retain-snapshots", "1", "--dry-run").out
    assert dry == "gc dry run: deleted 5 files, retained snapshots [8]\n"
    assert table.ok("gc", "db", "t", "--older-than", "1d").out == (
        "gc completed: deleted 0 files, retained snapshots [8, 7, 6, 5, 4, 3, 2, 1]\n")
    assert table.ok("gc", "db", "t").out == (
        "gc completed: deleted 0 files, retained snapshots [8, 7, 6]\n")
    # With the manifest of snapshot 6.
    assert table.ok("gc", "db", "t", "--retain-snapshots", "1").out == (
        "gc completed: deleted 6 files, retained snapshots [8]\n")
    assert len(table.ok("snapshots", "db", "t").out.splitlines()) == 1
    assert len(contents(table)) == 900
    assert table.ok("check", "db", "t", "--data").out.endswith("check passed\n")


@pytest.mark.parametrize("command", ["compact", "optimize", "gc"])
def test_a_missing_table_is_named(cli, command):
    cli.ok("create", "db", "t")
    assert "table 'u' not found" in cli.fails(command, "db", "u")
    assert "Example" in cli.ok(command, "--help").out or "icefalldb " + command in cli.ok(
        command, "--help").out


def test_what_is_not_understood_is_usage(table):
    table.fails("gc", "db", "t", "--older-than", "soon", code=2)
    table.fails("optimize", "db", "t", "--sort", "i", "--zorder", "i", code=2)
    table.fails("compact", "db", "t", "--format", "xml", code=2)


def test_a_killed_compaction_leaves_the_old_state(cli):
    cli.ok("create", "db", "t", "--schema", "i BIGINT, h VARCHAR")
    for start in (0, 500_000):
        cli.ok("query", "db", "INSERT INTO t SELECT i, md5(i::VARCHAR) "
                              f"FROM range({start}, {start + 500_000}) r(i)")
    cli.ok("query", "db", "DELETE FROM t WHERE i % 7 = 0")
    summary = "SELECT count(*) AS n, sum(i) AS s, sum(rowid) AS r FROM t"
    before = cli.query("db", summary)
    data = cli.folder / "db" / "t" / "data"
    with subprocess.Popen([BINARY, "compact", "db", "t"], cwd=cli.folder) as running:
        while len(list(data.iterdir())) < 3 and running.poll() is None:
            pass
        running.kill()
    assert cli.query("db", summary) == before
    assert cli.ok("check", "db", "t").out.endswith("check passed\n")
    cli.ok("compact", "db", "t")
    cli.ok("gc", "db", "t", "--retain-snapshots", "1")
    assert cli.query("db", summary) == before


def test_gc_of_a_dropped_table(cli):
    cli.ok("create", "db", "t", "--schema", "i BIGINT")
    cli.ok("query", "db", "INSERT INTO t SELECT range FROM range(100000)")
    cli.ok("drop-table", "db", "t")
    directory = cli.folder / "db" / "t"
    assert cli.ok("gc", "db", "t", "--older-than", "1d").out == (
        "gc completed: deleted 0 files, retained snapshots []\n")
    assert any(directory.rglob("*.parquet"))
    assert "deleted 0 files" not in cli.ok("gc", "db", "t").out
    assert not any(directory.rglob("*.parquet"))
    cli.fails("gc", "db", "never")
