"""Runs a command with ICEFALL_TEST_S3 naming a bucket of an S3 server that lives as long.

The server is moto's, or the versitygw program that ICEFALL_VERSITYGW names.
"""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

KEY, SECRET = "test-key", "test-secret"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def command_of_server(port, folder):
    gateway = os.environ.get("ICEFALL_VERSITYGW")
    if gateway:
        keys = ["--access", KEY, "--secret", SECRET]
        return [gateway, "--port", f"127.0.0.1:{port}", *keys, "posix", folder]
    return [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]


def wait_until_it_answers(url, server):
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            with contextlib.suppress(subprocess.TimeoutExpired):
                sys.exit(f"the S3 server ended with status {server.wait(timeout=0.05)}")
    sys.exit("the S3 server does not answer")


def main():
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        if os.environ.get("ICEFALL_VERSITYGW"):
            os.mkdir(f"{folder}/lake")
        log = open(f"{folder}.log", "wb")
        server = subprocess.Popen(command_of_server(port, folder), stdout=log, stderr=log)
        try:
            wait_until_it_answers(endpoint, server)
            if not os.environ.get("ICEFALL_VERSITYGW"):
                urllib.request.urlopen(urllib.request.Request(f"{endpoint}/lake", method="PUT"))
            options = f"endpoint={endpoint}&access_key_id={KEY}&secret_access_key={SECRET}"
            environment = {**os.environ, "ICEFALL_TEST_S3": f"//lake?{options}"}
            status = subprocess.call(sys.argv[1:], env=environment)
        finally:
            server.terminate()
            server.wait()
            log.close()
            os.remove(log.name)
    sys.exit(status)


if __name__ == "__main__":
    main()
