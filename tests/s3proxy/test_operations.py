"""Each operation and error of the protocol, and odd names, by boto3 and by hand."""

import http.client
import re
import urllib.error
import urllib.request

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from conftest import KEY, SECRET, Proxy, keys_of
from icedb_tables import ODD_KEYS, IcedbTable


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A proxy with a bucket of odd keys, and what is stored under them."""
    folder = tmp_path_factory.mktemp("served")
    table = IcedbTable(folder / "table")
    table.log(1000, *[table.write(key, [{"i": i}]) for i, key in enumerate(ODD_KEYS)])
    public = table.bucket(name="public", anonymous=True)
    proxy = Proxy(folder, {"buckets": [table.bucket(), public]})
    yield proxy, table
    assert proxy.stop() == (0, "")


@pytest.fixture
def client(served):
    return served[0].client()


def stored(served, key):
    return (served[1].path / "_data" / key).read_bytes()


def refused(call, **arguments):
    with pytest.raises(ClientError) as error:
        call(**arguments)
    answer = error.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def test_odd_keys(served, client):
    assert keys_of(client, "t") == sorted(ODD_KEYS, key=str.encode)
    for key in ODD_KEYS:
        got = client.get_object(Bucket="t", Key=key)
        assert got["Body"].read() == stored(served, key)
        head = client.head_object(Bucket="t", Key=key)
        assert head["ContentLength"] == got["ContentLength"] == len(stored(served, key))
        assert keys_of(client, "t", Prefix=key) == [key]


def test_keys_without_encoding(served):
    """As servers answer clients that do not ask for encoding-type=url."""
    url = f"{served[0].url}/public?list-type=2"
    text = urllib.request.urlopen(url).read().decode()
    assert "<Key>u=é漢字😀/ü.parquet</Key>" in text
    assert "<Key>u=a&amp;b?c#d/x;y,z.parquet</Key>" in text


@pytest.mark.parametrize("version", [1, 2])
def test_listing_pages_with_delimiters(client, version):
    name = "list_objects" if version == 1 else "list_objects_v2"
    for size in (1, 2, 3, 100):
        pages = client.get_paginator(name).paginate(
            Bucket="t", Delimiter="/", PaginationConfig={"PageSize": size})
        folders, keys = [], []
        for page in pages:
            folders += [item["Prefix"] for item in page.get("CommonPrefixes", [])]
            keys += [item["Key"] for item in page.get("Contents", [])]
        assert keys == ["plain.parquet"]
        expected = {key.split("/")[0] + "/" for key in ODD_KEYS if "/" in key}
        assert folders == sorted(expected, key=str.encode)


def test_listing_members(client):
    page = client.list_objects_v2(Bucket="t", MaxKeys=3, StartAfter="u= ", Prefix="u=")
    ordered = [key for key in sorted(ODD_KEYS, key=str.encode) if key > "u= " and key[:2] == "u="]
    assert [item["Key"] for item in page["Contents"]] == ordered[:3]
    assert page["IsTruncated"] and page["KeyCount"] == page["MaxKeys"] == 3
    assert (page["Name"], page["Prefix"], page["StartAfter"]) == ("t", "u=", "u= ")
    again = client.list_objects_v2(Bucket="t", Prefix="u=",
                                   ContinuationToken=page["NextContinuationToken"])
    assert [item["Key"] for item in again["Contents"]] == ordered[3:]
    assert not again["IsTruncated"] and "NextContinuationToken" not in again
    old = client.list_objects(Bucket="t", Marker=ordered[0], MaxKeys=1)
    assert [item["Key"] for item in old["Contents"]] == [ordered[1]]
    assert old["Marker"] == ordered[0]
    none = client.list_objects_v2(Bucket="t", MaxKeys=0)
    assert none["KeyCount"] == 0 and not none["IsTruncated"]
    assert client.list_objects_v2(Bucket="t", Prefix="absent")["KeyCount"] == 0


def test_buckets(client):
    assert [bucket["Name"] for bucket in client.list_buckets()["Buckets"]] == ["public", "t"]
    client.head_bucket(Bucket="t")
    assert client.get_bucket_location(Bucket="t")["LocationConstraint"] is None
    assert refused(client.head_bucket, Bucket="absent") == (404, "404")
    assert refused(client.list_objects_v2, Bucket="absent") == (404, "NoSuchBucket")
    assert refused(client.get_object, Bucket="absent", Key="k") == (404, "NoSuchBucket")


def test_keys_that_are_not_there(client):
    assert refused(client.get_object, Bucket="t", Key="absent") == (404, "NoSuchKey")
    assert refused(client.get_object, Bucket="t", Key="u=a b/") == (404, "NoSuchKey")
    assert refused(client.get_object, Bucket="t", Key="../_log/1000_host.jsonl")[0] == 404
    assert refused(client.head_object, Bucket="t", Key="absent") == (404, "404")


def test_ranges(served, client):
    key, whole = ODD_KEYS[1], stored(served, ODD_KEYS[1])
    size = len(whole)

    def part(text):
        got = client.get_object(Bucket="t", Key=key, Range=text)
        body = got["Body"].read()
        assert len(body) == got["ContentLength"]
        return got["ResponseMetadata"]["HTTPStatusCode"], got.get("ContentRange"), body

    assert part("bytes=0-3") == (206, f"bytes 0-3/{size}", whole[:4])
    assert part("bytes=5-") == (206, f"bytes 5-{size - 1}/{size}", whole[5:])
    assert part("bytes=-8") == (206, f"bytes {size - 8}-{size - 1}/{size}", whole[-8:])
    assert part(f"bytes=0-{size * 2}") == (206, f"bytes 0-{size - 1}/{size}", whole)
    assert part("bytes=5-4") == part("lines=1-2") == (200, None, whole)
    assert refused(client.get_object, Bucket="t", Key=key, Range=f"bytes={size}-") == (
        416, "InvalidRange")
    head = client.head_object(Bucket="t", Key=key, Range="bytes=0-3")
    assert head["ContentLength"] == 4


def test_preconditions(client):
    key = ODD_KEYS[0]
    head = client.head_object(Bucket="t", Key=key)
    etag, time = head["ETag"], head["LastModified"]
    assert re.fullmatch('"[0-9a-f]{32}"', etag)
    for good in ({"IfMatch": etag}, {"IfNoneMatch": '"x"'}, {"IfUnmodifiedSince": time}):
        client.get_object(Bucket="t", Key=key, **good)
        client.head_object(Bucket="t", Key=key, **good)
    for same in ({"IfNoneMatch": etag}, {"IfModifiedSince": time}):
        assert refused(client.get_object, Bucket="t", Key=key, **same) == (304, "304")
    assert refused(client.get_object, Bucket="t", Key=key, IfMatch='"x"') == (
        412, "PreconditionFailed")


def test_everything_else_is_not_allowed(client):
    not_allowed = (405, "MethodNotAllowed")
    assert refused(client.put_object, Bucket="t", Key="k", Body=b"x" * 100_000) == not_allowed
    assert refused(client.delete_object, Bucket="t", Key="plain.parquet") == not_allowed
    assert refused(client.delete_objects, Bucket="t",
                   Delete={"Objects": [{"Key": "plain.parquet"}]}) == not_allowed
    assert refused(client.create_bucket, Bucket="new") == not_allowed
    assert refused(client.delete_bucket, Bucket="t") == not_allowed
    assert refused(client.copy_object, Bucket="t", Key="k",
                   CopySource="t/plain.parquet") == not_allowed
    assert refused(client.create_multipart_upload, Bucket="t", Key="k") == not_allowed
    assert refused(client.get_bucket_acl, Bucket="t") == not_allowed
    assert refused(client.get_bucket_versioning, Bucket="t") == not_allowed
    assert refused(client.get_object_tagging, Bucket="t", Key="plain.parquet") == not_allowed
    assert refused(client.list_object_versions, Bucket="t") == not_allowed
    assert "plain.parquet" in keys_of(client, "t")


@pytest.mark.parametrize("method", ["POST", "PATCH", "OPTIONS", "TRACE", "FOO"])
def test_other_methods(served, method):
    connection = http.client.HTTPConnection(served[0].host)
    connection.request(method, "/t/plain.parquet")
    answer = connection.getresponse()
    assert answer.status == 405 and answer.headers["Allow"] == "GET, HEAD"
    assert b"<Code>MethodNotAllowed</Code>" in answer.read()


def test_a_key_without_a_bucket(served):
    request = AWSRequest("GET", f"{served[0].url}//u=a+b/x.parquet")
    S3SigV4Auth(Credentials(KEY, SECRET), "s3", "us-east-1").add_auth(request)
    with pytest.raises(urllib.error.HTTPError) as refused_as:
        urllib.request.urlopen(urllib.request.Request(request.url, headers=dict(request.headers)))
    assert refused_as.value.code == 404 and b"NoSuchBucket" in refused_as.value.read()


def test_keys_however_they_are_written(served):
    """Unencoded, encoded, and encoded more than needed: the same object."""
    connection = http.client.HTTPConnection(served[0].host)
    for path in ("u=a+b/x.parquet", "u%3Da%2Bb/x.parquet", "u=a%2Bb%2Fx%2Eparquet"):
        connection.request("GET", f"/public/{path}")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, stored(served, "u=a+b/x.parquet"))
    for path in ("u=a%20b/x.parquet", "u%253Da%252Bb/x.parquet", "U=a+b/x.parquet"):
        connection.request("GET", f"/public/{path}")
        answer = connection.getresponse()
        assert answer.status == 404 and b"NoSuchKey" in answer.read()


def test_hosts_that_name_the_bucket(start, served):
    proxy = start(buckets=[served[1].bucket(anonymous=True)], domain="localhost")
    connection = http.client.HTTPConnection(proxy.host)
    connection.request("GET", "/plain.parquet", headers={"Host": f"t.localhost:{proxy.port}"})
    assert connection.getresponse().read() == stored(served, "plain.parquet")
    connection.request("GET", "/t/plain.parquet", headers={"Host": f"localhost:{proxy.port}"})
    assert connection.getresponse().read() == stored(served, "plain.parquet")
    connection.request("GET", "/?list-type=2", headers={"Host": f"t.localhost:{proxy.port}"})
    assert b"<Name>t</Name>" in connection.getresponse().read()


def test_headers_that_a_signed_request_asks_for(client):
    got = client.get_object(Bucket="t", Key=ODD_KEYS[0], ResponseContentType="text/x",
                            ResponseContentDisposition="attachment; filename=x")
    assert got["ContentType"] == "text/x"
    assert got["ContentDisposition"] == "attachment; filename=x"


def test_wrong_parameters(served, client):
    assert refused(client.list_objects_v2, Bucket="t", ContinuationToken="zz") == (
        400, "InvalidArgument")
    connection = http.client.HTTPConnection(served[0].host)
    for query in ("max-keys=x", "list-type=3", "encoding-type=zip"):
        connection.request("GET", f"/public?{query}")
        answer = connection.getresponse()
        assert answer.status == 400 and b"InvalidArgument" in answer.read()


def test_the_keys_secret_is_needed(served):
    proxy = served[0]
    assert KEY and SECRET
    assert refused(proxy.client(secret="wrong").list_objects_v2, Bucket="t") == (
        403, "SignatureDoesNotMatch")
    assert refused(proxy.client(key="other").list_objects_v2, Bucket="t") == (
        403, "InvalidAccessKeyId")
    assert refused(proxy.client(region="eu-west-1").list_buckets) == (
        400, "AuthorizationHeaderMalformed")
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(f"{proxy.url}/t/plain.parquet")
    assert error.value.code == 403 and b"AccessDenied" in error.value.read()
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(proxy.url)
    assert error.value.code == 403


@pytest.mark.parametrize("key", ODD_KEYS)
def test_presigned_urls(served, client, key):
    url = client.generate_presigned_url("get_object", Params={"Bucket": "t", "Key": key},
                                        ExpiresIn=60)
    assert urllib.request.urlopen(url).read() == stored(served, key)
    for changed in (url.replace("Expires=60", "Expires=61"), url[:-1] + ("0" if url[-1] != "0"
                                                                        else "1")):
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(changed)
        assert error.value.code == 403 and b"SignatureDoesNotMatch" in error.value.read()


def test_keys_that_may_read_some_buckets(start, served):
    proxy = start(buckets=[served[1].bucket(), served[1].bucket(name="u")], keys=[
        {"access_key_id": "one", "secret_access_key": "s1", "buckets": ["u"]},
        {"access_key_id": "all", "secret_access_key": "s2"}])
    one, both = proxy.client("one", "s1"), proxy.client("all", "s2")
    assert [bucket["Name"] for bucket in one.list_buckets()["Buckets"]] == ["u"]
    assert [bucket["Name"] for bucket in both.list_buckets()["Buckets"]] == ["t", "u"]
    assert keys_of(one, "u") == keys_of(both, "t")
    assert refused(one.list_objects_v2, Bucket="t") == (403, "AccessDenied")
    assert refused(one.get_object, Bucket="t", Key="plain.parquet") == (403, "AccessDenied")
