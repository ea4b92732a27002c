"""IcefallDB inside the same DuckDB."""

import icefalldb

from .base import Competitor


class IcefallDb(Competitor):
    name = "IcefallDB"

    def open(self):
        icefalldb.load(self.connection)
        self.connection.execute(f"ATTACH '{self.directory}/db' AS target (TYPE icefall)")
        self.connection.execute("USE target")
        # Rounds are to be alike; what coming back gains is measured in bench/analytics.
        self.connection.execute("SET icefall_partial_aggregates = false")

    def data_files(self, table):
        rows = self.connection.execute(
            f"SELECT path FROM icefall_fragments('target.main.{table}') WHERE path IS NOT NULL"
        ).fetchall()
        return [f"{self.directory}/db/{table}/{path}" for (path,) in rows]
