"""Real-time endpoints: look, ask, delete."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError

from pipeline.aws_errors import explain, is_missing
from pipeline.errors import Finding, RunError, UsageError
from pipeline.s3_uri import split_uri
from pipeline.session import Session

_SIGNATURES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
# InvokeEndpoint's documented limit on a request body.
_MAX_BODY = 6 * 1024 * 1024
# Bytes of an unusable answer to show: enough to recognise an error page.
_SHOWN = 80


@dataclass(frozen=True)
class EndpointStatus:
    """An endpoint as SageMaker describes it.

    Attributes:
        name: Its name.
        status: EndpointStatus, such as InService.
        config: Name of its endpoint config. SageMaker lets the config be deleted while the endpoint serves.
        created: When it was made.
        changed: When it last changed.
        models: Those of the config's variants; none where the config is deleted.
        reason: Why it failed.
        config_deleted: Whether the config is gone.
    """

    name: str
    status: str
    config: str
    created: datetime
    changed: datetime
    models: tuple[str, ...]
    reason: str | None = None
    config_deleted: bool = False

    def to_json(self) -> dict[str, object]:
        """The endpoint for programs."""
        return {
            "name": self.name,
            "status": self.status,
            "config": self.config,
            "config_deleted": self.config_deleted,
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

    def top(self, count: int | None) -> Prediction:
        """The same with only its `count` likeliest labels; None keeps all."""
        return Prediction(self.file, self.ranking[:count])

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
        models=tuple(variant["ModelName"] for variant in variants or ()),
        reason=described.get("FailureReason"),
        config_deleted=variants is None,
    )


def require(session: Session, name: str) -> None:
    """Checks that there is such an endpoint, whatever its state.

    Raises:
        RunError: There is none.
    """
    _describe(session, name)


def delete(session: Session, name: str) -> None:
    """Deletes an endpoint and its config, if that is still there; the model stays.

    Raises:
        RunError: There is no such endpoint.
    """
    client = session.client("sagemaker")
    config = _describe(session, name)["EndpointConfigName"]
    client.delete_endpoint(EndpointName=name)
    try:
        client.delete_endpoint_config(EndpointConfigName=config)
    except ClientError as error:
        if not is_missing(error):
            raise


def labels(session: Session, name: str) -> list[str]:
    """The class names of the served model in index order; empty where nothing says them any more.

    An endpoint serves on after its config, its model or the file of names was deleted.

    The pipeline notes the address of classes.json in the model's environment, because the artifact of the
    built-in algorithm has no class names.
    """
    config = _describe(session, name)["EndpointConfigName"]
    try:
        for variant in _variants(session, config) or ():
            model = session.client("sagemaker").describe_model(ModelName=variant["ModelName"])
            uri = model.get("PrimaryContainer", {}).get("Environment", {}).get("IMGPIPE_CLASSES_URI")
            if uri:
                bucket, key = split_uri(uri)
                body = session.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
                return [str(label) for label in json.loads(body)]
    except ClientError as error:
        if not is_missing(error):
            raise
    return []


def predict(session: Session, name: str, file: Path, class_names: Sequence[str]) -> Prediction:
    """Sends one image to an endpoint.

    Args:
        session: Where the endpoint is.
        name: Its name.
        file: A JPEG or PNG of at most 6 MiB.
        class_names: Labels in index order; where empty, the index is the label.

    Raises:
        RunError: The file cannot be read any more, the endpoint or its model refused, or the answer does
            not fit the labels.
    """
    probabilities = _ask(session, name, file)
    if class_names and len(class_names) != len(probabilities):
        reason = f"probabilities: {len(probabilities)}, labels of its model: {len(class_names)}"
        raise _unusable(file, name, reason)
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


def _ask(session: Session, name: str, file: Path) -> list[float]:
    """What an endpoint answers to one image: probabilities by class index."""
    try:
        body = file.read_bytes()
    except OSError as error:
        raise RunError(_unreadable(file, error)) from error
    try:
        response = session.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=name, Body=body, ContentType=_content_type(body), Accept="application/json"
        )
        answer = response["Body"].read()
    except (ClientError, HTTPClientError) as error:
        raise _refused(file, name, error) from error
    probabilities = _parse(answer)
    if probabilities is None:
        raise _unusable(file, name, f"its answer is no list of numbers: {answer[:_SHOWN]!r}")
    return probabilities


def _parse(answer: bytes) -> list[float] | None:
    """The probabilities of an answer: a bare list, or `{"prediction": [...]}`; None if it is neither."""
    try:
        value = json.loads(answer)
    except ValueError:
        return None
    if isinstance(value, dict):
        value = value.get("prediction")
    if not isinstance(value, list) or not all(isinstance(each, int | float) for each in value):
        return None
    return value


def _problem(file: Path) -> Finding | None:
    try:
        size = file.stat().st_size
        if file.is_dir():
            return Finding("R403", "a-folder", f"{file} is a folder", hint=f"name its files: {file}/*")
        with file.open("rb") as stream:
            head = stream.read(16)
    except OSError as error:
        return _unreadable(file, error)
    if _content_type(head) == "application/x-image":
        return Finding(
            "R402",
            "not-an-image",
            f"{file} is neither a JPEG nor a PNG image",
            hint="save it as one of them; its name does not count, its first bytes do",
        )
    if size > _MAX_BODY:
        return Finding(
            "R404",
            "too-large",
            f"{file} has {size:,} bytes, an endpoint takes at most {_MAX_BODY:,}",
            hint="shrink it",
        )
    return None


def _unreadable(file: Path, error: OSError) -> Finding:
    return Finding(
        "R401",
        "no-file",
        f"{file}: {error.strerror}",
        hint="check the spelling, the folder that you are in and whether you may read it",
    )


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


def _variants(session: Session, config: str) -> list[Any] | None:
    """The variants of an endpoint config; None if it is deleted."""
    try:
        described = session.client("sagemaker").describe_endpoint_config(EndpointConfigName=config)
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    return list(described["ProductionVariants"])


def _absent(session: Session, name: str) -> RunError:
    return RunError(
        Finding(
            "R405",
            "no-endpoint",
            f"{session.engine} has no endpoint '{name}'",
            hint="an execution that passes its gate deploys it: `imgpipe run`",
        )
    )


def _refused(file: Path, name: str, error: ClientError | HTTPClientError) -> RunError:
    response: Any = error.response if isinstance(error, ClientError) else {}
    # OriginalMessage is the model's own text, without SageMaker's frame around it.
    reason = response.get("OriginalMessage") or response.get("Error", {}).get("Message") or str(error)
    return RunError(
        Finding(
            "R406",
            "prediction-failed",
            f"endpoint '{name}' refused {file}",
            details=(("reason", reason),),
            hint=explain(error).findings[0].hint,
        )
    )


def _unusable(file: Path, name: str, reason: str) -> RunError:
    return RunError(
        Finding(
            "R407",
            "unusable-answer",
            f"endpoint '{name}' did not answer {file} as a classifier does",
            details=(("reason", reason),),
            hint="`imgpipe endpoint status` shows the model; deploy it anew with `imgpipe run`",
        )
    )
