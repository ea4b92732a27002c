"""build-aggregates."""

import json


def test_builds_what_the_table_declares(cli):
    cli.ok("create", "db", "t", "--schema", "i INTEGER, g INTEGER")
    cli.ok("query", "db", "INSERT INTO t SELECT i, i % 3 FROM range(3000) r(i)")
    nothing = cli.ok("build-aggregates", "db", "t").out
    assert nothing == ("built aggregates of t: 0 declarations, 0 units computed, 0 kept, "
                       "0 bytes\n")
    cli.ok("query", "db", "ALTER TABLE t SET (aggregates = 'sum(i) by g; count(*)')")
    row = json.loads(cli.ok("build-aggregates", "db", "t", "--format", "json").out)
    assert (row["declarations"], row["computed_units"], row["kept_units"]) == (2, 1, 0)
    assert row["file_bytes"] > 0
    again = cli.ok("build-aggregates", "db", "t").out
    assert "2 declarations, 0 units computed, 1 kept" in again


def test_says_what_is_wrong(cli):
    cli.ok("create", "db", "t", "--schema", "i INTEGER")
    assert "table" in cli.fails("build-aggregates", "db", "absent")
    bad = cli.fails("query", "db", "ALTER TABLE t SET (aggregates = 'sum(j)')")
    assert 'table t: option aggregates: there is no column "j"; expected one of i' in bad
