"""Tenants, metrics, TLS, and how the proxy starts and ends."""

import datetime
import http.server
import ipaddress
import json
import ssl
import subprocess
import threading
import urllib.request

import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from conftest import PROXY, keys_of
from icedb_tables import IcedbTable


class ControlPlane(http.server.BaseHTTPRequestHandler):
    """Answers as the control plane of the original proxy does."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append((self.path, self.headers["authorization"], body))
        answer = self.server.answers.get((body["VirtualBucket"], body["KeyID"]))
        self.send_response(404 if answer is None else 200)
        self.end_headers()
        self.wfile.write(json.dumps(answer or {}).encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def control_plane():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), ControlPlane)
    server.asked, server.answers = [], {}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_tenants_are_resolved(tmp_path, start, control_plane):
    for tenant in ("a", "b"):
        table = IcedbTable(tmp_path / "lake" / tenant)
        table.log(1000, table.write(f"{tenant}1.parquet", [{"i": 1}]))
        table.log(2000, table.write(f"{tenant}2.parquet", [{"i": 2}]))
    control_plane.answers = {("t", "one"): {"Prefix": "a"},
                             ("t", "two"): {"Prefix": "b", "TimeMS": 0},
                             ("old", "one"): {"Prefix": "a", "TimeMS": 1000}}
    url = f"http://127.0.0.1:{control_plane.server_port}"
    proxy = start(keys=[], resolve={"url": url, "location": str(tmp_path / "lake"),
                                    "authorization": "token", "secret_access_key": "icepassword"})
    one, two = proxy.client("one", "icepassword"), proxy.client("two", "icepassword")
    assert keys_of(one, "t") == ["a1.parquet", "a2.parquet"]
    assert keys_of(two, "t") == ["b1.parquet", "b2.parquet"]
    assert keys_of(one, "old") == ["a1.parquet"]
    assert control_plane.asked[0] == ("/resolve_virtual_bucket", "token",
                                      {"VirtualBucket": "t", "KeyID": "one"})
    before = len(control_plane.asked)
    assert keys_of(one, "t") == ["a1.parquet", "a2.parquet"]
    assert len(control_plane.asked) == before
    for client, bucket in ((two, "old"), (one, "absent")):
        with pytest.raises(ClientError) as error:
            keys_of(client, bucket)
        assert error.value.response["Error"]["Code"] == "NoSuchBucket"
    with pytest.raises(ClientError) as error:
        two.get_object(Bucket="t", Key="a1.parquet")
    assert error.value.response["Error"]["Code"] == "NoSuchKey"


def test_a_control_plane_that_is_not_there(tmp_path, start):
    (tmp_path / "lake").mkdir()
    proxy = start(keys=[], resolve={"url": "http://127.0.0.1:9", "location": str(tmp_path / "lake"),
                                    "secret_access_key": "icepassword"})
    with pytest.raises(ClientError) as error:
        keys_of(proxy.client("one", "icepassword"), "t")
    assert error.value.response["Error"]["Code"] == "ServiceUnavailable"


def test_metrics(tmp_path, start):
    table = IcedbTable(tmp_path / "table")
    table.log(1000, table.write("x.parquet", [{"i": 1}]))
    proxy = start(buckets=[table.bucket()])
    client = proxy.client()
    size = len(client.get_object(Bucket="t", Key="x.parquet")["Body"].read())
    keys_of(client, "t")
    with pytest.raises(ClientError):
        client.head_object(Bucket="t", Key="absent")
    text = urllib.request.urlopen(proxy.metrics_url).read().decode()
    for line in ('requests_total{operation="GetObject",status="200"} 1',
                 'requests_total{operation="ListObjectsV2",status="200"} 1',
                 'requests_total{operation="HeadObject",status="404"} 1'):
        assert f"\nicefalldb_s3proxy_{line}\n" in text
    (sent,) = [line.split()[1] for line in text.splitlines()
               if line.startswith("icefalldb_s3proxy_sent_bytes_total")]
    assert int(sent) > size
    health = proxy.metrics_url.replace("/metrics", "/hc")
    assert urllib.request.urlopen(health).read() == b"ok\n"


@pytest.fixture
def certificate(tmp_path):
    """Paths of a certificate for 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name)
            .public_key(key.public_key()).serial_number(1)
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName(
                [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
            .sign(key, hashes.SHA256()))
    (tmp_path / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()))
    return {"certificate": str(tmp_path / "cert.pem"), "key": str(tmp_path / "key.pem")}


