"""The server's WSGI application: who may ask, and who answers.

request ─→ Host is loopback? ─→ signature ─┬ sagemaker ─→ our API, endpoints
                                           └ s3, iam, … ─→ moto
"""

from __future__ import annotations

import json
import logging
import re
import sqlite3
import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

from pipeline.local import bodies, presigned_v2
from pipeline.local.answers import Answer, dialect_of, error_answer, json_answer, refusal
from pipeline.local.api import invocations
from pipeline.local.api.operations import Api
from pipeline.local.arns import REGION
from pipeline.local.aws import SIGNING_NAMES
from pipeline.local.bodies import Environ
from pipeline.local.chunked import SIGNED, UNSIGNED_TRAILER, check_chunks
from pipeline.local.errors import ApiError
from pipeline.local.gc.policy import Found, Policy
from pipeline.local.home import KeyPair
from pipeline.local.kept import NotKept
from pipeline.local.signature import (
    UNSIGNED,
    Claim,
    Incoming,
    Refusal,
    SignatureError,
    check_claim,
    check_signature,
    read_claim,
)
from pipeline.local.turns import Turns

HEALTH = "/_imgpipe/health"
GC = "/_imgpipe/gc"
"""Counts or removes what need not be kept; signed as a request to SageMaker."""

HEADERS_KEY = "imgpipe.headers"
"""Key of the WSGI environment under which the request handler leaves the headers as they came."""

_LOOPBACK = re.compile(r"(?:127\.0\.0\.1|localhost|[a-z0-9.-]+\.localhost|\[::1\])(?::\d+)?", re.IGNORECASE)
# moto's own pages, which reset it, and its imitation of EC2's credentials service.
_FORBIDDEN = ("/moto-api", "/latest/meta-data", "/latest/api", "/favicon.ico")
_TARGET = "SageMaker."
_INVOKE = re.compile(r"/endpoints/([^/]+)/invocations")
# sagemaker-runtime takes 25 MiB (BodyBlob of its model), the API definitions of 1 MiB.
_LARGEST_BODY = 26_214_400
_READS = ("Get", "Describe", "List", "Filter", "Lookup", "Test")
_READ_TRIES = 3
# Services whose operations are methods and paths; the others' have names.
_REST = ("s3", "scheduler")
_RPC = re.compile(r"/operation/([A-Za-z]+)$")

StartResponse = Callable[..., Any]

_log = logging.getLogger(__name__)


def _nothing(_: Policy) -> Sequence[Found]:
    return ()


