from __future__ import annotations

import hashlib
import json
import os
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from werkzeug.test import EnvironBuilder

from pipeline.data.s3_access import S3Access
from pipeline.data.s3_source import S3Source
from pipeline.local.application import HEADERS_KEY, Application
from pipeline.local.aws import BUCKET
from tests.pipeline.local.api.requests import ROLE
from tests.pipeline.local.fakes import Running
from tests.pipeline.local.wire import send, signed


def shifted(minutes: float) -> Any:
    """A client's clock that goes wrong by some minutes."""
    now = datetime.now(UTC).replace(tzinfo=None) + timedelta(minutes=minutes)
    return mock.patch("botocore.auth.get_current_datetime", return_value=now)


class TestTheAccount:
    def test_identity_role_and_bucket_are_there(self, server: Running, s3: Any) -> None:
        assert server.client("sts").get_caller_identity()["Account"] == "123456789012"
        role = server.client("iam").get_role(RoleName="imgpipe-execution")["Role"]
        assert role["Arn"] == ROLE
        trusted = role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"]
        assert "sagemaker.amazonaws.com" in trusted
        assert BUCKET in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]

    @pytest.mark.parametrize(
        ("service", "call", "result"),
        [
            ("logs", "describe_log_groups", "logGroups"),
            ("events", "list_rules", "Rules"),
            ("scheduler", "list_schedules", "Schedules"),
            ("cloudwatch", "describe_alarms", "MetricAlarms"),
        ],
    )
    def test_moto_answers_the_others(self, server: Running, service: str, call: str, result: str) -> None:
        assert result in getattr(server.client(service), call)()

    def test_a_service_that_nobody_answers_is_refused_by_name(self, server: Running) -> None:
        with pytest.raises(ClientError, match="does not answer the service 'ec2'"):
            server.client("ec2").describe_instances()


class TestObjects:
    @pytest.mark.parametrize("key", ["plain.txt", "a b/ü+~/%41 (1).txt", "dots/../and//slashes", "q?x=1&y#z"])
    def test_any_key_goes_in_and_out(self, s3: Any, name: str, key: str) -> None:
        s3.put_object(Bucket=BUCKET, Key=f"{name}/{key}", Body=b"text", Metadata={"my_key": "v"})
        found = s3.get_object(Bucket=BUCKET, Key=f"{name}/{key}")
        assert (found["Body"].read(), found["Metadata"]) == (b"text", {"my_key": "v"})
        listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{name}/")["Contents"]
        assert [item["Key"] for item in listed] == [f"{name}/{key}"]

    @pytest.mark.parametrize("folder", ["golden retriever", "dög ünï", "c++ 100%"])
    def test_obstore_lists_folders_whatever_their_names(
        self, server: Running, s3: Any, name: str, folder: str
    ) -> None:
        # On the wire it writes a space in a query as a plus.
        s3.put_object(Bucket=BUCKET, Key=f"{name}/{folder}/a b+c.jpg", Body=b"image")
        keys = (server.keys.access_key, server.keys.secret_key)
        for prefix in (name, f"{name}/{folder}"):
            source = S3Source(f"s3://{BUCKET}/{prefix}", S3Access("us-east-1", server.server.url, None, keys))
            files = [entry for entry in source.entries() if entry.kind == "file"]
            assert [f"{prefix}/{entry.path}" for entry in files] == [f"{name}/{folder}/a b+c.jpg"]
            assert list(source.open().read(files)) == [b"image"]

    def test_presigned_urls_with_a_plus_for_a_space(self, server: Running, s3: Any, name: str) -> None:
        s3.put_object(Bucket=BUCKET, Key=f"{name}/a b+c", Body=b"text")
        config = Config(signature_version="s3v4", s3={"addressing_style": "path"})
        request = {"Bucket": BUCKET, "Prefix": f"{name}/a b+"}
        url = server.client("s3", config=config).generate_presigned_url("list_objects_v2", request)
        assert "a%20b%2B" in url
        for form in (url, url.replace("a%20b", "a+b")):
            with urllib.request.urlopen(form, timeout=20) as response:
                assert f"<Key>{name}/a%20b%2Bc</Key>".encode() in response.read()

    def test_a_large_file_in_parts(self, s3: Any, name: str, tmp_path: Path) -> None:
        data = bytes(range(256)) * (12 * 4096)
        (tmp_path / "large").write_bytes(data)
        s3.upload_file(str(tmp_path / "large"), BUCKET, name)
        s3.download_file(BUCKET, name, str(tmp_path / "back"))
        assert hashlib.sha256((tmp_path / "back").read_bytes()).digest() == hashlib.sha256(data).digest()

    @pytest.mark.parametrize("version", [None, "s3v4"])
    def test_presigned_urls(self, server: Running, s3: Any, name: str, version: str | None) -> None:
        s3.put_object(Bucket=BUCKET, Key=f"{name}/ü x", Body=b"text")
        client = server.client(
            "s3", config=Config(signature_version=version, s3={"addressing_style": "path"})
        )
        url = client.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": f"{name}/ü x"})
        with urllib.request.urlopen(url, timeout=20) as response:
            assert response.read() == b"text"
        put = client.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": f"{name}/new"})
        assert send(server, "PUT", put.removeprefix(server.server.url), body=b"new")[0] == 200
        assert s3.get_object(Bucket=BUCKET, Key=f"{name}/new")["Body"].read() == b"new"

    @pytest.mark.parametrize("version", [None, "s3v4"])
    @pytest.mark.parametrize(
        "change",
        [
            pytest.param(lambda url: url.replace("/imgs/", "/other/"), id="another key"),
            pytest.param(lambda url: url.replace("Expires=", "Expires=9"), id="a longer life"),
        ],
    )
    def test_presigned_urls_that_were_changed(
        self, server: Running, name: str, version: str | None, change: Callable[[str], str]
    ) -> None:
        config = Config(signature_version=version, s3={"addressing_style": "path"})
        request = {"Bucket": BUCKET, "Key": f"{name}/imgs/x"}
        url = server.client("s3", config=config).generate_presigned_url("get_object", request, ExpiresIn=60)
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(change(url), timeout=20)
        with caught.value as error:
            assert (error.code, b"<Code>SignatureDoesNotMatch</Code>" in error.read()) == (403, True)

    @pytest.mark.parametrize("version", [None, "s3v4"])
    def test_presigned_urls_end(self, server: Running, name: str, version: str | None) -> None:
        config = Config(signature_version=version, s3={"addressing_style": "path"})
        with shifted(minutes=-5), mock.patch("botocore.auth.time.time", return_value=time.time() - 300):
            url = server.client("s3", config=config).generate_presigned_url(
                "get_object", {"Bucket": BUCKET, "Key": name}, ExpiresIn=60
            )
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(url, timeout=20)
        with caught.value as error:
            assert (error.code, b"<Message>Request has expired</Message>" in error.read()) == (403, True)


