"""An S3 server for tests."""

from __future__ import annotations

import ssl
import urllib.request
from contextlib import contextmanager
from threading import Thread
from typing import Iterator

from certificates import Certificate
from moto.server import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server


@contextmanager
def s3_server(
    *buckets: str, certificate: Certificate | None = None, host: str = "127.0.0.1"
) -> Iterator[str]:
    """The endpoint of one with these buckets, which speaks TLS where it has a certificate.

    It listens at 127.0.0.1, whatever the host of the endpoint is. The servers of a process share
    what is in them.
    """
    server = make_server(
        "127.0.0.1",
        0,
        DomainDispatcherApplication(create_backend_app),
        threaded=True,
        request_handler=MotoRequestHandler,
        ssl_context=certificate and tuple(map(str, certificate)),
    )
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        scheme = "https" if certificate else "http"
        for bucket in buckets:
            url = f"{scheme}://127.0.0.1:{server.server_port}/{bucket}"
            request = urllib.request.Request(url, method="PUT")
            # Certificates are what its clients look at, and may be meant to be wrong.
            urllib.request.urlopen(request, context=ssl._create_unverified_context()).close()
        yield f"{scheme}://{host}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
