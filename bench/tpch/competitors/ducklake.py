"""DuckLake with a DuckDB file as its catalog."""

import glob
import os

import duckdb_extension_ducklake

from .base import Competitor


class Ducklake(Competitor):
    name = "DuckLake"

    def open(self):
        package = os.path.dirname(duckdb_extension_ducklake.__file__)
        (extension,) = glob.glob(f"{package}/**/*.duckdb_extension", recursive=True)
        self.connection.execute(f"LOAD '{extension}'")
        self.connection.execute(
            f"ATTACH 'ducklake:{self.directory}/catalog.ducklake' AS target "
            f"(DATA_PATH '{self.directory}/data')"
        )
        self.connection.execute("USE target")