SERVICES = {
    "sagemaker": lambda client: client.list_models(),
    "s3": lambda client: client.list_buckets(),
    "sts": lambda client: client.get_caller_identity(),
    "scheduler": lambda client: client.list_schedules(),
    "cloudwatch": lambda client: client.list_metrics(),
}


def refused(server: Running, service: str, **changes: Any) -> tuple[str, int]:
    """Code and status of the error that a call ends with."""
    with pytest.raises(ClientError) as caught:
        SERVICES[service](server.client(service, **changes))
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


class TestWhoMayAsk:
    @pytest.mark.parametrize(
        ("service", "expected"),
        [
            ("sagemaker", ("UnrecognizedClientException", 400)),
            ("s3", ("InvalidAccessKeyId", 403)),
            ("sts", ("InvalidClientTokenId", 403)),
            ("scheduler", ("UnrecognizedClientException", 400)),
            ("cloudwatch", ("UnrecognizedClientException", 400)),
        ],
    )
    def test_another_access_key(self, server: Running, service: str, expected: tuple[str, int]) -> None:
        assert refused(server, service, aws_access_key_id="AKIDEXAMPLE") == expected

    @pytest.mark.parametrize(
        ("service", "expected"),
        [
            ("sagemaker", ("InvalidSignatureException", 400)),
            ("s3", ("SignatureDoesNotMatch", 403)),
            ("sts", ("SignatureDoesNotMatch", 403)),
            ("scheduler", ("InvalidSignatureException", 400)),
            ("cloudwatch", ("InvalidSignatureException", 400)),
        ],
    )
    def test_another_secret_key(self, server: Running, service: str, expected: tuple[str, int]) -> None:
        assert refused(server, service, aws_secret_access_key="wrong") == expected

    @pytest.mark.parametrize("minutes", [-16, 16])
    @pytest.mark.parametrize(
        ("service", "expected"),
        [
            ("sagemaker", ("InvalidSignatureException", 400)),
            ("s3", ("RequestTimeTooSkewed", 403)),
            ("sts", ("SignatureDoesNotMatch", 403)),
        ],
    )
    def test_a_clock_that_is_wrong(
        self, server: Running, service: str, expected: tuple[str, int], minutes: float
    ) -> None:
        with shifted(minutes):
            assert refused(server, service) == expected

    @pytest.mark.parametrize("minutes", [-14, 14])
    def test_a_clock_that_is_nearly_right(self, server: Running, minutes: float) -> None:
        with shifted(minutes):
            server.client("sagemaker").list_models()

    def test_another_region(self, server: Running) -> None:
        expected = "the region 'eu-west-1' is wrong; expecting 'us-east-1'"
        with pytest.raises(ClientError, match=expected):
            server.client("s3", region_name="eu-west-1").list_buckets()
        with pytest.raises(ClientError, match="valid region: us-east-1, not 'eu-west-1'"):
            server.client("sagemaker", region_name="eu-west-1").list_models()

    @pytest.mark.parametrize(
        ("headers", "expected"),
        [
            pytest.param({}, (403, b"<Code>AccessDenied</Code>"), id="of S3"),
            pytest.param(
                {"X-Amz-Target": "SageMaker.ListModels"},
                (400, b"MissingAuthenticationTokenException"),
                id="of SageMaker",
            ),
            pytest.param(
                {"Content-Type": "application/x-www-form-urlencoded"},
                (403, b"<Code>MissingAuthenticationToken</Code>"),
                id="of IAM",
            ),
            pytest.param({"Authorization": "Bearer x"}, (400, b"AuthorizationHeaderMalformed"), id="strange"),
            pytest.param(
                {
                    "Authorization": "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature="
                    + "0" * 64
                },
                (400, b"Credential must be"),
                id="no scope",
            ),
        ],
    )
    def test_requests_without_a_signature(
        self, server: Running, headers: dict[str, str], expected: tuple[int, bytes]
    ) -> None:
        status, _, body = send(server, "POST", "/", headers, b"{}")
        assert (status, expected[1] in body) == (expected[0], True), body

    @pytest.mark.parametrize(
        ("service", "expected"),
        [("sagemaker", (400, b"InvalidSignatureException")), ("s3", (400, b"XAmzContentSHA256Mismatch"))],
    )
    def test_a_body_that_was_changed(
        self, server: Running, name: str, service: str, expected: tuple[int, bytes]
    ) -> None:
        headers = {"X-Amz-Target": "SageMaker.ListModels"} if service == "sagemaker" else {}
        path = "/" if service == "sagemaker" else f"/{BUCKET}/{name}"
        own = signed(server, service, path, b'{"MaxResults": 1}', **headers)
        assert send(server, "POST", path, own, b'{"MaxResults": 1}')[0] != 403
        status, _, body = send(server, "POST", path, own, b'{"MaxResults": 9}')
        assert (status, expected[1] in body) == (expected[0], True), body

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param({"X-Amz-Target": "SageMaker.ListEndpoints"}, id="another operation"),
            pytest.param({"X-Amz-Meta-Added": "1"}, id="a header added"),
        ],
    )
    def test_headers_that_were_changed(self, server: Running, change: dict[str, str]) -> None:
        own = signed(server, "sagemaker", "/", b"{}", **{"X-Amz-Target": "SageMaker.ListModels"})
        assert send(server, "POST", "/", own, b"{}")[0] == 200
        status, _, body = send(server, "POST", "/", {**own, **change}, b"{}")
        assert (status, b"InvalidSignatureException" in body) == (400, True)

    def test_nobody_sweeps_without_a_signature(self, server: Running) -> None:
        status, _, body = send(server, "POST", "/_imgpipe/gc", {}, b'{"dry_run": false}')
        assert (status, b"AccessDenied" in body) == (403, True), body

    def test_it_listens_on_the_loopback_alone(self, server: Running) -> None:
        assert server.server.url.startswith("http://127.0.0.1:")
        port = int(server.server.url.rpartition(":")[2])
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as other:
            # Linux answers on all of 127.0.0.0/8 where a server listens on any address.
            assert other.connect_ex(("127.0.0.2", port)) != 0

    @pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost.evil.com:80"])
    def test_another_host(self, server: Running, host: str) -> None:
        status, _, body = send(server, "GET", "/_imgpipe/health", {"Host": host})
        assert (status, body.decode()) == (
            403,
            f"the Host header must name this machine's loopback, not {host!r}\n",
        )

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost:5333", "bucket.localhost:5333", "[::1]:80"])
    def test_the_names_of_this_machine(self, server: Running, host: str) -> None:
        status, _, body = send(server, "GET", "/_imgpipe/health", {"Host": host})
        assert (status, json.loads(body)) == (200, {"status": "ready", "pid": os.getpid()})

    @pytest.mark.parametrize(
        "path",
        ["/moto-api/", "/moto-api/reset", "/latest/meta-data/iam/security-credentials/", "/favicon.ico"],
    )
    def test_pages_of_moto_are_not_served(self, server: Running, path: str) -> None:
        assert send(server, "POST", path)[0] == 403
        own = signed(server, "s3", path, b"")
        assert send(server, "POST", path, own, b"")[0] == 403

    def test_web_pages_cannot_read_the_answers(self, server: Running) -> None:
        origin = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
        status, headers, _ = send(server, "OPTIONS", f"/{BUCKET}", origin)
        assert status == 403
        own = signed(server, "s3", f"/{BUCKET}/x", b"", Origin="https://evil.example")
        _, more, _ = send(server, "POST", f"/{BUCKET}/x", own, b"")
        assert not [name for name in {**headers, **more} if name.startswith("access-control")]

    def test_a_refused_upload_still_gets_its_answer(self, server: Running, name: str) -> None:
        client = server.client("s3", aws_secret_access_key="wrong")
        with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
            client.put_object(Bucket=BUCKET, Key=name, Body=b"x" * 3_000_000)


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("service", "method", "path", "headers", "body", "kept"),
    [
        pytest.param("s3", "PUT", "/b/k", {}, b"", True, id="an object"),
        pytest.param("s3", "GET", "/b/k", {}, b"", False, id="reading an object"),
        pytest.param("scheduler", "POST", "/schedules/s", {}, b"{}", True, id="a schedule"),
        pytest.param("scheduler", "GET", "/schedules/s", {}, b"", False, id="reading a schedule"),
        pytest.param("sqs", "POST", "/", {"X-Amz-Target": "AmazonSQS.SendMessage"}, b"{}", True, id="JSON"),
        pytest.param(
            "logs",
            "POST",
            "/",
            {"X-Amz-Target": "Logs_20140328.GetLogEvents"},
            b"{}",
            False,
            id="reading a log",
        ),
        pytest.param("iam", "POST", "/", FORM, b"Action=CreateUser&UserName=u", True, id="a form"),
        pytest.param("iam", "POST", "/", FORM, b"Version=1&Action=ListUsers", False, id="a form that reads"),
        pytest.param("iam", "GET", "/?Action=CreateUser&UserName=u", {}, b"", True, id="a form in the URL"),
        pytest.param("iam", "GET", "/?Action=ListUsers", {}, b"", False, id="one that reads in the URL"),
        pytest.param("monitoring", "POST", "/service/G/operation/PutMetricData", {}, b"", True, id="RPC"),
        pytest.param("monitoring", "POST", "/service/G/operation/ListMetrics", {}, b"", False, id="RPC read"),
        pytest.param("sns", "POST", "/", {}, b"", True, id="in doubt"),
    ],
)
def test_an_answer_to_a_write_leaves_when_it_is_kept(
    server: Running, service: str, method: str, path: str, headers: dict[str, str], body: bytes, kept: bool
) -> None:
    told: list[str] = []

    @contextmanager
    def keeping() -> Iterator[None]:
        yield
        told.append("kept")

    def moto(_: str, environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        told.append("done")
        return [environ["wsgi.input"].read()]

    application = Application(server.keys, server.server.api, moto, {}, keeping, time.time)
    request = AWSRequest(
        method, f"http://127.0.0.1{path}", headers={**headers, "Host": "127.0.0.1"}, data=body
    )
    signer = S3SigV4Auth if service == "s3" else SigV4Auth
    keys = Credentials(server.keys.access_key, server.keys.secret_key)
    signer(keys, service, "us-east-1").add_auth(request)
    base = "http://127.0.0.1/"
    environ = EnvironBuilder(path=path, method=method, base_url=base, data=body).get_environ()
    environ[HEADERS_KEY] = list(request.headers.items())
    answer = list(application(environ, lambda *_: told.append("answered")))
    assert answer == [body]
    assert told == (["done", "kept", "answered"] if kept else ["answered", "done"])
