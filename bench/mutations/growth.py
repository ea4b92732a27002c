"""What a one-row change and a read cost as a table gets more files and more commits."""

import random
import statistics
import sys
import time

from competitors.icefalldb import IcefallDb

REPETITIONS = 30
ROWS_EACH = 100


class OneFileEach(IcefallDb):
    name = "IcefallDB by files"
    options = ", INLINE_ROW_LIMIT 0"


def median_ms(action):
    times = []
    for number in range(REPETITIONS):
        start = time.perf_counter()
        action(number)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def costs(target, first, keys):
    """Of one-row statements and a sum over all."""
    row = "{}, 1, 0.5, 'x', TIMESTAMP '2021-01-01'"
    keys = iter(random.Random(2).sample(keys, 4 * REPETITIONS))
    # The first statement after opening reads what all others find read.
    target.run(f"INSERT INTO k VALUES ({row.format(first - 1)})")
    answers = [
        median_ms(lambda n: target.run(f"INSERT INTO k VALUES ({row.format(first + n)})")),
        median_ms(lambda n: target.run(f"DELETE FROM k WHERE id = {next(keys)}")),
        median_ms(lambda n: target.run(f"UPDATE k SET v = v + 1 WHERE id = {next(keys)}")),
        median_ms(lambda n: target.upsert("k", row.format(next(keys)))),
        median_ms(lambda n: target.query(f"SELECT * FROM k WHERE id = {next(keys)}")),
        median_ms(lambda n: target.query("SELECT sum(g) FROM k")),
    ]
    return " | ".join(f"{ms:.2f}" for ms in answers)


HEADS = (
    "insert, ms | delete by key, ms | update by key, ms | upsert, ms | select * by key, ms | "
    "sum over all, ms |\n|---|---|---|---|---|---|---|"
)


def by_fragments(workspace, steps):
    print(f"\n### Files of {ROWS_EACH} rows\n\n| files | {HEADS}")
    target = OneFileEach(workspace)
    target.load("k", 0, key=True)
    made = 0
    for step in steps:
        while made < step:
            begin = made * ROWS_EACH
            target.run(
                f"INSERT INTO k SELECT i, 1, 0.5, 'x', TIMESTAMP '2021-01-01' "
                f"FROM range({begin}, {begin + ROWS_EACH}) r(i)"
            )
            made += 1
        # Small changes go inline, as they do by themselves.
        target.close()
        target.options = ""
        target.open()
        answer = costs(target, 10**9 + step * 1000, range(step * ROWS_EACH))
        print(f"| {step:,} | {answer} |", flush=True)
        target.close()
        target.options = OneFileEach.options
        target.open()
    target.close()


def by_commits(workspace, steps):
    print(f"\n### Commits of one row\n\n| commits | {HEADS}")
    target = IcefallDb(workspace)
    target.load("k", 1_000, key=True)
    made = 0
    inserted = 0
    for step in steps:
        while made < step:
            target.run(
                f"INSERT INTO k VALUES ({10**6 + inserted}, 1, 0.5, 'x', TIMESTAMP '2021-01-01')"
            )
            made += 1
            inserted += 1
        # Rows of the file, other ones at each step.
        index = steps.index(step)
        share = range(index * 200, index * 200 + 200)
        answer = costs(target, 10**9 + step * 1000, share)
        print(f"| {step:,} | {answer} |", flush=True)
        made += 4 * REPETITIONS + 1
    (count,) = target.query("SELECT count(*) FROM k WHERE id < 1000000000")[0]
    lost = 1_000 + inserted - count
    if lost != REPETITIONS * len(steps):
        sys.exit(f"{lost} rows went, expected {REPETITIONS * len(steps)}")
    target.close()


def by_overlapping_files(workspace, steps):
    """Every file has keys from the whole range, as where rows come in no order of their keys."""
    print(f"\n### Files of {ROWS_EACH} rows, each with keys from the whole range")
    print(f"\n| files | {HEADS}")
    for count in steps:
        target = OneFileEach(workspace)
        target.load("k", 0, key=True)
        for number in range(count):
            target.run(
                f"INSERT INTO k SELECT {number} + {count} * i, 1, 0.5, 'x', "
                f"TIMESTAMP '2021-01-01' FROM range({ROWS_EACH}) r(i)"
            )
        target.close()
        target.options = ""
        target.open()
        keys = range(count * ROWS_EACH)
        # Opens the indexes of all files.
        target.query(f"SELECT * FROM k WHERE id = {count}")
        # New keys lie among those that are there.
        target.run(f"DELETE FROM k WHERE id % 7 = 3 AND id < {7 * REPETITIONS + 7}")
        free = iter(range(3, 7 * REPETITIONS + 7, 7))
        row = "{}, 1, 0.5, 'x', TIMESTAMP '2021-01-01'"
        insert = median_ms(lambda n: target.run(f"INSERT INTO k VALUES ({row.format(next(free))})"))
        others = costs(target, 10**9, keys).split(" | ")[1:]
        print(f"| {count:,} | {insert:.2f} | " + " | ".join(others) + " |", flush=True)
        target.close()


def growth(workspace, fragments, commits):
    if fragments:
        by_fragments(workspace, fragments)
        by_overlapping_files(workspace, [count for count in fragments if count <= 1_000])
    if commits:
        by_commits(workspace, commits)
