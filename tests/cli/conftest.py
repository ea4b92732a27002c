"""A command line to call, and a database directory that is not there yet."""

import json
import os
import subprocess

import pytest

BINARY = os.environ.get("ICEFALLDB", "build/release/src/cli/icefalldb")


class Result:
    def __init__(self, done):
        self.code = done.returncode
        self.out = done.stdout.decode(errors="replace")
        self.err = done.stderr.decode()
        self.raw = done.stdout

    @property
    def json(self):
        return json.loads(self.out)


class CommandLine:
    """Runs the binary in a scratch folder; arguments are turned into text."""

    def __init__(self, folder):
        self.folder = folder

    def run(self, *arguments, stdin=None, **options):
        data = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(
            [BINARY, *map(str, arguments)], input=data if data is not None else b"",
            capture_output=True, cwd=self.folder, check=False, **options)
        return Result(done)

    def ok(self, *arguments, **options):
        result = self.run(*arguments, **options)
        assert result.code == 0, result.err
        return result

    def fails(self, *arguments, code=1, **options):
        """The message on standard error of a command that must fail and print nothing."""
        result = self.run(*arguments, **options)
        assert result.code == code, (result.code, result.out, result.err)
        assert f"\nicefalldb {arguments[0]}: " in "\n" + result.err
        return result.err

    def query(self, path, sql, *flags):
        return self.ok("query", path, sql, *flags).json

    def write(self, name, text):
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return name


@pytest.fixture
def cli(tmp_path):
    return CommandLine(tmp_path)


ORDERS = (
    "order_id\tcategory\tamount\tstatus\n"
    "1\tbooks\t10.5\topen\n"
    "2\ttoys\t3.25\tcancelled\n"
    "3\tbooks\t20\topen\n"
)


@pytest.fixture
def orders(cli):
    """A database `db` with the table `orders` of three rows."""
    cli.write("orders.tsv", ORDERS)
    cli.ok("import", "db", "orders", "orders.tsv")
    return cli
