"""What the runner lets pass, and what it must not."""

import os
import subprocess
from pathlib import Path

import pytest
from skip_list import read_skip_list

RUNNER = Path(os.environ["ICEFALL_BUILD_DIR"]) / "tests/sqllogic/icefall_sqllogictest"
PASSED, FAILED, SKIPPED = 0, 1, 3

TABLE = """
statement ok
CREATE TABLE t AS SELECT i, 'x' || i AS s FROM range(3) r(i)
"""


@pytest.fixture(name="run")
def run_fixture(tmp_path):
    def run(script, *arguments):
        file = tmp_path / "script.test"
        file.write_text(script, encoding="utf-8")
        done = subprocess.run(
            [RUNNER, *arguments, file], capture_output=True, text=True, check=False, timeout=60
        )
        return done.returncode, done.stdout

    return run


PASSING = {
    "rows with tabs": TABLE + "\nquery IT\nFROM t ORDER BY i\n----\n0\tx0\n1\tx1\n2\tx2\n",
    "a value a line": TABLE + "\nquery IT\nFROM t WHERE i = 1\n----\n1\nx1\n",
    "rowsort": TABLE + "\nquery I rowsort\nSELECT i FROM t ORDER BY i DESC\n----\n0\n1\n2\n",
    "valuesort": TABLE + "\nquery IT valuesort\nFROM t WHERE i < 2\n----\n0\n1\nx0\nx1\n",
    "null, empty, truth": "query TTT\nSELECT NULL, '', true\n----\nNULL\t(empty)\t1\n",
    "truth in words": "query T\nSELECT true\n----\nTrue\n",
    "floats nearly equal": "query R\nSELECT 0.1::DOUBLE + 0.2::DOUBLE\n----\n0.3\n",
    "value by pattern": "query T\nSELECT 'a\nb'\n----\n<REGEX>:a.*b\n",
    "value by counter-pattern": "query T\nSELECT 'abc'\n----\n<!REGEX>:.*x.*\n",
    "hash": "query I\nSELECT 42\n----\n1 values hashing to 50a2fabfdd276f573ff97ace8b11c5f4\n",
    "label": "query I nosort l\nSELECT 1\n----\n\nquery I nosort l\nSELECT 2 - 1\n----\n",
    "label reset": "query I nosort l\nSELECT 1\n----\n\nreset label l\n\n"
    "query I nosort l\nSELECT 2\n----\n",
    "error by part": "statement error\nFROM missing\n----\ndoes not exist\n",
    "error by pattern": "statement error\nFROM missing\n----\n<REGEX>:Catalog Error.*missing.*\n",
    "maybe": "statement maybe\nFROM missing\n----\nmissing\n\nstatement maybe\nSELECT 1\n----\nx\n",
    "loop": TABLE + "\nloop i 3 6\n\nstatement ok\nINSERT INTO t VALUES (${i}, NULL)\n\nendloop\n\n"
    "query I\nSELECT sum(i) FROM t\n----\n15\n",
    "nested foreach": "foreach type <signed> !hugeint\n\nforeach a,b 1,2 2,3\n\nquery I\n"
    "SELECT ({b} - {a})::${type}\n----\n1\n\nendloop\n\nendloop\n",
    "condition on a loop": "loop i 0 4\n\nskipif i>=2\nstatement ok\nSELECT 1\n\n"
    "onlyif i>=2\nstatement error\nFROM missing_{i}\n----\nmissing_{i}\n\nendloop\n",
    "continue": "loop i 0 2\n\nonlyif i=0\ncontinue\n\nquery I\nSELECT {i}\n----\n1\n\nendloop\n",
    "concurrent loop": TABLE + "\nconcurrentloop i 0 8\n\nstatement ok\n"
    "INSERT INTO t VALUES ({i}, 'c')"
    "\n\nendloop\n\nquery I\nSELECT count(*) FROM t\n----\n11\n",
    "concurrent foreach": TABLE + "\nconcurrentforeach s a b\n\nstatement ok\n"
    "INSERT INTO t VALUES (9, '{s}')\n\nendloop\n\nquery T\n"
    "SELECT s FROM t WHERE i = 9 ORDER BY s\n----\na\nb\n",
    "restart": "load __TEST_DIR__/named.db\n" + TABLE + "\nrestart\n\nquery TI\n"
    "SELECT current_database(), count(*) FROM named.t\n----\nnamed\t3\n",
    "read-only": "load __TEST_DIR__/named.db\n" + TABLE + "\nload __TEST_DIR__/named.db readonly\n"
    "\n"
    "statement error\nDELETE FROM t\n----\nread-only\n\nquery I\nSELECT count(*) FROM t\n----\n3\n",
    "load empties": "load __TEST_DIR__/named.db\n" + TABLE + "\nload __TEST_DIR__/named.db\n\n"
    "statement error\nFROM t\n----\nt does not exist\n",
    "reconnect": TABLE + "\nstatement ok\nBEGIN\n\nstatement ok\nDELETE FROM t\n\nreconnect\n\n"
    "query I\nSELECT count(*) FROM t\n----\n3\n",
    "connections": TABLE + "\nstatement ok con1\nBEGIN\n\nstatement ok con1\nDELETE FROM t\n\n"
    "query I con1"
    "\nSELECT count(*) FROM t\n----\n0\n\nquery I\nSELECT count(*) FROM t\n----\n3\n",
    "skipped part": "mode skip\n\nstatement ok\nnonsense\n\nmode unskip\n\nstatement ok\n"
    "SELECT 1\n",
    "halt": "halt\n\nstatement ok\nnonsense\n",
    "other systems": "skipif duckdb\nstatement ok\nnonsense\n\nonlyif mysql\nstatement ok\n"
    "nonsense\n",
    "seed": "set seed 0.5\n\nquery I nosort r\nSELECT random()\n----\n\nset seed 0.5\n\n"
    "query I nosort r\nSELECT random()\n----\n",
    "sleep": "sleep 1 millisecond\n",
    "expected rows in a file": TABLE + "\nstatement ok\n"
    "COPY t TO '__TEST_DIR__/e.csv' (DELIMITER '|')\n\n"
    "query IT\nFROM t\n----\n<FILE>:__TEST_DIR__/e.csv\n",
    "environment": "test-env GREETING hello\n\nquery T\nSELECT '{GREETING}'\n----\nhello\n",
    "requirements": "require parquet\n\nrequire vector_size 2048\n\nstatement ok\nSELECT 1\n",
}

