"""A directory instead of a bucket."""

from __future__ import annotations

import io
import os
from datetime import datetime, timezone
from pathlib import Path
from typing import Any


class LocalClient:
    """Takes the place of an S3Client: a table at `prefix` of a directory.

    `s3` has the calls of a boto3 client that look at objects and change them.
    """

    def __init__(self, prefix: str, directory: str | os.PathLike[str]):
        self.s3prefix = prefix
        self.s3bucket = str(Path(directory).absolute())
        self.s3 = DirectoryObjects(self.s3bucket)

    def location(self) -> str:
        return self.s3bucket


class DirectoryObjects:
    """Objects of a directory, by the calls of boto3's S3 client. `Bucket` is not looked at."""

    class exceptions:
        class NoSuchKey(KeyError):
            pass

    def __init__(self, directory: str):
        self._root = Path(directory)

    def _path(self, key: str) -> Path:
        if any(part in ("", ".", "..") for part in key.split("/")):
            raise ValueError(f"'{key}' is no key of an object")
        return self._root / key

    def _describe(self, key: str) -> dict[str, Any]:
        try:
            found = self._path(key).stat()
        except (FileNotFoundError, NotADirectoryError):
            raise self.exceptions.NoSuchKey(key) from None
        return {
            "ContentLength": found.st_size,
            "LastModified": datetime.fromtimestamp(found.st_mtime, timezone.utc),
            "ETag": f'"{found.st_ino:x}-{found.st_size:x}-{found.st_mtime_ns:x}"',
        }

    def head_object(self, *, Bucket: str = "", Key: str) -> dict[str, Any]:
        return self._describe(Key)

    def get_object(self, *, Bucket: str = "", Key: str) -> dict[str, Any]:
        answer = self._describe(Key)
        return {**answer, "Body": io.BytesIO(self._path(Key).read_bytes())}

    def put_object(self, *, Bucket: str = "", Key: str, Body: bytes | str = b"") -> dict[str, Any]:
        path = self._path(Key)
        path.parent.mkdir(parents=True, exist_ok=True)
        staged = path.parent / f".{path.name}.{os.getpid()}"
        staged.write_bytes(Body.encode() if isinstance(Body, str) else Body)
        os.replace(staged, path)
        return {"ETag": self._describe(Key)["ETag"]}

    def delete_object(self, *, Bucket: str = "", Key: str) -> dict[str, Any]:
        self._path(Key).unlink(missing_ok=True)
        return {}

    def list_objects_v2(
        self,
        *,
        Bucket: str = "",
        Prefix: str = "",
        MaxKeys: int = 1000,
        ContinuationToken: str = "",
        StartAfter: str = "",
    ) -> dict[str, Any]:
        after = ContinuationToken or StartAfter
        keys = [key for key in self._keys(Prefix) if key.startswith(Prefix) and key > after]
        page = sorted(keys)[:MaxKeys]
        answer: dict[str, Any] = {"KeyCount": len(page), "IsTruncated": len(keys) > len(page)}
        if page:
            answer["Contents"] = [self._entry(key) for key in page]
            answer["NextContinuationToken"] = page[-1]
        return answer

    def _entry(self, key: str) -> dict[str, Any]:
        described = self._describe(key)
        return {
            "Key": key,
            "Size": described["ContentLength"],
            "LastModified": described["LastModified"],
            "ETag": described["ETag"],
        }

    def _keys(self, prefix: str) -> list[str]:
        found = []
        for folder, _, names in os.walk(self._root / prefix.rpartition("/")[0]):
            base = os.path.relpath(folder, self._root)
            found += [
                name if base == "." else f"{base}/{name}"
                for name in names
                if not name.startswith(".")
            ]
        return found
