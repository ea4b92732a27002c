"""What stands on a terminal: the progress bar, and what an interrupt from the keyboard does."""

import os
import pty
import signal
import subprocess

import pytest

from conftest import BINARY

AT_ONCE = {"ICEFALLDB_PROGRESS_DELAY_MS": "0"}
NEVER = {"ICEFALLDB_PROGRESS_DELAY_MS": "3600000"}
ERASE = "\r\x1b[K"


class Terminal:
    """A command whose standard error is a terminal."""

    def __init__(self, cli, *arguments, environment):
        self.terminal, end = pty.openpty()
        self.process = subprocess.Popen(
            [BINARY, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=end, cwd=cli.folder, env={**os.environ, **environment})
        os.close(end)
        self.error = ""

    def read(self):
        """More of what is on the terminal; False when the command has closed it."""
        try:
            piece = os.read(self.terminal, 4096)
        except OSError:  # what Linux answers once nobody holds the other end
            return False
        self.error += piece.decode()
        return bool(piece)

    def read_until(self, *signs):
        """Reads on until one of these is there that was not there before."""
        begin = len(self.error)
        while not any(sign in self.error[begin:] for sign in signs):
            assert self.read(), self.error

    def interrupt(self):
        """What Ctrl-C does once the bar shows that the command is at work. As `finish`."""
        self.read_until(" %", "working")
        self.process.send_signal(signal.SIGINT)
        return self.finish()

    def finish(self):
        """Its exit code, and what it wrote to standard output."""
        while self.read():
            pass
        os.close(self.terminal)
        out = self.process.stdout.read().decode()
        self.process.stdout.close()
        return self.process.wait(), out


@pytest.fixture
def numbers(cli):
    """A table `t` of a million rows in the database `db`."""
    cli.ok("create", "db", "t", "--schema", "i BIGINT, s VARCHAR")
    cli.ok("query", "db", "INSERT INTO t SELECT i, 'text ' || i FROM range(1000000) r(i)")
    return cli


# More rows than any machine counts while a test waits for the first sign of progress.
ENDLESS = "SELECT count(*) FROM t a, t b, t c WHERE a.i + b.i <> c.i - 1"


def test_a_bar_shows_how_far_it_is_and_goes_away(numbers):
    run = Terminal(numbers, "query", "db", "SELECT sum(hash(s)) > 0 AS x, count(DISTINCT s) AS n "
                   "FROM t", environment=AT_ONCE)
    assert run.finish() == (0, '[{"x":true,"n":1000000}]\n')
    assert "[" in run.error and " %" in run.error
    assert run.error.endswith(ERASE)


def test_work_under_a_second_shows_nothing(numbers):
    run = Terminal(numbers, "query", "db", "SELECT count(DISTINCT s) AS n FROM t",
                   environment=NEVER)
    assert run.finish() == (0, '[{"n":1000000}]\n')
    assert run.error == ""


def test_no_bar_where_standard_error_is_no_terminal(numbers):
    result = numbers.run("query", "db", "SELECT count(DISTINCT s) AS n FROM t",
                         env={**os.environ, **AT_ONCE})
    assert (result.code, result.err) == (0, "")


def test_reading_a_file_shows_a_bar(cli):
    cli.write("n.tsv", "i\ts\n" + "".join(f"{i}\ttext {i}\n" for i in range(200000)))
    run = Terminal(cli, "import", "db", "t", "n.tsv", environment=AT_ONCE)
    assert run.finish() == (0, "imported 200000 rows into t\n")
    assert " %" in run.error


@pytest.mark.parametrize("sql", [
    ENDLESS,
    f"INSERT INTO t SELECT i, NULL FROM t WHERE i < ({ENDLESS})",
    f"DELETE FROM t WHERE i < ({ENDLESS})",
    f"UPDATE t SET i = ({ENDLESS})",
    f"CREATE TABLE u AS {ENDLESS}",
    "SELECT a.i FROM t a, t b, t c",
])
def test_an_interrupt_ends_a_statement(numbers, sql):
    before = numbers.ok("snapshots", "db", "t").out
    run = Terminal(numbers, "query", "db", sql + "; DROP TABLE t", environment=AT_ONCE)
    # Rows that were printed before it may stand in the pipe.
    code, _ = run.interrupt()
    assert code == 130
    assert run.error.endswith(
        "icefalldb query: interrupted: nothing of what was running was kept\r\n")
    assert numbers.ok("snapshots", "db", "t").out == before
    assert numbers.ok("check", "db", "t", "--data").out.endswith("check passed\n")
    assert numbers.query("db", "SHOW TABLES") == [{"name": "t"}]


@pytest.fixture
def deleted(numbers):
    """The table, with deleted rows in all of its files, so that there is something to rewrite."""
    numbers.ok("query", "db", "INSERT INTO t SELECT i, md5(i::VARCHAR) FROM range(2000000) r(i)")
    numbers.ok("query", "db", "DELETE FROM t WHERE i % 7 = 0")
    return numbers


MAINTENANCE = [["compact"], ["optimize", "--sort", "s"], ["optimize", "--zorder", "s,i"]]


@pytest.mark.parametrize("command", MAINTENANCE[:2])
def test_maintenance_shows_a_bar(deleted, command):
    run = Terminal(deleted, command[0], "db", "t", *command[1:], environment=AT_ONCE)
    code, out = run.finish()
    assert code == 0 and " input row groups -> " in out
    assert " %" in run.error and run.error.endswith(ERASE)


@pytest.mark.parametrize("command", MAINTENANCE)
def test_an_interrupt_ends_maintenance(deleted, command):
    summary = "SELECT count(*) AS n, sum(i) AS s, sum(rowid) AS r FROM t"
    before = deleted.ok("snapshots", "db", "t").out, deleted.query("db", summary)
    run = Terminal(deleted, command[0], "db", "t", *command[1:], environment=AT_ONCE)
    code, _ = run.interrupt()
    assert code == 130
    assert f"icefalldb {command[0]}: interrupted" in run.error
    assert (deleted.ok("snapshots", "db", "t").out, deleted.query("db", summary)) == before
    assert deleted.ok("check", "db", "t", "--data").out.endswith("check passed\n")


@pytest.fixture
def leftovers(cli):
    """A table of which gc deletes many files that no commit names."""
    cli.ok("create", "db", "t", "--schema", "i BIGINT")
    cli.ok("query", "db", "INSERT INTO t SELECT i FROM range(200000) r(i)")
    long_ago = 1_600_000_000
    for i in range(50_000):
        # A UUID of version 7, of that time.
        path = cli.folder / f"db/t/data/{long_ago * 1000:012x}"[:-4]
        name = f"{path}-{long_ago * 1000 & 0xffff:04x}-7000-8000-{i:012x}.parquet"
        os.close(os.open(name, os.O_CREAT))
        os.utime(name, (long_ago, long_ago))
    return cli


def test_gc_shows_a_bar(leftovers):
    run = Terminal(leftovers, "gc", "db", "t", environment=AT_ONCE)
    code, out = run.finish()
    assert code == 0 and "deleted 50000 files" in out
    assert " %" in run.error and run.error.endswith(ERASE)


def test_an_interrupt_ends_gc(leftovers):
    run = Terminal(leftovers, "gc", "db", "t", environment=AT_ONCE)
    code, _ = run.interrupt()
    assert code == 130
    assert run.error.endswith(
        "icefalldb gc: interrupted: files may be deleted already, what is committed stays; another "
        "gc goes on\r\n")
    assert leftovers.query("db", "SELECT count(*) AS n FROM t") == [{"n": 200000}]
    assert leftovers.ok("check", "db", "t", "--data").out.endswith("check passed\n")
    left = len(list((leftovers.folder / "db/t/data").iterdir()))
    assert left > 1
    assert f"deleted {left - 1} files" in leftovers.ok("gc", "db", "t").out


def test_an_interrupt_ends_the_gc_of_optimize(leftovers):
    """There is nothing to compact, so that all of the work is gc's."""
    run = Terminal(leftovers, "optimize", "db", "t", environment=AT_ONCE)
    assert run.interrupt()[0] == 130
    assert "another gc goes on" in run.error
    assert len(list((leftovers.folder / "db/t/data").iterdir())) > 1


@pytest.mark.parametrize("command", ["import", "insert"])
def test_an_interrupt_ends_reading_a_file(cli, command):
    cli.ok("create", "db", "t", "--schema", "i BIGINT, s VARCHAR")
    cli.write("n.tsv", "i\ts\n" + "".join(f"{i}\ttext {i}\n" for i in range(2000000)))
    run = Terminal(cli, command, "db", "t", "n.tsv", environment=AT_ONCE)
    code, out = run.interrupt()
    assert (code, out) == (130, "")
    assert f"icefalldb {command}: interrupted" in run.error
    assert cli.query("db", "SELECT count(*) AS n FROM t") == [{"n": 0}]
    assert "UnusedFile" not in cli.ok("check", "db", "t", "--data").out


def test_an_interrupt_of_a_transaction_takes_it_all_back(numbers):
    run = Terminal(numbers, "query", "db", f"BEGIN; DELETE FROM t WHERE i < 9; {ENDLESS}; COMMIT",
                   environment=AT_ONCE)
    run.read_until("9 row(s) deleted")
    assert run.interrupt()[0] == 130
    assert numbers.query("db", "SELECT count(*) AS n FROM t") == [{"n": 1000000}]
