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


def refusal(cli, place):
    """What is said of the first request; that it was the only one is not said of any other."""
    message = cli.fails("query", place, "SELECT 1")
    assert "attempts" not in message
    return message


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


def test_an_authority_that_is_not_trusted_is_refused_at_once(cli, endpoint, tmp_path):
    message = refusal(cli, f"s3://lake/db?endpoint={endpoint}&{KEYS}")
    assert f"{endpoint}: expected a certificate for this host from an authority that the" in message
    assert "found: SSL certificate problem: self-signed certificate" in message
    assert "ca_bundle or AWS_CA_BUNDLE names a file of authorities to trust" in message
    other = self_signed(tmp_path / "other", "127.0.0.1").certificate
    message = refusal(cli, f"s3://lake/db?endpoint={endpoint}&ca_bundle={other}&{KEYS}")
    assert f"that '{other}' holds, found: SSL certificate problem" in message


def test_the_certificate_of_another_host_is_refused_at_once(cli, endpoint, certificate):
    elsewhere = endpoint.replace("127.0.0.1", "localhost")
    bundle = f"ca_bundle={certificate.certificate}"
    message = refusal(cli, f"s3://lake/db?endpoint={elsewhere}&{bundle}&{KEYS}")
    assert f"{elsewhere}: expected a certificate for this host" in message
    assert "'localhost'" in message.partition("found: ")[2]
    assert "(it is for IP Address:127.0.0.1, DNS:known.example)" in message


def test_a_file_of_authorities_that_is_none_is_refused_at_once(cli, endpoint, tmp_path):
    for path in [tmp_path / "none.pem", tmp_path / "text.pem"]:
        (tmp_path / "text.pem").write_text("no certificate")
        message = refusal(cli, f"s3://lake/db?endpoint={endpoint}&ca_bundle={path}&{KEYS}")
        assert f"expected a file of certificates (PEM) at '{path}'" in message
