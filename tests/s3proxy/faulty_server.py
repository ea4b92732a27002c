"""Stands in front of an S3 server, and delays, refuses, cuts or shortens its answers."""

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SLOW_DOWN = (b"<?xml version='1.0' encoding='UTF-8'?><Error><Code>SlowDown</Code>"
             b"<Message>Please reduce your request rate.</Message></Error>")
HOP_BY_HOP = {"connection", "transfer-encoding", "content-length"}


class FaultyServer:
    """`choose(method, path)` says what happens to a request: None (nothing), a number of seconds by
    which the answer is late, or one of

    "slow down"     503, as S3 says that it is asked too often
    "broken"        500
    "no answer"     the connection is cut before the answer
    "cut"           the connection is cut in the middle of the body
    "shorter"       an answer that says it is whole, with half of the bytes
    """

    def __init__(self, endpoint):
        self.target = endpoint.removeprefix("http://")
        self.choose = lambda method, path: None
        self.stopping = threading.Event()
        self.faults = []  # those that happened
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self):
                outer.answer(self)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def stop(self):
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def answer(self, handler):
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        fault = self.choose(handler.command, handler.path)
        if fault is not None:
            self.faults.append(fault)
        if isinstance(fault, float):
            self.stopping.wait(fault)
        elif fault in ("slow down", "broken"):
            text = SLOW_DOWN if handler.command != "HEAD" else b""
            return self.send(handler, 503 if fault == "slow down" else 500, [], text, len(text))
        elif fault == "no answer":
            handler.close_connection = True
            return None
        connection = http.client.HTTPConnection(self.target)
        connection.request(handler.command, handler.path, body, dict(handler.headers))
        found = connection.getresponse()
        content = found.read()
        size = int(found.headers.get("Content-Length", len(content)))
        if fault in ("cut", "shorter"):
            content = content[: len(content) // 2]
        if fault == "shorter":
            size = len(content)
        self.send(handler, found.status, found.getheaders(), content, size)
        connection.close()
        if fault == "cut":
            handler.close_connection = True
        return None

    @staticmethod
    def send(handler, status, headers, content, size):
        handler.send_response_only(status)
        for name, value in headers:
            if name.lower() not in HOP_BY_HOP:
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(size))
        handler.end_headers()
        try:
            handler.wfile.write(content)
        except OSError:  # the other side has gone
            handler.close_connection = True
