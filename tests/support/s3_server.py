"""An S3 server for tests."""

from __future__ import annotations

import urllib.request
from contextlib import contextmanager
from typing import Iterator

from moto.server import ThreadedMotoServer


@contextmanager
def s3_server(*buckets: str) -> Iterator[str]:
    """The endpoint of one with these buckets. The servers of a process share what is in them."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        for bucket in buckets:
            request = urllib.request.Request(f"{endpoint}/{bucket}", method="PUT")
            urllib.request.urlopen(request).close()
        yield endpoint
    finally:
        server.stop()
