"""Plain DuckDB over the very Parquet files that IcefallDB wrote: what our scan adds or saves."""

from .base import TABLES, Competitor


class DuckdbParquet(Competitor):
    name = "DuckDB on Parquet"

    def open(self):
        pass

    def read_files_of(self, icefall, source):
        for table in TABLES:
            # The two smallest tables stand inside the log.
            files = icefall.data_files(table) or [f"{source}/{table}.parquet"]
            self.connection.execute(f"CREATE VIEW {table} AS FROM read_parquet({files!r})")
