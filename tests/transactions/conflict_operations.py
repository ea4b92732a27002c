"""What two transactions may do to one table at the same time, and a model of what is left of it.

The table has the columns id (the key), v and s; rows 0 to 19 are in a data file, 51 to 53 inline.
Rows are dicts, named by the id that they began with, or by the transaction that adds them.
"""

from dataclasses import dataclass, field
from typing import Callable

CREATE = [
    "BEGIN",
    "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER, s VARCHAR)",
    "INSERT INTO t SELECT i, i, 'r' || i FROM range(20) r(i)",
    "INSERT INTO t SELECT i, i, 'r' || i FROM range(51, 54) r(i)",
    "COMMIT",
]


def base_rows():
    return {i: {"id": i, "v": i, "s": f"r{i}"} for i in [*range(20), 51, 52, 53]}


@dataclass
class Effect:
    """What an operation does to the rows that it sees: these are taken away, those are added."""

    removed: set = field(default_factory=set)
    added: list = field(default_factory=list)

    def changes_rows(self):
        return bool(self.removed or self.added)


@dataclass
class Operation:
    sql: str
    effect: Callable = lambda rows, n: Effect()
    # Of the columns: how the list and the rows change, and whether rows of before may not fit.
    columns: Callable = None
    tightens: bool = False
    # Of the table's name or existence.
    renames: bool = False
    drops: bool = False
    # Rows stay the same rows, wherever they are.
    maintains: bool = False

    def is_schema_change(self):
        return self.columns is not None


def insert(key):
    def effect(rows, n):
        return Effect(added=[{"id": key(n), "v": n, "s": "new"}])

    return effect


def delete(*keys):
    return lambda rows, n: Effect(removed=set(keys))


def update(change, *keys):
    def effect(rows, n):
        return Effect(set(keys), [{**rows[key], **change(rows[key], n)} for key in keys])

    return effect


def merge(rows, n):
    moved = update(lambda row, n: {"v": 100 + n}, 5)(rows, n)
    moved.added.append({"id": 777, "v": n, "s": "new"})
    return moved


def everything(rows, n):
    return Effect(removed=set(rows))


def rewrite(rows, n):
    return Effect(set(rows), [dict(row) for row in rows.values()])


def plus(row, n):
    return {"v": row["v"] + 1000 * n}


def same_columns(columns, n):
    return columns


UPSERT = "ON CONFLICT (id) DO UPDATE SET v = excluded.v"

