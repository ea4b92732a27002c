#!/usr/bin/env python3
"""Runs a folder of sqllogictest files, each in a process of its own, and counts the results.

A file that fails runs once more on plain DuckDB: what fails there too (a missing extension, a file
of another directory) says nothing about IcefallDB and is counted apart.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from skip_list import SkipList, read_skip_list

PASSED, FAILED, CRASHED, TIMED_OUT = "passed", "failed", "crashed", "timed out"
SKIPPED, ALSO_IN_DUCKDB = "skipped", "fails in plain DuckDB too"
BAD = (FAILED, CRASHED, TIMED_OUT)


@dataclass
class Result:
    name: str
    outcome: str
    detail: str = ""


class Suite:
    def __init__(self, options: argparse.Namespace, skips: SkipList):
        self.options = options
        self.skips = skips
        self.arguments = [str(options.runner.resolve()), *options.pass_on]
        self.arguments += ["--directory", str(options.root)]
        if options.any_order:
            self.arguments.append("--any-order")

    def files(self) -> list[str]:
        names: set[str] = set()
        for selected in self.options.select or ["."]:
            path = self.options.root / selected
            found = [path] if path.is_file() else path.rglob("*")
            names.update(
                str(file.relative_to(self.options.root))
                for file in found
                if file.suffix in self.options.suffixes
            )
        return sorted(names)

    def run(self, name: str) -> Result:
        reason = self.skips.reason(name)
        if reason is not None:
            return Result(name, SKIPPED, reason)
        messages = [word for text in self.skips.messages for word in ("--skip-message", text)]
        result = self._run_once(name, messages)
        if result.outcome == SKIPPED:
            for message, why in self.skips.messages.items():
                if f"message: {message}" in result.detail:
                    result.detail = why
        if result.outcome in BAD and not self.options.no_baseline:
            plain = self._run_once(name, ["--duckdb"])
            if plain.outcome in BAD:
                return Result(name, ALSO_IN_DUCKDB, plain.detail)
        return result

    def _run_once(self, name: str, arguments: list[str]) -> Result:
        with tempfile.TemporaryDirectory(prefix="sqllogic-") as scratch:
            environment = dict(os.environ, TMPDIR=scratch)
            try:
                done = subprocess.run(
                    [*self.arguments, *arguments, name],
                    capture_output=True,
                    env=environment,
                    timeout=self.options.timeout,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                return Result(name, TIMED_OUT, f"{name}: after {self.options.timeout} s")
        text = (done.stdout + done.stderr).decode("utf-8", "replace").strip()
        if done.returncode == 0:
            return Result(name, PASSED)
        if done.returncode == 3:
            return Result(name, SKIPPED, text)
        if done.returncode == 1:
            return Result(name, FAILED, text)
        return Result(name, CRASHED, f"{name}: exit code {done.returncode}\n{text}")


def skip_reason(result: Result) -> str:
    """The reason in a few words: without place and statement."""
    first = result.detail.splitlines()[0] if result.detail else ""
    return first.split(": ", 1)[1] if first.startswith(result.name) else first


def summarize(results: list[Result]) -> str:
    lines = []
    for outcome, count in Counter(result.outcome for result in results).most_common():
        lines.append(f"{count:6} {outcome}")
        if outcome == SKIPPED:
            skipped = [result for result in results if result.outcome == SKIPPED]
            reasons = Counter(skip_reason(result) for result in skipped)
            lines += [f"         {n:5} {reason}" for reason, n in reasons.most_common()]
    return "\n".join(lines)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path, help="directory that the files' paths are relative to")
    parser.add_argument("select", nargs="*", help="files and folders below it; default: all")
    parser.add_argument("--runner", type=Path, required=True, help="icefall_sqllogictest")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--timeout", type=int, default=60, help="seconds for each file")
    parser.add_argument("--skip-list", type=Path)
    parser.add_argument("--suffixes", nargs="+", default=[".test"])
    parser.add_argument("--any-order", action="store_true")
    parser.add_argument("--no-baseline", action="store_true", help="do not try plain DuckDB")
    parser.add_argument(
        "--results", type=Path, default=os.devnull, help="write outcomes here, as JSON lines"
    )
    parser.add_argument("--pass-on", nargs=1, action="extend", default=[], help="for the runner")
    return parser.parse_args()


def main() -> int:
    options = parse_arguments()
    if not options.root.is_dir():
        print(f"{options.root}: no such directory", file=sys.stderr)
        return 2
    options.root = options.root.resolve()
    skips = read_skip_list(options.skip_list) if options.skip_list else SkipList()
    suite = Suite(options, skips)
    names = suite.files()
    if not names:
        print(f"{options.root}: no test files in {options.select}", file=sys.stderr)
        return 2
    results = []
    with ThreadPoolExecutor(options.jobs) as pool, open(options.results, "w") as log:
        for result in pool.map(suite.run, names):
            results.append(result)
            print(json.dumps(asdict(result)), file=log, flush=True)
    for result in results:
        if result.outcome in BAD:
            print(f"{result.outcome.upper()} {result.detail}\n")
    print(f"{len(results)} files")
    print(summarize(results))
    return 1 if any(result.outcome in BAD for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