def test_tls(tmp_path, start, certificate):
    table = IcedbTable(tmp_path / "table")
    table.log(1000, table.write("x.parquet", [{"i": i} for i in range(500_000)]))
    proxy = start(buckets=[table.bucket(anonymous=True)], tls=certificate)
    assert proxy.url.startswith("https://")
    trusting = ssl.create_default_context(cafile=certificate["certificate"])
    body = urllib.request.urlopen(f"{proxy.url}/t/x.parquet", context=trusting).read()
    assert body == (tmp_path / "table/_data/x.parquet").read_bytes()
    assert keys_of(proxy.client(), "t") == ["x.parquet"]
    with pytest.raises(OSError):
        urllib.request.urlopen(proxy.url.replace("https", "http"))
    assert keys_of(proxy.client(), "t") == ["x.parquet"]


def start_up_error(tmp_path, config):
    path = tmp_path / "bad.json"
    path.write_text(config if isinstance(config, str) else json.dumps(config))
    done = subprocess.run([PROXY, str(path)], capture_output=True, text=True, check=False,
                          timeout=60)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("icefalldb-s3proxy: ") and done.stderr.count("\n") == 1
    return done.stderr


def test_start_up_errors(tmp_path, database, certificate):
    database.create("t", "i INTEGER")
    key = [{"access_key_id": "a", "secret_access_key": "b"}]
    good = {"name": "t", "location": database.path, "table": "t"}

    def error(**config):
        return start_up_error(tmp_path, {"listen": "127.0.0.1:0", "keys": key, "buckets": [good],
                                         **config})

    assert "expected JSON" in start_up_error(tmp_path, "{")
    assert "unknown member" in error(bucket=[])
    assert "bucket 't': " in error(buckets=[{**good, "location": str(tmp_path / "absent")}])
    assert "table 'main.u' not found" in error(buckets=[{**good, "table": "u"}])
    assert "snapshot 99 not found" in error(buckets=[{**good, "snapshot": 99}])
    assert "bucket 't': " in error(buckets=[{"name": "t", "format": "icedb",
                                             "location": str(tmp_path / "absent" / "table")}])
    assert not (tmp_path / "absent").exists()
    assert "TLS certificate" in error(tls={"certificate": "/absent", "key": "/absent"})
    assert "TLS key" in error(tls={**certificate, "key": certificate["certificate"]})
    assert "expected host:port" in error(listen="nowhere")
    assert "cache directory" in error(cache={"directory": "/proc/absent"})
    missing = subprocess.run([PROXY, str(tmp_path / "absent.json")], capture_output=True, text=True,
                             check=False)
    assert missing.returncode == 1 and "cannot be read" in missing.stderr


def test_a_configuration_is_checked(tmp_path, database):
    database.create("t", "i INTEGER")
    path = tmp_path / "proxy.json"
    path.write_text(json.dumps({"buckets": [{"name": "t", "location": database.path, "table": "t",
                                             "anonymous": True}]}))
    done = subprocess.run([PROXY, "--check", str(path)], capture_output=True, text=True,
                          check=False)
    assert (done.returncode, done.stdout) == (0, "the configuration is good\n"), done.stderr


def test_an_address_that_is_taken(tmp_path, database, start):
    database.create("t", "i INTEGER")
    bucket = {"name": "t", "location": database.path, "table": "t", "anonymous": True}
    proxy = start(buckets=[bucket])
    assert f"cannot listen at {proxy.host}: Address already in use" in start_up_error(
        tmp_path, {"listen": proxy.host, "buckets": [bucket]})


def test_it_ends_in_good_order_beside_open_connections(database, start):
    database.create("t", "i INTEGER")
    proxy = start(buckets=[{"name": "t", "location": database.path, "table": "t"}])
    keys_of(proxy.client(), "t")
    assert proxy.stop() == (0, "")
