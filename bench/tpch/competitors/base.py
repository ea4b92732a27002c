"""What every competitor of the TPC-H benchmark offers."""

import os
import shutil

from support.attached import connect

TABLES = ["region", "nation", "supplier", "customer", "part", "partsupp", "orders", "lineitem"]


class Competitor:
    """One engine with the TPC-H tables, in a folder of its own."""

    name = ""

    def __init__(self, workspace, memory_limit=None):
        self.directory = os.path.join(workspace, self.name.replace(" ", "_"))
        shutil.rmtree(self.directory, ignore_errors=True)
        os.makedirs(self.directory)
        self.connection = connect()
        if memory_limit:
            self.connection.execute(f"SET memory_limit = '{memory_limit}'")
            self.connection.execute(f"SET temp_directory = '{self.directory}/spill'")
        self.open()

    def open(self):
        """Makes the target catalog current."""
        raise NotImplementedError

    def load(self, source, table):
        """Copies one generated Parquet file into a table, durably."""
        self.connection.execute(f"CREATE TABLE {table} AS FROM read_parquet('{source}')")

    def query(self, sql):
        return self.connection.execute(sql).fetchall()

    def close(self):
        self.connection.close()
