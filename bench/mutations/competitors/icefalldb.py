"""IcefallDB inside the same DuckDB."""

import icefalldb

from .duckdb_based import DuckdbBased


class IcefallDb(DuckdbBased):
    name = "IcefallDB"
    options = ""

    def attach(self):
        icefalldb.load(self.connection)
        self.connection.execute(
            f"ATTACH '{self.directory}/db' AS target (TYPE icefall{self.options})"
        )
        self.connection.execute("USE target")
