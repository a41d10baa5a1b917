"""A step's Arguments as AWS's SDK reads them.

The SDK has no parser of definitions. It has one for everything that AWS's API sends and takes: its codec
reads a request's JSON into Python names by its own table of shapes, `create` of its resource classes checks
that by pydantic models which allow no other members, and its serializer writes the request that would be
sent. What is sent must be the Arguments again: what the SDK does not know is dropped or refused on the way.
"""

from __future__ import annotations

from typing import Any

from pipeline.definition.offline import offline_sdk
from tests.definitions import Json

with offline_sdk("us-east-1"):
    from sagemaker.core import resources
    from sagemaker.core.shapes.shapes import InferenceSpecification
    from sagemaker.core.utils.code_injection.codec import transform
    from sagemaker.core.utils.utils import serialize

_CLASSES = {
    "Processing": ("ProcessingJob", "CreateProcessingJobRequest", {"ProcessingJobName": "a"}),
    "Training": ("TrainingJob", "CreateTrainingJobRequest", {"TrainingJobName": "a"}),
    "Model": ("Model", "CreateModelInput", {"ModelName": "a"}),
    "Transform": ("TransformJob", "CreateTransformJobRequest", {"TransformJobName": "a"}),
    "RegisterModel": ("ModelPackage", "CreateModelPackageInput", {}),
    "EndpointConfig": ("EndpointConfig", "CreateEndpointConfigInput", {}),
    "Endpoint": ("Endpoint", "CreateEndpointInput", {}),
}
"""By type of step: the SDK's class, the shape of its request, and what the pipeline service adds to it."""


class _SentError(Exception):
    """Instead of a request: what it would be."""

    def __init__(self, request: Json) -> None:
        super().__init__("sent")
        self.request = request


class _Client:
    """Has every operation."""

    def __getattr__(self, operation: str) -> Any:
        def send(**request: Any) -> None:
            raise _SentError(request)

        return send


def asked(step: Json, parameters: Json) -> Json:
    """The request that a step's Arguments stand for, with stand-ins for what is known later.

    Args:
        step: The step.
        parameters: The default of each parameter by name.
    """
    filled: Json = _filled({**_CLASSES[step["Type"]][2], **step["Arguments"]}, parameters)
    return filled


def sent(request: Json, type_: str, monkeypatch: Any) -> Json:
    """What the SDK would send for the request of a step of a type.

    Raises:
        pydantic.ValidationError: The SDK does not take it.
    """
    name, shape, _ = _CLASSES[type_]
    monkeypatch.setattr(resources.Base, "get_sagemaker_client", lambda **_: _Client())
    read = transform(request, shape)
    specification = read.pop("inference_specification", None)
    try:
        getattr(resources, name).create(**read)
    except _SentError as error:
        return {**error.request, **_inference(specification)}
    raise AssertionError("the SDK sent nothing")


def _inference(read: Json | None) -> Json:
    """The InferenceSpecification of a model package.

    SDK 3.27 has another class of this name, for model cards, which ModelPackage.create takes for this one and
    which drops most of it. Its serializer writes MIME as Mime.
    """
    if read is None:
        return {}
    written = serialize(InferenceSpecification(**read))
    written["SupportedResponseMIMETypes"] = written.pop("SupportedResponseMimeTypes")
    return {"InferenceSpecification": written}


def _filled(value: Any, parameters: Json) -> Any:
    if isinstance(value, list):
        return [_filled(one, parameters) for one in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Get"}:
        scope, _, name = value["Get"].partition(".")
        return parameters[name] if scope == "Parameters" else value["Get"]
    if set(value) in ({"Std:Join"}, {"Std:JsonGet"}):
        return "known later"
    return {key: _filled(one, parameters) for key, one in value.items()}
