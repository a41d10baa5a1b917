"""The HTTP side: GET /ping and POST /invocations, as SageMaker asks of a container, and GET /metrics.

https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from steps.deploy import metrics, refusals
from steps.deploy.answers import Predictions, rank
from steps.deploy.classifier import ModelError
from steps.deploy.intake import files_of, read_body, understand
from steps.deploy.metrics import Metrics
from steps.deploy.refusals import RequestError
from steps.deploy.service import Service
from steps.model.preprocessing import ImageError, TooManyPixelsError

MAX_WAITING = 64
"""More requests than that are refused: at 6 MiB each they would hold 384 MiB."""

_log = logging.getLogger(__name__)


class Application:
    """The endpoints over a model that may still be loading.

    Args:
        loading: Becomes the model.
        counts: Of what is answered.
        clock: Seconds that only grow.
    """

    def __init__(self, loading: Future[Service], counts: Metrics, clock: Callable[[], float]) -> None:
        self._loading = loading
        self._counts = counts
        self._clock = clock
        self._waiting = 0

    def asgi(self) -> Starlette:
        """The application for an ASGI server."""
        return Starlette(
            routes=[
                Route("/ping", self.ping, methods=["GET"]),
                Route("/invocations", self.invocations, methods=["POST"]),
                Route("/metrics", self.metrics, methods=["GET"]),
            ],
            exception_handlers={
                RequestError: self._refuse,
                HTTPException: self._refuse_http,
                ClientDisconnect: self._let_go,
                Exception: self._fail,
            },
        )

    async def ping(self, _request: Request) -> Response:
        """200 once the model is loaded, 503 before."""
        self._service()
        return Response(status_code=200)

    async def metrics(self, _request: Request) -> Response:
        """What was counted so far."""
        return Response(self._counts.render(), media_type=metrics.MEDIA_TYPE)

    async def invocations(self, request: Request) -> Response:
        """The predictions for one image, or for each of a batch."""
        service = self._service()
        if self._waiting >= MAX_WAITING:
            raise RequestError(503, "busy", f"{MAX_WAITING} requests are waiting already; try again later")
        self._waiting += 1
        try:
            return await self._predict(service, request)
        finally:
            self._waiting -= 1

    async def _predict(self, service: Service, request: Request) -> Response:
        started = self._clock()
        order = understand(request)
        body = await read_body(request)
        files = files_of(order, body)
        try:
            rows = await service.classify(files)
        except TooManyPixelsError as error:
            raise RequestError(413, "too-many-pixels", str(error)) from error
        except ImageError as error:
            raise RequestError(
                422, "not-an-image", f"the body cannot be used as an image: {error}"
            ) from error
        except ModelError as error:
            raise RequestError(500, "model-error", str(error)) from error
        images = [rank(row, service.labels, order.wishes) for row in rows]
        content = order.form.render(Predictions(images, order.is_batch))
        took = self._clock() - started
        self._counts.answered(took)
        _log.info("invocation: %d bytes, %.1f ms", len(body), took * 1000)
        return Response(content, media_type=order.form.media_type)

    def _service(self) -> Service:
        if not self._loading.done():
            raise RequestError(503, "loading", "the model is still loading")
        if self._loading.exception():
            raise RequestError(503, "no-model", "the model cannot be loaded; the server is stopping")
        return self._loading.result()

    async def _refuse(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestError)
        if error.code != "loading":
            self._tell(request, error)
        return self._answer(request, error)

    async def _refuse_http(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            known = "there are GET /ping, POST /invocations and GET /metrics"
            return self._answer(request, RequestError(404, "not-found", known))
        code = error.detail.lower().replace(" ", "-")
        response = self._answer(request, RequestError(error.status_code, code, error.detail))
        response.headers.update(error.headers or {})
        return response

    async def _let_go(self, _request: Request, _error: Exception) -> Response:
        # The client went away while it was sending; nobody reads this.
        return Response(status_code=400)

    async def _fail(self, request: Request, error: Exception) -> Response:
        # Starlette raises it again after answering, and the ASGI server logs the traceback.
        self._tell(request, RequestError(500, "internal", type(error).__name__))
        return self._answer(request, RequestError(500, "internal", "the server failed; its log says why"))

    def _answer(self, request: Request, error: RequestError) -> Response:
        self._counts.refused(error.status, error.code)
        return refusals.answer(request, error)

    def _tell(self, request: Request, error: RequestError) -> None:
        name = refusals.request_id(request)
        _log.warning("%s %s: %d %s [%s]", request.method, request.url.path, error.status, error.reason, name)
