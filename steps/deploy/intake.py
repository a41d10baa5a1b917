"""From a request to the image files that it holds, each limit enforced on the way."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.requests import Request

from steps.deploy import multipart, wishes
from steps.deploy.answers import FORMS, Form
from steps.deploy.multipart import MultipartError
from steps.deploy.negotiation import (
    BATCH_TYPES,
    CONTENT_TYPES,
    choose_form,
    is_batch,
    is_image,
    is_image_part,
)
from steps.deploy.refusals import RequestError
from steps.deploy.wishes import WishError, Wishes

MAX_BODY_BYTES = 6 * 1024 * 1024
"""What InvokeEndpoint takes (API_runtime_InvokeEndpoint, Body), and ScoreValidation's MaxPayloadInMB."""

BODY_SECONDS = 60.0
"""For a body to arrive; InvokeEndpoint waits no longer for its answer."""

# A client that is still sending does not read the refusal; so much of a body is read and thrown away first.
_DRAINED_BYTES = 10 * MAX_BODY_BYTES


@dataclass(frozen=True)
class Order:
    """A request that was understood.

    Attributes:
        form: Of the answer.
        wishes: What the answer shall hold.
        content_type: Of the body, one of ours.
        is_batch: Whether the body holds several images.
    """

    form: Form
    wishes: Wishes
    content_type: str
    is_batch: bool


def understand(request: Request) -> Order:
    """What the headers ask for.

    Raises:
        RequestError: 406, 415 or 400, before the body is read.
    """
    form = choose_form(request.headers.get("accept", ""))
    if form is None:
        raise RequestError(406, "not-acceptable", f"the answer can be {', '.join(FORMS)}")
    content_type = request.headers.get("content-type", "")
    if not (is_image(content_type) or is_batch(content_type)):
        taken = ", ".join((*CONTENT_TYPES, *BATCH_TYPES))
        raise RequestError(415, "unsupported-content-type", f"the Content-Type has to be one of {taken}")
    try:
        wished = wishes.parse(request.headers.get(wishes.HEADER, ""))
    except WishError as error:
        raise RequestError(400, "bad-attribute", f"{wishes.HEADER}: {error}") from error
    return Order(form, wished, content_type, is_batch(content_type))


async def read_body(request: Request) -> bytes:
    """The whole body.

    Raises:
        RequestError: 400 for none, 408 for one that takes too long, 413 for one that is too large.
    """
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _read(request)
    except TimeoutError as error:
        raise RequestError(408, "too-slow", f"the body took over {BODY_SECONDS:g} s to arrive") from error


def files_of(order: Order, body: bytes) -> list[bytes]:
    """The image files of a body.

    Raises:
        RequestError: 400 for a malformed batch, 415 for a part that says it is no image of ours.
    """
    if not order.is_batch:
        return [body]
    try:
        parts = multipart.split(body, order.content_type)
    except MultipartError as error:
        raise RequestError(400, "bad-multipart", f"the body cannot be taken apart: {error}") from error
    for number, part in enumerate(parts, 1):
        if not is_image_part(part.content_type):
            reason = f"the Content-Type of part {number} has to be one of {', '.join(CONTENT_TYPES)}"
            raise RequestError(415, "unsupported-content-type", reason)
    return [part.data for part in parts]


async def _read(request: Request) -> bytes:
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
        raise RequestError(400, "empty", "the request has no body; send an image")
    return bytes(body)
