"""Engines that answer with Arrow tables: DataFusion, Polars, delta-rs, chDB."""

import os

import datafusion
import polars
import pyarrow
import pyarrow.parquet
from chdb.session import Session
from deltalake import DeltaTable, QueryBuilder, write_deltalake

from .base import Engine, rows_of


class DataFusion(Engine):
    """Over the files that IcefallDB wrote."""

    name = "DataFusion"

    def open(self):
        self.context = datafusion.SessionContext()

    def read_files(self, files, table):
        # A folder where there are more: they are all that is in it.
        self.context.register_parquet(
            table, files[0] if len(files) == 1 else os.path.dirname(files[0]) + "/"
        )

    def query(self, sql):
        return rows_of(self.context.sql(sql).to_arrow_table())


class Polars(Engine):
    """Over the files that IcefallDB wrote, with its streaming engine."""

    name = "Polars"

    def open(self):
        self.context = polars.SQLContext()

    def read_files(self, files, table):
        self.context.register(table, polars.scan_parquet(files))

    def query(self, sql):
        return self.context.execute(sql).collect(engine="streaming").rows()


class Delta(Engine):
    """delta-rs, by its own query engine."""

    name = "delta-rs"

    def open(self):
        self.builder = QueryBuilder()

    def load(self, source, table):
        place = f"{self.directory}/{table}"
        file = pyarrow.parquet.ParquetFile(source)
        batches = pyarrow.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches())
        write_deltalake(place, batches)
        self.builder.register(table, DeltaTable(place))

    def query(self, sql):
        return rows_of(pyarrow.table(self.builder.execute(sql).read_all()))


class ChDb(Engine):
    """ClickHouse in the process, with MergeTree tables."""

    name = "chDB MergeTree"

    def open(self):
        self.session = Session(self.directory)
        self.session.query("CREATE DATABASE IF NOT EXISTS bench ENGINE = Atomic")
        self.session.query("USE bench")
        self.session.query("SET schema_inference_make_columns_nullable = 0")
        self.session.query("SET output_format_arrow_date_as_uint16 = 0")

    def load(self, source, table):
        self.session.query(
            f"CREATE TABLE {table} ENGINE = MergeTree ORDER BY tuple() AS "
            f"SELECT * FROM file('{source}', Parquet)"
        )

    def query(self, sql):
        return rows_of(self.session.query(sql, "ArrowTable"))

    def close(self):
        self.session.close()
