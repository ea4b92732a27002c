"""Tables in IceDB's format: query, and the icedb command."""

import json

import pytest


@pytest.fixture(name="table")
def make_table(cli):
    cli.ok("create", "db", "t", "--schema", "i INTEGER")
    location = cli.folder / "lake" / "events"
    cli.ok("query", "db", f"ATTACH '{location}' AS x (TYPE icefall, FORMAT icedb, "
                          "PARTITION_BY 'k = identity(s)');"
                          "CREATE TABLE x.events (i BIGINT, s VARCHAR);"
                          "INSERT INTO x.events (i, s) VALUES (1, 'a'), (2, 'b');"
                          "INSERT INTO x.events (i, s) VALUES (3, 'a')")
    return cli


def rows(result):
    return [json.loads(line) for line in result.out.splitlines()]


def test_query_finds_the_table(table):
    assert table.query("lake/events", "SELECT i, k FROM events ORDER BY i") == [
        {"i": 1, "k": "a"}, {"i": 2, "k": "b"}, {"i": 3, "k": "a"}]
    table.ok("query", "lake/events", "DELETE FROM events WHERE i = 2")
    assert table.query("lake/events", "SELECT count(*) AS n FROM events") == [{"n": 2}]
    assert "snapshot" in table.fails("query", "lake/events", "SELECT 1", "--snapshot", "1")


def test_maintenance(table):
    call = lambda *arguments: rows(table.ok("icedb", *arguments))
    assert {row["partition"] for row in call("files", "lake/events")} == {"k=a", "k=b"}
    assert call("options", "lake/events", "--partition-by", "k = s", "--sort", "i DESC")[0][
        "partition_by"] == "k = s"
    merged = call("merge", "lake/events", "--all")
    assert [row["partition"] for row in merged] == ["k=a", None]
    assert len(merged[0]["old_files"]) == 2 and len(merged[0]["new_files"]) == 1
    call("rewrite", "lake/events", "k=a", "SELECT * FROM _rows WHERE i > 1")
    call("remove", "lake/events", "k=b")
    assert table.query("lake/events", "SELECT i FROM events") == [{"i": 3}]
    done = call("cleanup", "lake/events", "--min-age-ms", "0")[0]
    assert len(done["deleted_files"]) == 4
    # That of CREATE TABLE, which no maintenance had to replace, and that of the cleanup.
    left = [row["merged"] for row in call("logs", "lake/events") if row["exists"]]
    assert left == [False, True]
    assert call("repair", "lake/events", "--type", "i=DOUBLE")[0]["log"]
    assert call("columns", "lake/events")[0]["type"] == "DOUBLE"
    (table.folder / "lake/events/_data/k=a/orphan.parquet").write_bytes(b"x")
    assert len(call("orphans", "lake/events", "--min-age-ms", "-1000")[0]["files"]) == 1
    assert len(call("orphans", "lake/events", "--min-age-ms", "-1000", "--delete")[0]["files"]) == 1
    assert call("orphans", "lake/events", "--min-age-ms", "-1000")[0]["files"] == []
    assert call("merge-logs", "lake/events")[0]["log"] is None


def test_bad_input(table):
    assert "not an IcefallDB database" in table.fails("icedb", "files", "lake")
    assert "does not exist" in table.fails("icedb", "files", "none")
    table.fails("icedb", code=2)
    table.fails("icedb", "merge", "lake/events", "--all", "--format", "csv", code=2)
    assert "adds column" in table.fails(
        "icedb", "rewrite", "lake/events", "k=a", "SELECT *, 1 AS more FROM _rows")