@dataclass(frozen=True)
class Application:
    """Answers every request.

    Attributes:
        keys: Requests must be signed with these.
        api: The SageMaker API.
        moto: Answers a request to another service: moto's name of it, then as a WSGI application.
        health: What GET /_imgpipe/health shows.
        keeping: A block that ends when what was written to moto in it is kept.
        clock: Seconds since the epoch.
        sweep: Counts or removes what need not be kept.
        turns: Those who write to one object do so one after the other.
    """

    keys: KeyPair
    api: Api
    moto: Callable[[str, Environ, StartResponse], Iterable[bytes]]
    health: dict[str, object]
    keeping: Callable[[], AbstractContextManager[None]]
    clock: Callable[[], float]
    sweep: Callable[[Policy], Sequence[Found]] = _nothing
    turns: Turns = field(default_factory=Turns)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (WSGI)."""
        request = Incoming(environ["REQUEST_METHOD"], environ["REQUEST_URI"], tuple(environ[HEADERS_KEY]))
        dialect = dialect_of(request, None)
        try:
            if early := self._early(environ, request):
                return _send(early, start_response)
            if presigned_v2.is_presigned(request):
                presigned_v2.check(request, self.keys, self.clock())
                return self._moto("s3", environ, request, start_response)
            claim = read_claim(request)
            dialect = dialect_of(request, claim.service)
            self._authenticate(environ, request, claim)
            return self._dispatch(environ, request, claim, start_response)
        except SignatureError as error:
            bodies.drain(environ)
            return _send(error_answer(refusal(error, dialect, REGION), dialect), start_response)
        except ApiError as error:
            return _send(error_answer(error, dialect), start_response)
        except (NotKept, sqlite3.OperationalError) as error:
            _log.error("%s %s cannot be kept: %s", request.method, request.target, error)
            return _send(error_answer(_not_kept(error), dialect), start_response)
        except Exception as error:
            _log.exception("%s %s", request.method, request.target)
            text = f"{type(error).__name__}: {error} (a bug in imgpipe: see server.log)"
            return _send(error_answer(ApiError("InternalFailure", text, 500), dialect), start_response)
        finally:
            bodies.close(environ)

    def _early(self, environ: Environ, request: Incoming) -> Answer | None:
        """The answer to a request that needs no signature, or deserves none."""
        hosts = (request.header("Host") or "", environ.get("HTTP_HOST", ""))
        if not all(_LOOPBACK.fullmatch(host) for host in hosts):
            # A web page whose name was made to lead to 127.0.0.1 comes with its own name here.
            bodies.drain(environ)
            return _plain(403, f"the Host header must name this machine's loopback, not {hosts[0]!r}")
        path = environ["PATH_INFO"]
        if path == HEALTH and request.method == "GET":
            return json_answer(self.health)
        if path.startswith(_FORBIDDEN):
            bodies.drain(environ)
            return _plain(403, f"{path} is not served")
        return None

    def _authenticate(self, environ: Environ, request: Incoming, claim: Claim) -> None:
        check_claim(claim, request, self.keys.access_key, REGION, self.clock())
        stated = request.header("X-Amz-Content-SHA256")
        if claim.service == "s3" and (claim.expires is not None or stated in (UNSIGNED, UNSIGNED_TRAILER)):
            check_signature(claim, request, stated or UNSIGNED, self.keys.secret_key)
            return
        if claim.service == "s3" and stated in SIGNED:
            check_signature(claim, request, stated, self.keys.secret_key)
            body, _ = bodies.take(environ)
            check_chunks(body, claim, self.keys.secret_key)
            body.seek(0)
            return
        _, digest = bodies.take(environ)
        check_signature(claim, request, stated or digest, self.keys.secret_key)
        if stated not in (None, digest):
            raise SignatureError(Refusal.PAYLOAD)

    def _dispatch(
        self, environ: Environ, request: Incoming, claim: Claim, start_response: StartResponse
    ) -> Iterable[bytes]:
        if claim.service == "sagemaker":
            return _send(self._sagemaker(environ, request), start_response)
        service = SIGNING_NAMES.get(claim.service)
        if service is None:
            raise ApiError(
                "UnknownOperationException",
                f"The local SageMaker does not answer the service '{claim.service}'; it answers sagemaker, "
                f"{', '.join(SIGNING_NAMES)}.",
            )
        return self._moto(service, environ, request, start_response)

    def _moto(
        self, service: str, environ: Environ, request: Incoming, start_response: StartResponse
    ) -> Iterable[bytes]:
        try:
            if not _writes(service, environ, request):
                return self._read(service, environ, start_response)
            # The answer leaves when what it acknowledges is kept.
            answers: list[tuple[object, ...]] = []
            bodies.take_once(environ)
            with self.turns.of(service, request.target), self.keeping():
                body = self.moto(service, environ, lambda *answer: answers.append(answer))
            start_response(*answers[-1])
            return body
        except NotImplementedError as error:
            raise ApiError(
                "NotImplemented", f"moto, which answers {service} here, says: {error}", 400
            ) from error

    def _read(self, service: str, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        # Of other services the body may have been read.
        for _ in range(_READ_TRIES - 1 if service == "s3" else 0):
            try:
                return self.moto(service, environ, start_response)
            except ValueError:
                # moto closes an object that is replaced, also under those who read it.
                continue
        return self.moto(service, environ, start_response)

    def _sagemaker(self, environ: Environ, request: Incoming) -> Answer:
        if int(environ["CONTENT_LENGTH"]) > _LARGEST_BODY:
            raise ApiError("ValidationError", f"A request body has {_LARGEST_BODY} bytes at most.", 413)
        body: bytes = environ["wsgi.input"].read()
        path = request.target.partition("?")[0]
        if match := _INVOKE.fullmatch(path):
            return self._invoke(unquote(match[1]), request, body)
        if path == GC and request.method == "POST":
            return self._gc(body)
        target = request.header("X-Amz-Target") or ""
        if not target.startswith(_TARGET):
            raise ApiError(
                "UnknownOperationException",
                f"The local SageMaker does not answer {request.method} {path}; of sagemaker-runtime it "
                "answers InvokeEndpoint.",
            )
        return json_answer(self.api.call(target.removeprefix(_TARGET), _json(body)))

    def _gc(self, body: bytes) -> Answer:
        try:
            policy = Policy.of(_json(body))
        except ValueError as error:
            raise ApiError("ValidationException", str(error)) from error
        return json_answer({"found": [asdict(found) for found in self.sweep(policy)]})

    def _invoke(self, name: str, request: Incoming, body: bytes) -> Answer:
        headers, answer = invocations.invoke(self.api.service, name, body, request.header)
        return Answer(200, answer, headers)


def _writes(service: str, environ: Environ, request: Incoming) -> bool:
    """Whether a request may change something; when in doubt, it does."""
    if service in _REST:
        return request.method not in ("GET", "HEAD")
    return not _action(environ, request).startswith(_READS)


def _action(environ: Environ, request: Incoming) -> str:
    """The operation that a request names, in the way of its protocol; empty if in none that is known."""
    if target := request.header("X-Amz-Target"):
        return target.rpartition(".")[2]
    path, _, query = request.target.partition("?")
    if match := _RPC.search(path):
        return match[1]
    if request.method == "POST":
        query = bodies.text(environ)
    return parse_qs(query).get("Action", [""])[0]


def _not_kept(error: NotKept | sqlite3.OperationalError) -> ApiError:
    why = f"{error.strerror}. The request was not done" if isinstance(error, NotKept) else str(error)
    text = f"The local SageMaker cannot write to its folder: {why}."
    # A status that clients do not take as a reason to try again at once.
    return ApiError("InsufficientStorage", text, 507)


def _json(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except ValueError as error:
        raise ApiError("SerializationException", f"The request is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ApiError("SerializationException", "The request must be a JSON object.")
    return value


def _plain(status: int, text: str) -> Answer:
    return Answer(status, f"{text}\n".encode(), {"Content-Type": "text/plain; charset=utf-8"})


def _send(answer: Answer, start_response: StartResponse) -> Iterable[bytes]:
    headers = [
        *answer.headers.items(),
        ("Content-Length", str(len(answer.body))),
        ("x-amzn-RequestId", str(uuid.uuid4())),
    ]
    start_response(answer.status_line, headers)
    return [answer.body]
