"""Requests to a local SageMaker below boto3: signed by hand, or not at all."""

from __future__ import annotations

import http.client

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.pipeline.local.fakes import Running


def port_of(server: Running) -> int:
    return int(server.server.url.rpartition(":")[2])


def send(
    server: Running, method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = None
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port_of(server), timeout=20)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        response = connection.getresponse()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
    finally:
        connection.close()


def signed(server: Running, service: str, path: str, body: bytes, **headers: str) -> dict[str, str]:
    """The headers of a POST, signed as botocore signs it."""
    request = AWSRequest("POST", f"{server.server.url}{path}", headers=headers, data=body)
    signer = S3SigV4Auth if service == "s3" else SigV4Auth
    signer(Credentials(server.keys.access_key, server.keys.secret_key), service, "us-east-1").add_auth(
        request
    )
    return dict(request.headers.items())
