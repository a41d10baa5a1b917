"""Requests to the models of endpoints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from pipeline.local.arns import ACCOUNT, PARTITION, REGION
from pipeline.local.endpoints.capture import Exchange, Payload
from pipeline.local.endpoints.capture_writer import CaptureWriter
from pipeline.local.endpoints.fleet import Fleet
from pipeline.local.endpoints.route import Route
from pipeline.local.endpoints.variant import Variant
from pipeline.local.errors import ApiError
from pipeline.local.job_logs import endpoint_group
from pipeline.local.jobs.connections import Answer, Call, NoAnswer
from pipeline.local.runtime import Invocation

_ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"


@dataclass(frozen=True)
class Invocations:
    """Sends requests to models, and captures them.

    Attributes:
        route: The servers of an endpoint by its name; raises ApiError if it is not in service.
        captures: Takes what is captured.
        point: Gives random numbers in [0, 1).
        clock: Seconds since the epoch.
        timeout: Seconds that a model has to answer.
    """

    route: Callable[[str], Route]
    captures: CaptureWriter
    point: Callable[[], float]
    clock: Callable[[], float]
    timeout: float

    def send(self, invocation: Invocation) -> tuple[int, dict[str, str], bytes]:
        """Send one request.

        Returns:
            The model's status, headers and body.

        Raises:
            ApiError: ValidationError: the endpoint is not in service, or has no such variant. ModelError: the
                model does not answer.
        """
        fleet, variant, answer = self._answer(invocation)
        if fleet.capture is not None and 200 <= answer.status < 300:
            self._capture(invocation, fleet, variant, answer)
        headers = {
            "Content-Type": _kind(answer),
            "x-Amzn-Invoked-Production-Variant": variant.name,
        }
        if attributes := answer.headers.get(_ATTRIBUTES.lower()):
            headers[_ATTRIBUTES] = attributes
        return answer.status, headers, answer.body

    def _answer(self, invocation: Invocation) -> tuple[Fleet, Variant, Answer]:
        call = self._call(invocation)
        route = self.route(invocation.endpoint)
        while True:
            fleet, variant = self._choose(invocation, route)
            try:
                return fleet, variant, variant.send(call)
            except NoAnswer as error:
                # An update may have ended these servers while the request was on its way.
                route = self.route(invocation.endpoint)
                if fleet in (route.fleet, route.new):
                    raise _model_error(invocation.endpoint, error) from error

    def _call(self, invocation: Invocation) -> Call:
        headers = {
            "Content-Type": invocation.content_type,
            "Accept": invocation.accept,
            _ATTRIBUTES: invocation.custom_attributes,
            "X-Amzn-SageMaker-Inference-Id": invocation.inference_id,
        }
        given = {key: value for key, value in headers.items() if value}
        return Call("POST", "/invocations", self.timeout, invocation.body, given)

    def _choose(self, invocation: Invocation, route: Route) -> tuple[Fleet, Variant]:
        chosen = route.choose(invocation.target_variant, self.point)
        if chosen is None:
            raise ApiError(
                "ValidationError",
                f"Variant {invocation.target_variant} not found for endpoint {invocation.endpoint}; it has "
                f"{', '.join(route.names())}.",
            )
        return chosen

    def _capture(self, invocation: Invocation, fleet: Fleet, variant: Variant, answer: Answer) -> None:
        assert fleet.capture is not None
        if self.point() * 100 >= fleet.capture.percentage:
            return
        self.captures.put(
            Exchange(
                fleet.capture,
                invocation.endpoint,
                variant.name,
                Payload(invocation.body, invocation.content_type),
                Payload(answer.body, _kind(answer)),
                str(uuid4()),
                self.clock(),
                invocation.inference_id,
                invocation.custom_attributes,
            )
        )


def _kind(answer: Answer) -> str:
    return answer.headers.get("content-type", "application/octet-stream")


def _model_error(name: str, error: NoAnswer) -> ApiError:
    group = endpoint_group(name)
    message = f"Your invocation got no answer from container primary: {error}"
    return ApiError(
        "ModelError",
        f'Received server error (0) from primary with message "{message}". See log group {group} in account '
        f"{ACCOUNT} for more information.",
        status=424,
        OriginalStatusCode=0,
        OriginalMessage=message,
        LogStreamArn=f"arn:{PARTITION}:logs:{REGION}:{ACCOUNT}:log-group:{group}",
    )
