"""DuckLake with a DuckDB file as its catalog."""

from support.attached import attach_ducklake

from .base import Competitor


class Ducklake(Competitor):
    name = "DuckLake"

    def open(self):
        attach_ducklake(self.connection, self.directory)
