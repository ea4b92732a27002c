"""Runs statements, a line of standard input each, and answers `ok` or the error as a line."""

import sys

from engine import attach, attempt

with attach(sys.argv[1]) as connection:
    for statement in sys.stdin:
        error = attempt(connection, statement)
        print("ok" if error is None else " ".join(error.split()), flush=True)
