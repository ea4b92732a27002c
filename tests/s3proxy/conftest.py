"""A proxy to talk to, the databases behind it, and what plain SQL says of them."""

import json
import os
import re
import signal
import subprocess

import boto3
import pytest
from botocore.config import Config

PROXY = os.environ.get("ICEFALLDB_S3PROXY", "build/release/src/s3proxy/icefalldb-s3proxy")
ENGINE = os.environ.get("ICEFALLDB", "build/release/src/cli/icefalldb")
KEY, SECRET = "AKIDEXAMPLE", "secret/of+the=key"


class Database:
    """A native database, changed and asked by the command line."""

    def __init__(self, path):
        self.path = str(path)

    def run(self, command, *arguments):
        done = subprocess.run([ENGINE, command, self.path, *arguments], capture_output=True,
                              text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def create(self, table, schema):
        self.run("create", table, "--schema", schema)

    def sql(self, text):
        out = self.run("query", text)
        return json.loads(out) if out.startswith("[") else out

    def rows(self, text):
        """Of a query, as tuples."""
        return [tuple(row.values()) for row in self.sql(text)]


class Proxy:
    def __init__(self, folder, config, environment=None):
        self.folder = folder
        config = {"listen": "127.0.0.1:0", "metrics_listen": "127.0.0.1:0",
                  "keys": [{"access_key_id": KEY, "secret_access_key": SECRET}],
                  "cache": {"directory": str(folder / "cache")}, **config}
        self.config = folder / "proxy.json"
        self.config.write_text(json.dumps(config))
        self.process = subprocess.Popen([PROXY, str(self.config)], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env=environment)
        self.url = self.metrics_url = None
        while self.url is None:
            line = self.process.stdout.readline()
            if not line:
                raise AssertionError(self.process.stderr.read())
            found = re.match(r"(listening|metrics) at (\S+)", line)
            if found[1] == "metrics":
                self.metrics_url = found[2]
            else:
                self.url = found[2]

    @property
    def host(self):
        return self.url.split("//")[1]

    @property
    def port(self):
        return int(self.url.rsplit(":", 1)[1])

    def client(self, key=KEY, secret=SECRET, region="us-east-1", style="path", **options):
        return boto3.client(
            "s3", endpoint_url=self.url, aws_access_key_id=key, aws_secret_access_key=secret,
            region_name=region, verify=False if self.url.startswith("https") else None,
            config=Config(s3={"addressing_style": style}, retries={"max_attempts": 1},
                          signature_version="s3v4", connect_timeout=5, read_timeout=60, **options))

    def stop(self):
        """The exit code, and what it wrote on standard error."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        _, errors = self.process.communicate(timeout=60)
        return self.process.returncode, errors


@pytest.fixture
def start(tmp_path):
    """Starts proxies that end with the test, in good order."""
    proxies = []

    def start_proxy(**config):
        folder = tmp_path / f"proxy{len(proxies)}"
        folder.mkdir()
        proxies.append(Proxy(folder, config))
        return proxies[-1]

    yield start_proxy
    for proxy in proxies:
        assert proxy.stop() == (0, "")


@pytest.fixture
def database(tmp_path):
    return Database(tmp_path / "db")


def keys_of(client, bucket, **options):
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, **options)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]
