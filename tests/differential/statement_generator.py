"""Random SQL statements over a few small tables, from a seed.

Statements are deterministic: no LIMIT without a total order, no UPDATE FROM with several matches,
so that any two right engines end in the same rows. They keep off what DuckDB itself refuses: keys
that change places, and an upsert of a row that the same transaction has changed.
"""

import random

TYPES = {
    "BIGINT": lambda r: str(r.choice([0, 1, -1, 7, 2**62, -(2**63), r.randint(-50, 50)])),
    "INTEGER": lambda r: str(r.choice([0, 1, -1, 2**31 - 1, r.randint(-50, 50)])),
    "DOUBLE": lambda r: r.choice(["0.0", "1.5", "-2.25", "1e300", "'NaN'", "'inf'", "'-inf'"]),
    "VARCHAR": lambda r: r.choice(
        [
            "''",
            "'a'",
            "'b''c'",
            "'täglich'",
            "'雪'",
            "'NULL'",
            "'\\N'",
            "'x y'",
            "'A long one, " + "z" * 40 + "'",
        ]
    ),
    "DATE": lambda r: r.choice(["DATE '2024-02-29'", "DATE '1970-01-01'", "DATE '0001-01-01'"]),
    "TIMESTAMP": lambda r: r.choice(
        ["TIMESTAMP '2024-01-02 03:04:05.123456'", "TIMESTAMP '1969-12-31 23:59:59'"]
    ),
    "DECIMAL(18,3)": lambda r: r.choice(["0", "1.001", "-99.999", "123456789012345.678"]),
    "BOOLEAN": lambda r: r.choice(["true", "false"]),
    "HUGEINT": lambda r: r.choice(["0", "170141183460469231731687303715884105727", "-1"]),
    "INTEGER[]": lambda r: r.choice(["[]::INTEGER[]", "[1,NULL,3]", "[4]"]),
    "STRUCT(a INTEGER, b VARCHAR)": lambda r: r.choice(
        ["{'a': 1, 'b': 'x'}", "{'a': NULL, 'b': ''}", "{'a': 3, 'b': NULL}"]
    ),
    "BLOB": lambda r: r.choice(["''::BLOB", "'\\x00\\xFF'::BLOB", "'abc'::BLOB"]),
    "INTERVAL": lambda r: r.choice(["INTERVAL '1 month 2 days'", "INTERVAL '-3 hours'"]),
}

WIDENINGS = {"INTEGER": "BIGINT"}


class Table:
    """What the generator knows of a table: enough to write statements that mostly succeed."""

    def __init__(self, name, columns, has_key, born):
        self.name = name
        self.born = born  # another number for every CREATE
        self.columns = columns  # name -> type; "id" INTEGER and "grp" INTEGER always lead
        self.has_key = has_key  # "id" is the primary key


