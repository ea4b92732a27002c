"""What a one-row change and a repeated read cost in system calls, as strace counts them."""

import os
import re
import shutil
import subprocess
import sys

import duckdb
import icefalldb
import pytest

pytestmark = pytest.mark.skipif(
    shutil.which("strace") is None
    or subprocess.run(["strace", "-o", "/dev/null", "true"], check=False).returncode != 0,
    reason="strace is missing or may not trace here",
)

# Marks in the trace where the part of interest begins and ends: stat calls on names that nobody
# else uses.
TRACED_SCRIPT = """
import os, sys, duckdb, icefalldb
connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
icefalldb.load(connection)
connection.execute(f"ATTACH '{sys.argv[1]}' AS my (TYPE icefall)")
for statement in sys.argv[2:-1]:
    connection.execute(statement).fetchall()
os.path.exists("/begin-of-traced-part")
connection.execute(sys.argv[-1]).fetchall()
os.path.exists("/end-of-traced-part")
"""


@pytest.fixture(name="database")
def make_database(tmp_path):
    path = str(tmp_path / "database")
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    icefalldb.load(connection)
    connection.execute(f"ATTACH '{path}' AS my (TYPE icefall)")
    connection.execute("CREATE TABLE my.t AS SELECT i AS id, i % 10 AS grp FROM range(50000) r(i)")
    connection.execute("INSERT INTO my.t VALUES (-1, 0)")
    connection.close()
    return path


def files_below(path):
    return sorted(
        os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names
    )


def trace(tmp_path, database, *statements):
    """System calls made by the last statement, with the paths of their descriptors."""
    output = tmp_path / "trace"
    script = tmp_path / "traced.py"
    script.write_text(TRACED_SCRIPT)
    command = ["strace", "-f", "-y", "-o", str(output), sys.executable, str(script), database]
    subprocess.run([*command, *statements], check=True)
    text = output.read_text(errors="replace")
    return text.split("/begin-of-traced-part")[1].split("/end-of-traced-part")[0]


def test_one_row_delete_is_one_sync_and_no_new_file(tmp_path, database):
    before = files_below(database)
    part = trace(
        tmp_path, database, "DELETE FROM my.t WHERE id = 7", "DELETE FROM my.t WHERE id = 8"
    )
    assert len(re.findall(r"\bfdatasync\(", part)) == 1, part
    assert not re.findall(r"\bfsync\(", part)
    assert files_below(database) == before


def test_one_row_insert_is_one_sync_and_no_new_file(tmp_path, database):
    before = files_below(database)
    part = trace(tmp_path, database, "SELECT 1 FROM my.t", "INSERT INTO my.t VALUES (-2, 1)")
    assert len(re.findall(r"\bfdatasync\(", part)) == 1, part
    assert not re.findall(r"\bfsync\(", part)
    assert files_below(database) == before


def test_reader_with_current_snapshot_does_not_read_the_log(tmp_path, database):
    question = "SELECT count(*), sum(id) FROM my.t"
    part = trace(tmp_path, database, question, question)
    reads = [line for line in part.splitlines() if re.search(r"\bp?read(64|v)?\(", line)]
    assert not [line for line in reads if "/_log/" in line or "/_manifests/" in line]
    opens = [line for line in part.splitlines() if "openat(" in line and "/_log/" in line]
    assert not opens
