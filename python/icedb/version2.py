"""The class of version 2, over tables of version 3."""

from __future__ import annotations

from typing import Any, Callable
from uuid import uuid4

from .engine import Client, rows as answer
from .icedb import IceDBv3, PartitionFunctionType
from .log import S3Client
from .partitions import Partitioning
from .rows import Rows


class IceDB(IceDBv3):
    """The names of version 2. What belongs to `pgdsn` is not looked at: the log is enough."""

    def __init__(
        self,
        partitionStrategy: PartitionFunctionType | Partitioning,
        sortOrder: list[str],
        formatRow: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
        pgdsn: str = "",
        s3bucket: str = "",
        s3region: str = "",
        s3accesskey: str = "",
        s3secretkey: str = "",
        s3endpoint: str = "",
        set_isolation: bool = False,
        create_table: bool = True,
        duckdb_ext_dir: str | None = None,
        unique_row_key: str | None = None,
        row_group_size: int = 122_880,
        s3_client: Client | None = None,
    ):
        client = s3_client or S3Client(
            "icedb", s3bucket, s3region, s3endpoint, s3accesskey, s3secretkey
        )
        super().__init__(
            partitionStrategy,
            sortOrder,
            s3_client=client,
            duckdb_ext_dir=duckdb_ext_dir,
            row_group_size=row_group_size,
        )
        self.format_row = formatRow
        self.unique_row_key = unique_row_key

    def insert(self, rows: Rows) -> Any:  # type: ignore[override]
        """Keys of the files that were written. Each row gets a `_row_id`, once in a table."""
        if isinstance(rows, (list, tuple)):
            rows = [self._formatted(row) for row in rows]
        return [file.path for file in super().insert(rows)]

    def _formatted(self, row: dict[str, Any]) -> dict[str, Any]:
        made = self.format_row(dict(row)) if self.format_row else dict(row)
        key = self.unique_row_key
        made["_row_id"] = str(made[key]) if key else str(uuid4())
        if "_partition" not in made and not isinstance(self.partition_function, Partitioning):
            made["_partition"] = self.partition_function(row)
        return made

    def merge_files(
        self,
        maxFileSize: int,
        maxFileCount: int = 10,
        asc: bool = False,
        partition_prefix: str | None = None,
        custom_merge_query: str | None = None,
    ) -> int:
        """How many files were merged, of the last partition by name or, with `asc`, the first."""
        return len(
            self._merge(
                max_file_size=maxFileSize,
                max_file_count=maxFileCount,
                partition_order="name_asc" if asc else "name_desc",
                partition_prefix=partition_prefix,
                query=custom_merge_query,
            )[3]
        )

    def get_files(self, gte_part: str, lte_part: str) -> list[str]:
        """URLs of the alive files of a range of partitions."""
        files = answer("icedb_files", self.data_s3c, self.log_s3c)
        return [
            f"s3://{self.data_s3c.s3bucket}/{row[0]}"
            for row in files
            if row[3] is None and gte_part <= row[4] <= lte_part
        ]

    def remove_inactive_parts(
        self, min_age_ms: int, partition_prefix: str | None = None, limit: int = 10
    ) -> list[str]:
        """Keys of the data files that were deleted; all partitions at once."""
        return self.tombstone_cleanup(min_age_ms)[2]

    def close(self) -> None:
        """Nothing is held open."""
