from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from pipeline.local.aws import BUCKET
from pipeline.local.signature import Incoming, read_claim, signing_key
from tests.pipeline.local.fakes import Running
from tests.pipeline.local.wire import send


class TestChunks:
    """Bodies of encoding aws-chunked, as other SDKs send them over plain HTTP."""

    def chunked(
        self, server: Running, path: str, pieces: list[bytes], trailer: bool
    ) -> tuple[dict[str, str], bytes]:
        kind = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" + ("-TRAILER" if trailer else "")
        request = AWSRequest("PUT", f"{server.server.url}{path}", data=b"")
        request.headers["x-amz-decoded-content-length"] = str(sum(map(len, pieces)))
        request.headers["content-encoding"] = "aws-chunked"
        signer = ChunkSigner(Credentials(server.keys.access_key, server.keys.secret_key), kind)
        signer.add_auth(request)
        incoming = Incoming("PUT", path, tuple(request.headers.items()))
        claim = read_claim(incoming)
        key = signing_key(claim, server.keys.secret_key)
        scope = f"{claim.date}/us-east-1/s3/aws4_request"
        body, previous, empty = b"", claim.signature, hashlib.sha256(b"").hexdigest()
        for piece in [*pieces, b""]:
            digest = hashlib.sha256(piece).hexdigest()
            text = "\n".join(["AWS4-HMAC-SHA256-PAYLOAD", claim.timestamp, scope, previous, empty, digest])
            previous = hmac.new(key, text.encode(), "sha256").hexdigest()
            body += f"{len(piece):x};chunk-signature={previous}\r\n".encode() + piece
            body += b"\r\n" if piece else b""
        if trailer:
            line = "x-amz-checksum-crc32:AAAAAA=="
            digest = hashlib.sha256(f"{line}\n".encode()).hexdigest()
            text = "\n".join(["AWS4-HMAC-SHA256-TRAILER", claim.timestamp, scope, previous, digest])
            last = hmac.new(key, text.encode(), "sha256").hexdigest()
            body += f"{line}\r\nx-amz-trailer-signature:{last}\r\n".encode()
        return dict(request.headers.items()), body + b"\r\n"

    @pytest.mark.parametrize("trailer", [False, True])
    def test_signed_chunks(self, server: Running, s3: Any, name: str, trailer: bool) -> None:
        pieces = [b"a" * 70_000, b"b" * 10]
        headers, body = self.chunked(server, f"/{BUCKET}/{name}", pieces, trailer)
        assert send(server, "PUT", f"/{BUCKET}/{name}", headers, body)[0] == 200
        assert s3.get_object(Bucket=BUCKET, Key=name)["Body"].read() == b"".join(pieces)

    @pytest.mark.parametrize(
        ("old", "new", "code"),
        [
            pytest.param(b"aaa\r\n", b"aab\r\n", b"SignatureDoesNotMatch", id="a chunk"),
            pytest.param(b"AAAAAA==", b"BBBBBB==", b"SignatureDoesNotMatch", id="the trailer"),
            pytest.param(b"x-amz-trailer-signature:", b"x:", b"ContentSHA256Mismatch", id="no last one"),
            pytest.param(b";chunk-signature=", b";chunk=", b"ContentSHA256Mismatch", id="no signature"),
        ],
    )
    def test_signed_chunks_that_were_changed(
        self, server: Running, name: str, old: bytes, new: bytes, code: bytes
    ) -> None:
        headers, body = self.chunked(server, f"/{BUCKET}/{name}", [b"aaa"], True)
        assert old in body
        _, _, answer = send(server, "PUT", f"/{BUCKET}/{name}", headers, body.replace(old, new))
        assert code in answer

    def test_unsigned_chunks_with_a_trailer(self, server: Running, s3: Any, name: str) -> None:
        path = f"/{BUCKET}/{name}"
        request = AWSRequest("PUT", f"{server.server.url}{path}", data=b"")
        request.headers["x-amz-decoded-content-length"] = "4"
        signer = ChunkSigner(
            Credentials(server.keys.access_key, server.keys.secret_key), "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
        )
        signer.add_auth(request)
        body = b"4\r\ntext\r\n0\r\nx-amz-checksum-crc32:xxxxxx==\r\n\r\n"
        assert send(server, "PUT", path, dict(request.headers.items()), body)[0] == 200
        assert s3.get_object(Bucket=BUCKET, Key=name)["Body"].read() == b"text"


class ChunkSigner(S3SigV4Auth):
    """Signs a request whose body is sent in chunks."""

    def __init__(self, credentials: Credentials, kind: str) -> None:
        super().__init__(credentials, "s3", "us-east-1")
        self._kind = kind

    def payload(self, request: AWSRequest) -> str:
        return self._kind
