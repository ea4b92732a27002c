"""The quick start of docs/cli.md, as it is written there."""

import os
import pathlib
import re
import subprocess

from conftest import BINARY, ORDERS

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs" / "cli.md"


def test_the_quick_start_runs_as_written(cli):
    (script,) = re.findall(r"^```sh\n(.*?)^```$", DOCUMENT.read_text(), re.S | re.M)
    cli.write("orders.tsv", ORDERS)
    folder = pathlib.Path(BINARY).resolve().parent
    done = subprocess.run(
        ["bash", "-euc", script.replace("/tmp/", f"{cli.folder}/")], cwd=cli.folder,
        env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"},
        capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "1 row(s) deleted\n2 row(s) updated\n1 row(s) affected\n"
    assert done.stdout.splitlines()[0] == "imported 3 rows into orders"
    assert '{"category":"books","sum(amount)":30.5,"count_star()":2}' in done.stdout
    assert cli.query("mydb/orders", "SELECT order_id, amount FROM orders ORDER BY order_id") == [
        {"order_id": 1, "amount": 9.99}, {"order_id": 3, "amount": 22.0}]
