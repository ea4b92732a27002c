"""Databases in a bucket of a server that speaks TLS."""

import pytest
from certificates import self_signed
from s3_server import s3_server

KEYS = "region=us-east-1&access_key_id=key&secret_access_key=hidden"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return self_signed(tmp_path_factory.mktemp("certificate"), "127.0.0.1", "known.example")


@pytest.fixture(scope="module")
def endpoint(certificate):
    with s3_server("lake", certificate=certificate) as url:
        yield url


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    for name in ["AWS_CA_BUNDLE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_PROFILE"]:
        monkeypatch.delenv(name, raising=False)


def test_rows_are_written_and_read_where_the_option_names_the_authority(
    cli, endpoint, certificate
):
    db = f"s3://lake/option?endpoint={endpoint}&ca_bundle={certificate.certificate}&{KEYS}"
    cli.ok("create", db, "t", "--schema", "i BIGINT, s VARCHAR")
    cli.ok("query", db, "INSERT INTO t SELECT i, 's' || i FROM range(20000) r(i)")
    cli.ok("query", db, "UPDATE t SET s = 'new' WHERE i = 7")
    assert cli.query(db, "SELECT count(*) AS n, sum(i) AS i FROM t") == [
        {"n": 20000, "i": 199990000}
    ]
    assert cli.query(db, "SELECT s FROM t WHERE i IN (7, 8) ORDER BY i") == [
        {"s": "new"}, {"s": "s8"}
    ]


def test_rows_are_written_and_read_where_the_variable_names_the_authority(
    cli, endpoint, certificate, monkeypatch
):
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate.certificate))
    db = f"s3://lake/variable?endpoint={endpoint}&{KEYS}"
    cli.ok("create", db, "t", "--schema", "i BIGINT")
    cli.ok("query", db, "INSERT INTO t VALUES (1), (2)")
    assert cli.query(db, "SELECT sum(i) AS i FROM t") == [{"i": 3}]
