"""The HTTP side of the server: GET /ping and POST /invocations, as SageMaker asks of a container.

https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor, Future

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from steps.deploy.classifier import Classifier, ModelError
from steps.deploy.negotiation import CONTENT_TYPES, FORMS, choose_form, is_taken
from steps.model.preprocessing import ImageError

MAX_BODY_BYTES = 6 * 1024 * 1024
"""What InvokeEndpoint takes (API_runtime_InvokeEndpoint, Body), and ScoreValidation's MaxPayloadInMB."""

MAX_WAITING = 64
"""More requests than that are refused: at MAX_BODY_BYTES each they would hold 384 MiB."""

# A client that is still sending does not read the refusal; so much of a body is read and thrown away first.
_DRAINED_BYTES = 10 * MAX_BODY_BYTES

_log = logging.getLogger(__name__)


class RequestError(Exception):
    """A request that is refused.

    Attributes:
        status: HTTP status.
        code: For programs, such as "not-an-image".
        message: For people.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class Application:
    """The endpoints over a model that may still be loading.

    Args:
        loading: Becomes the model.
        pool: Decodes and infers, so that the event loop stays free to answer /ping.
        clock: Seconds that only grow.
    """

    def __init__(self, loading: Future[Classifier], pool: Executor, clock: Callable[[], float]) -> None:
        self._loading = loading
        self._pool = pool
        self._clock = clock
        self._waiting = 0

    def asgi(self) -> Starlette:
        """The application for an ASGI server."""
        return Starlette(
            routes=[
                Route("/ping", self.ping, methods=["GET"]),
                Route("/invocations", self.invocations, methods=["POST"]),
            ],
            exception_handlers={
                RequestError: _refuse,
                HTTPException: _refuse_http,
                ClientDisconnect: _let_go,
                Exception: _fail,
            },
        )

    async def ping(self, _request: Request) -> Response:
        """200 once the model is loaded, 503 before."""
        self._model()
        return Response(status_code=200)

    async def invocations(self, request: Request) -> Response:
        """The probabilities of one image."""
        started = self._clock()
        model = self._model()
        form = choose_form(request.headers.get("accept", ""))
        if form is None:
            raise RequestError(406, "not-acceptable", f"the answer can be {' or '.join(FORMS)}")
        if not is_taken(request.headers.get("content-type", "")):
            raise RequestError(
                415,
                "unsupported-content-type",
                f"the Content-Type has to be one of {', '.join(CONTENT_TYPES)}",
            )
        body = await _read_body(request)
        probabilities = await self._classify(model, body)
        _log.info("invocation: %d bytes, %.1f ms", len(body), (self._clock() - started) * 1000)
        return Response(form.render(probabilities), media_type=form.media_type)

    def _model(self) -> Classifier:
        if not self._loading.done():
            raise RequestError(503, "loading", "the model is still loading")
        if self._loading.exception():
            raise RequestError(503, "no-model", "the model cannot be loaded; the server is stopping")
        return self._loading.result()

    async def _classify(self, model: Classifier, body: bytes) -> list[float]:
        if self._waiting >= MAX_WAITING:
            raise RequestError(503, "busy", f"{MAX_WAITING} requests are waiting already; try again later")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, model.classify, body)
        except ImageError as error:
            raise RequestError(
                400, "not-an-image", f"the body cannot be used as an image: {error}"
            ) from error
        except ModelError as error:
            raise RequestError(500, "model-error", str(error)) from error
        finally:
            self._waiting -= 1


async def _read_body(request: Request) -> bytes:
    body = bytearray()
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= MAX_BODY_BYTES:
            body += chunk
        if size > _DRAINED_BYTES:
            break
    if size > MAX_BODY_BYTES:
        raise RequestError(413, "too-large", f"the body is over the limit of {MAX_BODY_BYTES:,} bytes")
    if not size:
        raise RequestError(400, "empty", "the request has no body; send one image")
    return bytes(body)


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)
    if error.code != "loading":
        _log.warning("%s %s: %d %s", request.method, request.url.path, error.status, error.message)
    return _error(error.status, error.code, error.message)


async def _refuse_http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return _error(404, "not-found", "there are GET /ping and POST /invocations")
    code = error.detail.lower().replace(" ", "-")
    return _error(error.status_code, code, error.detail, dict(error.headers or {}))


async def _let_go(_request: Request, _error: Exception) -> Response:
    # The client went away while it was sending; nobody reads this.
    return Response(status_code=400)


async def _fail(request: Request, error: Exception) -> Response:
    # Starlette raises it again after answering, and the ASGI server logs the traceback.
    _log.error("%s %s: 500 %s", request.method, request.url.path, type(error).__name__)
    return _error(500, "internal", "the server failed; its log says why")


def _error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status, headers=headers)