FAILING = {
    "unexpected error": "statement ok\nFROM missing\n",
    "missing error": "statement error\nSELECT 1\n----\nanything\n",
    "other error": "statement error\nFROM missing\n----\nsyntax error\n",
    "error without message": "statement error\nFROM missing\n",
    "wrong value": "query I\nSELECT 1\n----\n2\n",
    "wrong case": "query T\nSELECT 'a'\n----\nA\n",
    "too few rows": "query I\nFROM range(2)\n----\n0\n",
    "too many rows": "query I\nFROM range(1)\n----\n0\n1\n",
    "wrong column count": "query I\nSELECT 1, 2\n----\n1\t2\n",
    "wrong order": "query I\nSELECT * FROM range(2) r(i) ORDER BY i DESC\n----\n0\n1\n",
    "wrong hash": "query I\nSELECT 41\n----\n"
    "1 values hashing to 50a2fabfdd276f573ff97ace8b11c5f4\n",
    "wrong label": "query I nosort l\nSELECT 1\n----\n\nquery I nosort l\nSELECT 2\n----\n",
    "wrong pattern": "query T\nSELECT 'abc'\n----\n<REGEX>:b\n",
    "float off": "query R\nSELECT 0.5::DOUBLE\n----\n0.6\n",
    "unknown command": "stament ok\nSELECT 1\n",
    "missing endloop": "loop i 0 2\n\nstatement ok\nSELECT 1\n",
    "failure in a thread": "concurrentloop i 0 4\n\nstatement ok\nFROM missing\n\nendloop\n",
    "failure in the last turn": "loop i 0 3\n\nquery T\nSELECT {i} < 2\n----\ntrue\n\nendloop\n",
}

