"""What every engine of the first-run benchmark offers."""

import os
import shutil


class Engine:
    """Holds the tables in a folder of its own; answers come as lists of rows."""

    name = ""

    def __init__(self, workspace):
        self.directory = os.path.join(workspace, self.name.replace(" ", "_"))
        shutil.rmtree(self.directory, ignore_errors=True)
        os.makedirs(self.directory)
        self.open()

    def open(self):
        pass

    def load(self, source, table):
        """Copies a Parquet file into a table."""
        raise NotImplementedError

    def read_files(self, files, table):
        """Reads files that are there instead."""
        raise NotImplementedError

    def query(self, sql):
        raise NotImplementedError

    def close(self):
        pass


def rows_of(table):
    """Of a pyarrow Table."""
    columns = [column.to_pylist() for column in table.columns]
    return list(zip(*columns)) if columns else []
