"""Several connections to one database, in one process and in two."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import icefalldb

COUNT = "SELECT count(*) FROM orders"


class OtherProcess:
    """Runs one statement per line of its input and answers the rows in a line each."""

    SCRIPT = """
import sys, icefalldb
db = icefalldb.attach(sys.argv[1])
for line in sys.stdin:
    print(db.sql(line).fetchall(), flush=True)
"""

    def __init__(self, database: Path) -> None:
        package = str(Path(icefalldb.__file__).parents[1])
        self._process = subprocess.Popen(
            [sys.executable, "-c", f"import sys; sys.path.insert(0, {package!r})\n{self.SCRIPT}",
             str(database)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def sql(self, query: str) -> str:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(query + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def __enter__(self) -> OtherProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()
        assert self._process.returncode == 0


def test_two_connections_see_each_other(example_database: Path) -> None:
    with icefalldb.attach(example_database) as one, icefalldb.attach(example_database) as two:
        one.mutate("DELETE FROM orders WHERE id = 1")
        assert two.sql(COUNT).fetchone() == (2,)
        two.mutate("INSERT INTO orders VALUES (7, 'lime', 1)")
        assert one.sql(COUNT).fetchone() == (3,)


def test_two_databases_at_once(example_database: Path, tmp_path: Path) -> None:
    with icefalldb.attach(example_database) as one:
        with icefalldb.attach(tmp_path / "second", create=True) as two:
            two.sql("CREATE TABLE t AS SELECT 1 AS a")
            assert one.tables == ["orders"] and two.tables == ["t"]


def test_two_processes_see_each_other(example_database: Path) -> None:
    with icefalldb.attach(example_database) as db, OtherProcess(example_database) as other:
        assert other.sql(COUNT) == "[(3,)]"
        db.mutate("DELETE FROM orders WHERE id = 1")
        assert other.sql(COUNT) == "[(2,)]"
        assert other.sql("INSERT INTO orders VALUES (7, 'lime', 1), (8, 'date', 2)") == "[(2,)]"
        assert db.sql(COUNT).fetchone() == (4,)
        assert other.sql("CREATE TABLE more AS SELECT 1 AS a") == "[(1,)]"
        assert db.sql("FROM more").fetchall() == [(1,)]


def test_two_processes_write_in_turn(example_database: Path) -> None:
    with icefalldb.attach(example_database) as db, OtherProcess(example_database) as other:
        for number in range(10, 30, 2):
            db.mutate(f"INSERT INTO orders VALUES ({number}, 'mine', 1)")
            other.sql(f"INSERT INTO orders VALUES ({number + 1}, 'theirs', 1)")
        expected = [("mine", 10), ("theirs", 10)]
        query = "SELECT fruit, count(*) FROM orders WHERE id >= 10 GROUP BY ALL ORDER BY 1"
        assert db.sql(query).fetchall() == expected
        assert other.sql(query) == str(expected)
