"""Real-time endpoints: look, ask, delete."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from pipeline.aws_errors import is_missing
from pipeline.bucket import split_uri
from pipeline.errors import Finding, RunError, UsageError
from pipeline.session import Session

_SIGNATURES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
# InvokeEndpoint's documented limit on a request body.
_MAX_BODY = 6 * 1024 * 1024


@dataclass(frozen=True)
class EndpointStatus:
    """An endpoint as SageMaker describes it; `models` are those of its variants."""

    name: str
    status: str
    config: str
    created: datetime
    changed: datetime
    models: tuple[str, ...]
    reason: str | None = None

    def to_json(self) -> dict[str, object]:
        """The endpoint for programs."""
        return {
            "name": self.name,
            "status": self.status,
            "config": self.config,
            "created": self.created.isoformat(),
            "changed": self.changed.isoformat(),
            "models": list(self.models),
            "reason": self.reason,
        }


@dataclass(frozen=True)
class Prediction:
    """What an endpoint said of one image: (label, probability) pairs, the likeliest first."""

    file: str
    ranking: tuple[tuple[str, float], ...]

    def to_json(self) -> dict[str, object]:
        """The prediction for programs."""
        return {
            "file": self.file,
            "predictions": [{"label": label, "probability": value} for label, value in self.ranking],
        }


def status(session: Session, name: str) -> EndpointStatus:
    """What the endpoint serves.

    Raises:
        RunError: There is no such endpoint.
    """
    described = _describe(session, name)
    config = described["EndpointConfigName"]
    variants = _variants(session, config)
    return EndpointStatus(
        name=name,
        status=described["EndpointStatus"],
        config=config,
        created=described["CreationTime"],
        changed=described["LastModifiedTime"],
        models=tuple(variant["ModelName"] for variant in variants),
        reason=described.get("FailureReason"),
    )


def delete(session: Session, name: str) -> None:
    """Deletes an endpoint and its config; the model stays.

    Raises:
        RunError: There is no such endpoint.
    """
    client = session.client("sagemaker")
    config = _describe(session, name)["EndpointConfigName"]
    client.delete_endpoint(EndpointName=name)
    client.delete_endpoint_config(EndpointConfigName=config)


def labels(session: Session, name: str) -> list[str]:
    """The class names of the served model in index order; empty where its model does not say.

    The pipeline notes the address of classes.json in the model's environment, because the artifact of the
    built-in algorithm has no class names.
    """
    for variant in _variants(session, _describe(session, name)["EndpointConfigName"]):
        model = session.client("sagemaker").describe_model(ModelName=variant["ModelName"])
        uri = model.get("PrimaryContainer", {}).get("Environment", {}).get("IMGPIPE_CLASSES_URI")
        if uri:
            bucket, key = split_uri(uri)
            body = session.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
            return [str(label) for label in json.loads(body)]
    return []


def predict(session: Session, name: str, file: Path, class_names: Sequence[str]) -> Prediction:
    """Sends one image to an endpoint.

    Args:
        session: Where the endpoint is.
        name: Its name.
        file: A JPEG or PNG of at most 6 MiB.
        class_names: Labels in index order; where empty, the index is the label.

    Raises:
        RunError: The endpoint or its model refused.
    """
    body = file.read_bytes()
    try:
        response = session.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=name, Body=body, ContentType=_content_type(body), Accept="application/json"
        )
    except ClientError as error:
        raise _refused(file, name, error) from error
    probabilities = json.loads(response["Body"].read())
    names = class_names or [str(index) for index in range(len(probabilities))]
    ranking = sorted(zip(names, probabilities, strict=True), key=lambda pair: -pair[1])
    return Prediction(str(file), tuple(ranking))


def check_images(files: Sequence[Path]) -> None:
    """Checks that every file can be sent, before the first one is.

    Raises:
        UsageError: With one finding for each file that cannot.
    """
    findings = [finding for file in files if (finding := _problem(file))]
    if findings:
        raise UsageError(*findings)


def _problem(file: Path) -> Finding | None:
    try:
        size = file.stat().st_size
        if file.is_dir():
            return Finding("R403", "a-folder", f"{file} is a folder", hint=f"name its files: {file}/*")
        with file.open("rb") as stream:
            head = stream.read(16)
    except OSError as error:
        return Finding("R401", "no-file", f"{file}: {error.strerror}")
    if _content_type(head) == "application/x-image":
        return Finding("R402", "not-an-image", f"{file} is neither a JPEG nor a PNG image")
    if size > _MAX_BODY:
        return Finding(
            "R404",
            "too-large",
            f"{file} has {size:,} bytes, an endpoint takes at most {_MAX_BODY:,}",
            hint="shrink it",
        )
    return None


def _content_type(body: bytes) -> str:
    known = (kind for signature, kind in _SIGNATURES.items() if body.startswith(signature))
    return next(known, "application/x-image")


def _describe(session: Session, name: str) -> Any:
    try:
        return session.client("sagemaker").describe_endpoint(EndpointName=name)
    except ClientError as error:
        if is_missing(error):
            raise _absent(session, name) from error
        raise


def _variants(session: Session, config: str) -> Any:
    described = session.client("sagemaker").describe_endpoint_config(EndpointConfigName=config)
    return described["ProductionVariants"]


def _absent(session: Session, name: str) -> RunError:
    return RunError(
        Finding(
            "R405",
            "no-endpoint",
            f"{session.engine} has no endpoint '{name}'",
            hint="an execution that passes its gate deploys it: `imgpipe run`",
        )
    )


def _refused(file: Path, name: str, error: ClientError) -> RunError:
    response: Any = error.response
    reason = response.get("OriginalMessage") or response["Error"]["Message"]
    return RunError(
        Finding(
            "R406", "prediction-failed", f"endpoint '{name}' refused {file}", details=(("reason", reason),)
        )
    )