SKIPPING = {
    "missing extension": "require no_such_extension\n\nstatement ok\nnonsense\n",
    "missing variable": "require-env NO_SUCH_VARIABLE\n\nstatement ok\nnonsense\n",
    "ignored error": "set ignore_error_messages Out of luck, missing\n\nstatement ok\n"
    "FROM missing\n",
}


@pytest.mark.parametrize("script", PASSING.values(), ids=PASSING.keys())
def test_passes(run, script):
    assert run(script) == (PASSED, "")
    assert run(script, "--duckdb") == (PASSED, "")


@pytest.mark.parametrize("script", FAILING.values(), ids=FAILING.keys())
def test_fails(run, script):
    assert run(script)[0] == FAILED
    assert run(script, "--duckdb")[0] == FAILED


@pytest.mark.parametrize("script", SKIPPING.values(), ids=SKIPPING.keys())
def test_skips(run, script):
    assert run(script)[0] == SKIPPED


def test_names_place_and_statement(run):
    code, text = run("# a comment\nquery I\nSELECT 40 + 2\n----\n41\n")
    assert code == FAILED
    assert ":2: row 1, column (40 + 2): expected 41, found 42" in text
    assert "SELECT 40 + 2" in text


def test_any_order_is_only_for_queries_without_order_by(run):
    unordered = "query I\nSELECT * FROM (VALUES (2), (1)) t(i){}\n----\n1\n2\n"
    assert run(unordered.format(""))[0] == FAILED
    assert run(unordered.format(""), "--any-order")[0] == PASSED
    assert run(unordered.format(" ORDER BY -i"), "--any-order")[0] == FAILED


def test_messages_end_a_file_where_they_were_found_or_expected(run):
    unlike = (
        "statement ok\nFROM missing\n",
        "statement error\nSELECT 1\n----\nmissing\n",
        "statement error\nFROM absent\n----\nmissing\n",
        "query T\nSELECT 'a'\n----\nmissing\n",
        "query T\nSELECT 'missing'\n----\na\n",
    )
    for script in unlike:
        assert run(script)[0] == FAILED
        assert run(script, "--skip-message", "other words")[0] == FAILED
        code, text = run(script, "--skip-message", "missing")
        assert code == SKIPPED
        assert "message: missing" in text
    right = "query T\nSELECT 'missing'\n----\nmissing\n"
    assert run(right, "--skip-message", "missing")[0] == PASSED


def test_runs_on_an_icefall_database(run):
    script = (
        "query T\nSELECT type FROM duckdb_databases() WHERE NOT internal\n----\n{}\n\n"
        "onlyif icefall\nstatement ok\nFROM icefall_snapshots('t')\n\n"
        "skipif icefall\nstatement error\nFROM icefall_snapshots('t')\n----\nicefall_snapshots\n"
    )
    table = TABLE.strip() + "\n\n"
    assert run(table + script.format("icefall"))[0] == PASSED
    assert run(table + script.format("duckdb"), "--duckdb")[0] == PASSED


def test_skip_list_needs_reasons_and_has_a_limit(tmp_path):
    file = tmp_path / "skips.txt"
    file.write_text('# why\ntest/sql/storage its own files\n"no such thing" not ours\n')
    skips = read_skip_list(file)
    assert skips.reason("test/sql/storage/a.test") == "its own files"
    assert skips.reason("test/sql/storage_other.test") is None
    assert skips.messages == {"no such thing": "not ours"}
    file.write_text("test/sql/storage\n")
    with pytest.raises(ValueError, match="and a reason"):
        read_skip_list(file)
    file.write_text("".join(f"test/{i} reason\n" for i in range(101)))
    with pytest.raises(ValueError, match="101 entries"):
        read_skip_list(file)