class StatementGenerator:
    """Yields SQL text; `tables` and `in_transaction` follow what a right engine would do."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.tables = {}
        self.in_transaction = False
        self._saved = None
        # Of the running transaction: DuckDB refuses to commit rows of a table that it altered.
        self._altered = set()
        self._changed = set()
        self._next_table = 0
        self._next_born = 0
        self._next_column = 0
        self._next_id = 0

    def next(self):
        r = self.random
        if len(self.tables) < 2:
            return self._create_table()
        if not self.in_transaction and r.random() < 0.06:
            return self._begin()
        if self.in_transaction and (r.random() < 0.18 or self._altered >= set(self.tables)):
            return self._end()
        actions = [
            (24, self._insert_values),
            (8, self._insert_select),
            (14, self._delete),
            (16, self._update),
            (8, self._merge),
            (2, self._truncate),
            (3, self._create_table),
            (2, self._drop_table),
            (4, self._add_column),
            (2, self._drop_column),
            (2, self._rename_column),
            (1, self._widen_column),
            (2, self._update_from),
            (2, self._delete_using),
            (8, self._upsert),
            (4, self._insert_or),
            (2, self._claim_key),
            (2, self._replace_table),
            (2, self._bad_statement),
        ]
        weights = [weight for weight, _ in actions]
        return r.choices([action for _, action in actions], weights)[0]()

    def _source(self):
        return self.tables[self.random.choice(sorted(self.tables))]

    def _table(self):
        """A table whose rows may change now."""
        names = sorted(set(self.tables) - self._altered)
        if not names:
            return self._source()
        name = self.random.choice(names)
        if self.in_transaction:
            self._changed.add(name)
        return self.tables[name]

    def _alterable(self):
        names = sorted(set(self.tables) - self._changed)
        if not names:
            return None
        name = self.random.choice(names)
        if self.in_transaction:
            self._altered.add(name)
        return self.tables[name]

    def _value(self, type_name):
        if self.random.random() < 0.15:
            return "NULL"
        return TYPES[type_name](self.random)

    def _begin(self):
        self.in_transaction = True
        self._altered, self._changed = set(), set()
        self._saved = {
            n: Table(n, dict(t.columns), t.has_key, t.born) for n, t in self.tables.items()
        }
        return "BEGIN"

    def _end(self):
        self.in_transaction = False
        self._altered, self._changed = set(), set()
        if self.random.random() < 0.7:
            return "COMMIT"
        self.tables = self._saved
        return "ROLLBACK"

    def roll_back(self):
        """What a statement that failed did to its transaction."""
        self.in_transaction = False
        self._altered, self._changed = set(), set()
        self.tables = self._saved

    def _returning(self, table):
        """Mostly nothing; else what the statement's rows are compared by."""
        if self.random.random() < 0.7:
            return ""
        return self.random.choice(
            [" RETURNING *", " RETURNING id", f" RETURNING id + 1, {list(table.columns)[-1]}"]
        )

    def _create_table(self):
        self._next_table += 1
        return self._define(f"t{self._next_table}", "CREATE TABLE")

    def _replace_table(self):
        if self.in_transaction:
            return self._create_table()
        return self._define(self._source().name, "CREATE OR REPLACE TABLE")

    def _define(self, name, verb):
        columns = {"id": "INTEGER", "grp": "INTEGER"}
        for _ in range(self.random.randint(1, 4)):
            columns[self._fresh_column()] = self.random.choice(sorted(TYPES))
        has_key = self.random.random() < 0.5
        self._next_born += 1
        self.tables[name] = Table(name, columns, has_key, self._next_born)
        if self.in_transaction:
            self._changed.discard(name)
        listed = ", ".join(f"{c} {t}" for c, t in columns.items())
        return f"{verb} {name}({listed}{', PRIMARY KEY (id)' if has_key else ''})"

    def _drop_table(self):
        if len(self.tables) < 3:
            return self._create_table()
        name = self._source().name
        del self.tables[name]
        return f"DROP TABLE {name}"

    def _fresh_column(self):
        self._next_column += 1
        return f"c{self._next_column}"

    def _row(self, table):
        self._next_id += 1
        fixed = [str(self._next_id), str(self.random.randint(0, 6))]
        return (
            "("
            + ", ".join(fixed + [self._value(t) for t in list(table.columns.values())[2:]])
            + ")"
        )

    def _insert_values(self):
        table = self._table()
        rows = ", ".join(self._row(table) for _ in range(self.random.choice([1, 1, 2, 5])))
        return f"INSERT INTO {table.name} VALUES {rows}{self._returning(table)}"

    def _insert_select(self):
        table = self._table()
        count = self.random.choice([3, 40, 400])
        start = self._next_id + 1
        self._next_id += count
        return (
            f"INSERT INTO {table.name} (grp, id) "
            f"SELECT i % 7, i FROM range({start}, {start + count}) s(i){self._returning(table)}"
        )

    def _keyed(self):
        """A table with a key that the running transaction has left alone, or None."""
        names = [n for n in sorted(self.tables) if self.tables[n].has_key]
        if self.in_transaction:
            names = [n for n in names if n not in self._changed | self._altered]
        if not names:
            return None
        name = self.random.choice(names)
        if self.in_transaction:
            self._changed.add(name)
        return self.tables[name]

    def _overlapping(self):
        """A range of ids, of which some are likely to be taken, and some are new."""
        start = self.random.randint(1, max(1, self._next_id))
        end = min(start + 12, self._next_id + 1)
        first_new = self._next_id + 1
        self._next_id += 3
        return (
            f"(SELECT i AS id, i % 5 AS grp FROM range({start}, {end}) r(i) UNION ALL "
            f"SELECT i, 6 FROM range({first_new}, {first_new + 3}) r(i))"
        )

    def _upsert(self):
        table = self._keyed()
        if table is None:
            return self._insert_select()
        action = self.random.choice(
            [
                "DO NOTHING",
                "(id) DO NOTHING",
                "(id) DO UPDATE SET grp = excluded.grp",
                "(id) DO UPDATE SET grp = excluded.grp + 10 WHERE excluded.grp < 3",
                f"(id) DO UPDATE SET grp = {table.name}.grp + excluded.grp",
            ]
        )
        return (
            f"INSERT INTO {table.name} (id, grp) SELECT id, grp FROM {self._overlapping()} "
            f"ON CONFLICT {action}{self._returning(table)}"
        )

    def _insert_or(self):
        table = self._keyed()
        if table is None:
            return self._insert_values()
        verb = self.random.choice(["REPLACE", "IGNORE"])
        return (
            f"INSERT OR {verb} INTO {table.name} (grp, id) "
            f"SELECT grp, id FROM {self._overlapping()}"
        )

    def _claim_key(self):
        """Fails where the id is taken."""
        table = self._keyed()
        if table is None:
            return self._bad_statement()
        taken = self.random.randint(1, max(1, self._next_id))
        return f"INSERT INTO {table.name} (id, grp) VALUES ({taken}, 1)"

    def _predicate(self, alias=""):
        r = self.random
        bound = r.randint(0, max(1, self._next_id))
        return r.choice(
            [
                f"{alias}grp = {r.randint(0, 6)}",
                f"{alias}id = {bound}",
                f"{alias}id % 11 = 3",
                f"{alias}id BETWEEN {bound} AND {bound + 20}",
                f"{alias}grp IN (1, 2) AND {alias}id > {bound}",
                f"{alias}id < {bound // 4}",
                f"{alias}grp IS NULL",
                f"{alias}id > {bound} OR {alias}grp = 5",
            ]
        )

    def _delete(self):
        table = self._table()
        return f"DELETE FROM {table.name} WHERE {self._predicate()}{self._returning(table)}"

    def _delete_using(self):
        target, source = self._table(), self._source()
        return (
            f"DELETE FROM {target.name} USING (SELECT DISTINCT id FROM {source.name} "
            f"WHERE {self._predicate()}) s WHERE {target.name}.id = s.id + 1"
        )

    def _update(self):
        table = self._table()
        column = self.random.choice(list(table.columns)[1:])
        value = self._value(table.columns[column])
        if column == "grp":
            value = self.random.choice(
                ["grp + 1", "NULL", "3", "(SELECT max(grp) FROM " + self._source().name + ")"]
            )
        return (
            f"UPDATE {table.name} SET {column} = {value} WHERE {self._predicate()}"
            f"{self._returning(table)}"
        )

    def _update_from(self):
        target, source = self._table(), self._source()
        return (
            f"UPDATE {target.name} SET grp = s.g FROM (SELECT id, min(grp) AS g FROM {source.name} "
            f"GROUP BY id) s WHERE {target.name}.id = s.id AND s.g IS NOT NULL"
        )

    def _merge(self):
        target = self._table()
        start = self.random.randint(0, max(1, self._next_id))
        self._next_id += 6
        first_new = self._next_id - 5
        extra = self.random.choice(
            [
                "WHEN MATCHED AND s.g = 2 THEN DELETE ",
                "WHEN MATCHED AND s.g = 1 THEN DO NOTHING ",
                "WHEN MATCHED AND t.grp IS NULL THEN DELETE WHEN MATCHED AND s.g = 3 "
                "THEN UPDATE SET grp = t.grp + 100 ",
                "WHEN NOT MATCHED BY SOURCE AND t.id % 9 = 1 THEN DELETE ",
                f"WHEN NOT MATCHED BY SOURCE AND t.id > {start + 20} THEN UPDATE SET grp = 8 ",
                "WHEN MATCHED AND s.g = 77 THEN ERROR ",
                "",
            ]
        )
        # DuckDB's own UPDATE action reads columns that it has not filled when there is a RETURNING.
        update, returning = self.random.choice(
            [
                ("WHEN MATCHED THEN UPDATE SET grp = s.g ", ""),
                ("WHEN MATCHED THEN UPDATE SET grp = s.g ", ""),
                ("WHEN MATCHED THEN DELETE ", " RETURNING merge_action, id, grp"),
            ]
        )
        if returning:
            extra = "WHEN MATCHED AND s.g = 1 THEN DO NOTHING "
        return (
            f"MERGE INTO {target.name} t USING (SELECT i AS id, i % 4 AS g "
            f"FROM range({start}, {start + 9}) r(i) "
            f"UNION SELECT i, 6 FROM range({first_new}, {first_new + 3}) r(i)) s "
            f"ON t.id = s.id {extra}"
            f"{update}"
            f"WHEN NOT MATCHED AND s.g = 6 THEN INSERT (id, grp) VALUES (s.id, s.g){returning}"
        )

    def _truncate(self):
        return f"{self.random.choice(['TRUNCATE', 'DELETE FROM'])} {self._table().name}"

    def _add_column(self):
        table = self._alterable()
        if table is None:
            return self._insert_values()
        column, type_name = self._fresh_column(), self.random.choice(
            ["INTEGER", "VARCHAR", "DOUBLE"]
        )
        table.columns[column] = type_name
        default = self.random.choice(["", f" DEFAULT {TYPES[type_name](self.random)}"])
        return f"ALTER TABLE {table.name} ADD COLUMN {column} {type_name}{default}"

    def _drop_column(self):
        table = self._alterable()
        if table is None:
            return self._insert_values()
        if len(table.columns) < 4:
            return self._add_column()
        column = self.random.choice(list(table.columns)[2:])
        del table.columns[column]
        return f"ALTER TABLE {table.name} DROP COLUMN {column}"

    def _rename_column(self):
        table = self._alterable()
        if table is None:
            return self._insert_values()
        old, new = self.random.choice(list(table.columns)[2:]), self._fresh_column()
        table.columns = {new if c == old else c: t for c, t in table.columns.items()}
        return f"ALTER TABLE {table.name} RENAME COLUMN {old} TO {new}"

    def _widen_column(self):
        table = self._alterable()
        if table is None:
            return self._insert_values()
        for column, type_name in list(table.columns.items())[2:]:
            if type_name in WIDENINGS:
                table.columns[column] = WIDENINGS[type_name]
                return (
                    f"ALTER TABLE {table.name} ALTER {column} SET DATA TYPE {WIDENINGS[type_name]}"
                )
        return self._add_column()

    def _bad_statement(self):
        table = self._table()
        return self.random.choice(
            [
                f"INSERT INTO {table.name} (id) VALUES ('no number')",
                f"SELECT nothing FROM {table.name}",
                f"UPDATE {table.name} SET absent = 1",
                "DELETE FROM no_such_table",
            ]
        )
