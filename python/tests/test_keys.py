"""One key, many processes: each key goes to exactly one of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import icefalldb

PROCESSES = 16
KEYS = 12

# Every process claims the same shared keys and as many of its own, then says what it was told.
SCRIPT = """
import sys, icefalldb
database, me, keys = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with icefalldb.attach(database) as db:
    print("ready", flush=True)
    sys.stdin.readline()
    for key in range(keys):
        for value in (key, 1000 * (me + 1) + key):
            try:
                db.mutate(f"INSERT INTO t VALUES ({value}, {me})")
                print("won", value, flush=True)
            except icefalldb.IcefallDBError as error:
                print("lost", value, str(error).replace("\\n", " "), flush=True)
"""


def test_sixteen_processes_claim_the_same_keys(tmp_path: Path) -> None:
    database = tmp_path / "db"
    with icefalldb.attach(database, create=True) as db:
        db.sql("CREATE TABLE t(k BIGINT PRIMARY KEY, owner INTEGER)")
        db.mutate("INSERT INTO t SELECT 1000000 + i, -1 FROM range(500) r(i)")
    package = str(Path(icefalldb.__file__).parents[1])
    # A file: DuckDB shows `python -c` a progress bar, in the midst of what it is asked to say.
    script = tmp_path / "racer.py"
    script.write_text(f"import sys; sys.path.insert(0, {package!r})\n{SCRIPT}", encoding="utf-8")
    racers = [
        subprocess.Popen(
            [sys.executable, str(script), str(database), str(me), str(KEYS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for me in range(PROCESSES)
    ]
    for racer in racers:
        assert racer.stdout is not None and racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    owners: dict[int, int] = {}
    for me, racer in enumerate(racers):
        answers = racer.communicate()[0].splitlines()
        assert racer.returncode == 0 and len(answers) == 2 * KEYS
        for answer in answers:
            outcome, value, *words = answer.split(" ", 2)
            key = int(value)
            if outcome == "won":
                assert key not in owners, f"{key} was given to {owners[key]} and {me}"
                owners[key] = me
            else:
                # A key of one's own is never lost.
                assert key < KEYS
                assert f"index 't_pkey' of table 't': duplicate key '{key}'" in words[0]
    with icefalldb.attach(database) as db:
        rows = db.sql("SELECT k, owner FROM t WHERE k < 1000000 ORDER BY k").fetchall()
    assert len(rows) == KEYS + PROCESSES * KEYS
    assert dict(rows) == owners
