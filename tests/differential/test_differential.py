"""The same random statements on an IcefallDB database and on plain DuckDB give the same rows."""

import os
import random

import duckdb
import icefalldb
import pytest

from statement_generator import StatementGenerator

STATEMENTS = int(os.environ.get("ICEFALL_DIFFERENTIAL_STATEMENTS", "600"))
SEEDS = [int(s) for s in os.environ.get("ICEFALL_DIFFERENTIAL_SEEDS", "1,2,3,4,5").split(",")]


class Pair:
    """One engine under test and its oracle, driven by the same statements."""

    def __init__(self, directory):
        self.directory = directory
        self.oracle = duckdb.connect()
        self.engine = None
        self.reopen()

    def reopen(self):
        if self.engine is not None:
            self.engine.close()
        self.engine = duckdb.connect(config={"allow_unsigned_extensions": "true"})
        icefalldb.load(self.engine)
        self.engine.execute(f"ATTACH '{self.directory}' AS my (TYPE icefall)")
        self.engine.execute("USE my")

    @staticmethod
    def outcome(connection, statement):
        """The rows (what RETURNING answers, or a count) sorted, or the error."""
        try:
            return sorted(map(repr, connection.execute(statement).fetchall()))
        except duckdb.Error as error:
            return error

    def run(self, statement, trail=()):
        """Runs on both; answers whether it succeeded. Differing outcomes fail."""
        expected = self.outcome(self.oracle, statement)
        found = self.outcome(self.engine, statement)
        both_fail = isinstance(expected, duckdb.Error) and isinstance(found, duckdb.Error)
        assert both_fail or expected == found, (
            f"{statement}\nDuckDB: {expected}\nIcefallDB: {found}\nafter:\n"
            + ";\n".join(trail[-12:])
        )
        return not both_fail


def table_rows(connection, source):
    result = connection.execute(f"SELECT * FROM {source} ORDER BY ALL")
    names = [column[0] for column in result.description]
    types = [str(column[1]) for column in result.description]
    return names, types, repr(result.fetchall())


def compare(pair, tables, trail):
    for name in tables:
        assert table_rows(pair.engine, name) == table_rows(
            pair.oracle, name
        ), f"table {name} differs after:\n" + ";\n".join(trail[-12:])


def sequence_of(pair, name):
    query = f"SELECT max(sequence) FROM icefall_snapshots('my.main.{name}')"
    return pair.engine.execute(query).fetchone()[0]


def check_history(pair, history, chooser):
    """A remembered state is still there, under its sequence."""
    if not history:
        return
    name, _, sequence, expected = chooser.choice(history)
    found = table_rows(pair.engine, f"{name} AT (VERSION => {sequence})")
    assert found == expected, f"{name} at version {sequence}"


@pytest.mark.parametrize("seed", SEEDS)
def test_random_statements_agree_with_duckdb(tmp_path, seed):
    generator, pair = StatementGenerator(seed), Pair(tmp_path / "database")
    chooser, history, trail = random.Random(-seed), [], []
    for number in range(STATEMENTS):
        statement = generator.next()
        trail.append(statement)
        succeeded = pair.run(statement, trail)
        if not succeeded and generator.in_transaction:
            # DuckDB ends a transaction whose statement failed at run time.
            pair.run("ROLLBACK")
            generator.roll_back()
        if number % 7 == 0:
            compare(pair, generator.tables, trail)
        if number % 23 == 0 and not generator.in_transaction:
            name = chooser.choice(sorted(generator.tables))
            born = generator.tables[name].born
            history.append((name, born, sequence_of(pair, name), table_rows(pair.oracle, name)))
            alive = {(t.name, t.born) for t in generator.tables.values()}
            check_history(pair, [h for h in history if h[:2] in alive], chooser)
        if number % 101 == 100 and not generator.in_transaction:
            pair.reopen()
    if generator.in_transaction:
        pair.run("COMMIT")
    compare(pair, generator.tables, trail)
