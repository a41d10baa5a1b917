"""Errors as the clients of the server see them: {"code", "reason", "request_id"}, never a traceback."""

from __future__ import annotations

from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

_ID_HEADER = "X-Amzn-SageMaker-Inference-Id"
_LONGEST_ID = 64  # InferenceId, API_runtime_InvokeEndpoint


class RequestError(Exception):
    """A request that is refused.

    Attributes:
        status: HTTP status.
        code: For programs, such as "not-an-image".
        reason: For people.
    """

    def __init__(self, status: int, code: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.code = code
        self.reason = reason


def request_id(request: Request) -> str:
    """The request's name in errors and in the log: its InferenceId, or one made up, the same at each call."""
    if not hasattr(request.state, "id"):
        given = request.headers.get(_ID_HEADER, "")
        is_usable = 0 < len(given) <= _LONGEST_ID and given.isascii() and given.isprintable()
        request.state.id = given if is_usable else str(uuid4())
    name: str = request.state.id
    return name


def answer(request: Request, error: RequestError) -> Response:
    """The error as a response."""
    content = {"code": error.code, "reason": error.reason, "request_id": request_id(request)}
    return JSONResponse(content, status_code=error.status)