OPERATIONS = {
    "insert": Operation("INSERT INTO t VALUES (100 + {n}, {n}, 'new')", insert(lambda n: 100 + n)),
    "insert same key": Operation("INSERT INTO t VALUES (777, {n}, 'new')", insert(lambda n: 777)),
    "insert a file": Operation(
        "INSERT INTO t SELECT 1000 * {n} + i, {n}, 'new' FROM range(9) r(i)",
        lambda rows, n: Effect(
            added=[{"id": 1000 * n + i, "v": n, "s": "new"} for i in range(9)]
        ),
    ),
    "upsert new": Operation(
        f"INSERT INTO t VALUES (777, {{n}}, 'new') {UPSERT}", insert(lambda n: 777)
    ),
    "upsert old": Operation(
        f"INSERT INTO t VALUES (5, {{n}}, 'new') {UPSERT}", update(lambda row, n: {"v": n}, 5)
    ),
    "insert or nothing": Operation("INSERT OR IGNORE INTO t VALUES (5, {n}, 'new')"),
    "replace a row": Operation(
        "INSERT OR REPLACE INTO t VALUES (5, {n}, 'new')",
        update(lambda row, n: {"v": n, "s": "new"}, 5),
    ),
    "delete 5": Operation("DELETE FROM t WHERE id = 5", delete(5)),
    "delete 6": Operation("DELETE FROM t WHERE id = 6", delete(6)),
    "delete inline": Operation("DELETE FROM t WHERE id = 52", delete(52)),
    "update 5": Operation("UPDATE t SET v = v + 1000 * {n} WHERE id = 5", update(plus, 5)),
    "update 6": Operation("UPDATE t SET v = v + 1000 * {n} WHERE id = 6", update(plus, 6)),
    "update inline": Operation("UPDATE t SET v = v + 1000 * {n} WHERE id = 52", update(plus, 52)),
    "change key": Operation(
        "UPDATE t SET id = 777 WHERE id = 6", update(lambda row, n: {"id": 777}, 6)
    ),
    "merge": Operation(
        "MERGE INTO t USING (VALUES (5, 100 + {n}), (777, {n})) s(i, x) ON t.id = s.i "
        "WHEN MATCHED THEN UPDATE SET v = s.x WHEN NOT MATCHED THEN INSERT VALUES (i, x, 'new')",
        merge,
    ),
    "delete all": Operation("DELETE FROM t", everything),
    "truncate": Operation("TRUNCATE t", everything),
    "add column": Operation(
        "ALTER TABLE t ADD COLUMN c{n} INTEGER DEFAULT 7",
        columns=lambda columns, n: {**columns, f"c{n}": f"c{n}"},
    ),
    "drop column": Operation(
        "ALTER TABLE t DROP COLUMN s",
        columns=lambda columns, n: {name: c for name, c in columns.items() if c != "s"},
        tightens=True,
    ),
    "rename column": Operation(
        "ALTER TABLE t RENAME COLUMN v TO w{n}",
        columns=lambda columns, n: {
            f"w{n}" if c == "v" else name: c for name, c in columns.items()
        },
    ),
    "widen": Operation("ALTER TABLE t ALTER v TYPE BIGINT", columns=same_columns),
    "narrow": Operation(
        "ALTER TABLE t ALTER v TYPE SMALLINT", rewrite, columns=same_columns, tightens=True
    ),
    "set default": Operation("ALTER TABLE t ALTER v SET DEFAULT {n}", columns=same_columns),
    "set not null": Operation(
        "ALTER TABLE t ALTER s SET NOT NULL", columns=same_columns, tightens=True
    ),
    "create index": Operation("CREATE INDEX i{n} ON t (v)", columns=same_columns),
    "create unique index": Operation(
        "CREATE UNIQUE INDEX u{n} ON t (s, id)", columns=same_columns, tightens=True
    ),
    "rename table": Operation("ALTER TABLE t RENAME TO t{n}", renames=True),
    "drop table": Operation("DROP TABLE t", drops=True),
    "replace table": Operation("CREATE OR REPLACE TABLE t (z INTEGER)", drops=True),
    "compact": Operation("CALL icefall_compact('{table}')", maintains=True),
    "optimize": Operation("CALL icefall_optimize('{table}')", maintains=True),
    "gc": Operation("CALL icefall_gc('{table}')", maintains=True),
}


def changes(operation, rows):
    """Whether its transaction has something to commit."""
    return (
        operation.effect(rows, 1).changes_rows()
        or operation.is_schema_change()
        or operation.renames
        or operation.drops
    )


def conflict_of(first, second):
    """What the error of the second one's COMMIT has to say; None when it succeeds."""
    rows = base_rows()
    if second.maintains or not changes(second, rows):
        return None
    if first.drops or (second.drops and (first.renames or changes(first, rows))):
        return ["t"]
    if first.renames and second.renames:
        return ["t"]
    first_effect, second_effect = first.effect(rows, 1), second.effect(rows, 2)
    if first.is_schema_change() and second.is_schema_change():
        return ["schema", "commit"]
    if (first.tightens and second_effect.added) or (second.tightens and first_effect.added):
        return ["schema", "commit"]
    both = first_effect.removed & second_effect.removed
    if both == set(rows):  # whole files by both
        return ["removed by this transaction and by commit"]
    if both:
        return ["this transaction", "commit", "rowid"]
    keys = {row["id"] for row in first_effect.added} & {row["id"] for row in second_effect.added}
    if keys:
        return ["unique key violation", "table 't'", f"duplicate key '{keys.pop()}'"]
    return None


class Model:
    """The table after what was committed to it."""

    def __init__(self):
        self.rows = base_rows()
        self.columns = {"id": "id", "v": "v", "s": "s"}  # name now -> name in rows

    def commit(self, operation, n):
        effect = operation.effect(base_rows(), n)
        for key in effect.removed:
            self.rows.pop(key, None)
        for i, row in enumerate(effect.added):
            self.rows[("new", n, i)] = row
        if operation.columns is not None:
            self.columns = operation.columns(self.columns, n)

    def contents(self):
        """The names, and the rows sorted."""
        # Rows that do not have a column were written before it was added.
        rows = [
            tuple(row.get(column, 7) for column in self.columns.values())
            for row in self.rows.values()
        ]
        return list(self.columns), sorted(rows)
