"""Tables in IceDB's format, in a bucket or a directory, without a server and without locks.

>>> from icedb import IceDBv3, LocalClient
>>> client = LocalClient("events", example_directory)
>>> ice = IceDBv3(lambda row: f"user={row['user']}", ["ts"], s3_client=client)
>>> len(ice.insert([{"user": "a", "ts": 2}, {"user": "b", "ts": 1}, {"user": "a", "ts": 1}]))
2
>>> ice.query("SELECT user, ts FROM _rows ORDER BY ALL").fetchall()
[('a', 1), ('a', 2), ('b', 1)]
"""

from .log import (
    FileMarker,
    FileMarkerFromJSON,
    IceLogIO,
    LogMetadata,
    LogMetadataFromJSON,
    LogTombstone,
    LogTombstoneFromJSON,
    NoLogFilesException,
    S3Client,
    Schema,
    SchemaConflictException,
    get_log_file_info,
)
from .errors import MaintenanceConflictException
from .icedb import CompressionCodec, IceDBv3, PartitionFunctionType
from .local import LocalClient
from .partitions import Partitioning, bucket, day, hour, identity, month, partition_by, year
from .version2 import IceDB

__all__ = [
    "CompressionCodec",
    "FileMarker",
    "FileMarkerFromJSON",
    "IceDB",
    "IceDBv3",
    "IceLogIO",
    "LocalClient",
    "LogMetadata",
    "LogMetadataFromJSON",
    "LogTombstone",
    "LogTombstoneFromJSON",
    "MaintenanceConflictException",
    "NoLogFilesException",
    "PartitionFunctionType",
    "Partitioning",
    "S3Client",
    "Schema",
    "SchemaConflictException",
    "bucket",
    "day",
    "get_log_file_info",
    "hour",
    "identity",
    "month",
    "partition_by",
    "year",
]
