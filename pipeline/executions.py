"""Executions of a pipeline: start, look, wait, stop."""

from __future__ import annotations

import hashlib
import json
import re
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from pipeline.aws_errors import is_missing
from pipeline.errors import Finding, RunError
from pipeline.session import Session
from pipeline.suggestion import listed, suggestion

TERMINAL = frozenset({"Succeeded", "Failed", "Stopped", "CompletedWithFailures"})
"""Statuses that an execution does not leave. The SDK's own wait() knows only the first two."""

CAN_BE_RETRIED = ("Failed", "Stopped")
"""Statuses after which an execution can go on."""

_LOCAL_POLL_S = 0.5
# ListPipelineExecutionSteps is throttled per account; AWS's console refreshes at about this pace.
_AWS_POLL_S = 10.0


@dataclass(frozen=True)
class Step:
    """One step of an execution.

    Attributes:
        name: As in the definition.
        type: Such as Training.
        status: AWS's word for it; "Waiting" for a step that has not begun, "Not run" for one that never will,
            "Not selected" for one that was not to run.
        started: None before it began.
        ended: None while it runs.
        reason: Why it failed.
        job_arn: The job, model or endpoint that the step made.
        outcome: A condition's "True" or "False".
        source: ARN of the execution that the step was taken from, by choice or by caching; None if it ran in
            its own.
    """

    name: str
    type: str
    status: str
    started: datetime | None = None
    ended: datetime | None = None
    reason: str | None = None
    job_arn: str | None = None
    outcome: str | None = None
    source: str | None = None

    @property
    def seconds(self) -> float | None:
        """How long it took, or has taken so far."""
        if self.started is None:
            return None
        end = self.ended or datetime.now(self.started.tzinfo)
        return (end - self.started).total_seconds()

    def to_json(self) -> dict[str, object]:
        """The step for programs."""
        return {
            "name": self.name,
            "type": self.type,
            "status": self.status,
            "started": self.started.isoformat() if self.started else None,
            "seconds": round(self.seconds, 1) if self.seconds is not None else None,
            "reason": self.reason,
            "arn": self.job_arn,
            "outcome": self.outcome,
            "source": self.source,
        }


@dataclass(frozen=True)
class Execution:
    """An execution as it stood when it was looked at. `steps` are in the order of the definition."""

    arn: str
    pipeline: str
    status: str
    started: datetime
    reason: str | None = None
    steps: tuple[Step, ...] = field(default=())

    @property
    def id(self) -> str:
        """The last part of the ARN."""
        return self.arn.rsplit("/", 1)[-1]

    @property
    def is_over(self) -> bool:
        """Whether its status is final."""
        return self.status in TERMINAL

    def step(self, name: str) -> Step:
        """The step of that name.

        Raises:
            RunError: There is none.
        """
        for step in self.steps:
            if step.name == name:
                return step
        known = [step.name for step in self.steps]
        raise RunError(
            Finding(
                "R104",
                "no-step",
                f"execution {self.id} has no step '{name}'",
                details=(("it has", listed(known)),),
                hint=suggestion(name, known),
            )
        )

    def to_json(self) -> dict[str, object]:
        """The execution for programs."""
        return {
            "arn": self.arn,
            "pipeline": self.pipeline,
            "status": self.status,
            "reason": self.reason,
            "started": self.started.isoformat(),
            "steps": [step.to_json() for step in self.steps],
        }


def start(
    session: Session,
    pipeline: str,
    parameters: Mapping[str, str],
    *,
    token: str | None = None,
    version: int | None = None,
    steps: Sequence[str] = (),
    source: str | None = None,
) -> str:
    """Starts an execution and returns its ARN.

    Args:
        session: Where.
        pipeline: Name of the pipeline.
        parameters: Values by name; others keep their default.
        token: Any text; of the starts with the same one only the first starts something.
        version: The version to start; None for the newest.
        steps: The steps to run; none for all.
        source: ARN of the execution that the selected steps take from what others made.
    """
    request: dict[str, Any] = {
        "PipelineName": pipeline,
        # Makes boto3's own retry of a lost answer harmless.
        "ClientRequestToken": uuid.uuid4().hex if token is None else request_token(pipeline, token),
        "PipelineParameters": [{"Name": name, "Value": value} for name, value in parameters.items()],
    }
    if version is not None:
        request["PipelineVersionId"] = version
    if steps:
        config: dict[str, Any] = {"SelectedSteps": [{"StepName": name} for name in steps]}
        request["SelectiveExecutionConfig"] = config | (
            {"SourcePipelineExecutionArn": source} if source else {}
        )
    try:
        response = session.client("sagemaker").start_pipeline_execution(**request)
    except ClientError as error:
        if is_missing(error):
            raise no_pipeline(session, pipeline) from error
        raise
    return str(response["PipelineExecutionArn"])


def request_token(pipeline: str, text: str) -> str:
    """The ClientRequestToken that stands for any text: the API wants 32 to 128 characters."""
    return hashlib.sha256(f"{pipeline}\0{text}".encode()).hexdigest()


def recent(session: Session, pipeline: str) -> dict[str, str]:
    """Status by ARN of the newest hundred executions, the newest first."""
    newest = _newest(session, pipeline, 100)
    return {str(item["PipelineExecutionArn"]): str(item["PipelineExecutionStatus"]) for item in newest}


def latest(session: Session, pipeline: str) -> str:
    """ARN of the newest execution.

    Raises:
        RunError: The pipeline does not exist or has never been started.
    """
    summaries = _newest(session, pipeline, 1)
    if not summaries:
        raise RunError(
            Finding(
                "R102", "never-started", f"pipeline '{pipeline}' has no executions", hint="`imgpipe start`"
            )
        )
    return str(summaries[0]["PipelineExecutionArn"])


def _newest(session: Session, pipeline: str, most: int) -> list[dict[str, Any]]:
    """Summaries of the newest executions, at most 100 of them."""
    try:
        page = session.client("sagemaker").list_pipeline_executions(
            PipelineName=pipeline, SortBy="CreationTime", SortOrder="Descending", MaxResults=most
        )
    except ClientError as error:
        if is_missing(error):
            raise no_pipeline(session, pipeline) from error
        raise
    return list(page["PipelineExecutionSummaries"])


def arn_of(session: Session, pipeline: str, named: str) -> str:
    """The ARN of an execution of this account and region that is named by its id, or by its ARN.

    Raises:
        RunError: The id has not the form of one.
    """
    if named.startswith("arn:"):
        return named
    # The form of PipelineExecutionArn in the API's reference.
    if not re.fullmatch("[a-z0-9]{12}", named):
        hint = "`imgpipe status` shows the newest; an id has twelve letters and digits"
        raise RunError(Finding("R103", "no-execution", f"there is no execution '{named}'", hint=hint))
    facts = session.facts
    service = f"arn:{facts.partition}:sagemaker:{facts.region}:{facts.account}"
    return f"{service}:pipeline/{pipeline}/execution/{named}"


def describe(session: Session, arn: str) -> Execution:
    """The execution as it is now, with every step of its definition.

    Raises:
        RunError: There is no such execution.
    """
    client = session.client("sagemaker")
    try:
        described = client.describe_pipeline_execution(PipelineExecutionArn=arn)
    except ClientError as error:
        if is_missing(error):
            raise RunError(Finding("R103", "no-execution", f"there is no execution '{arn}'")) from error
        raise
    definition = client.describe_pipeline_definition_for_execution(PipelineExecutionArn=arn)
    pages = client.get_paginator("list_pipeline_execution_steps").paginate(PipelineExecutionArn=arn)
    begun = {step["StepName"]: step for page in pages for step in page["PipelineExecutionSteps"]}
    status = described["PipelineExecutionStatus"]
    absent = "Not run" if status in TERMINAL else "Waiting"
    config = described.get("SelectiveExecutionConfig")
    selected = {item["StepName"] for item in config["SelectedSteps"]} if config else None
    declared = _declared_steps(json.loads(definition["PipelineDefinition"])["Steps"])
    return Execution(
        arn=arn,
        pipeline=arn.split("/")[-3],
        status=status,
        started=described["CreationTime"],
        reason=described.get("FailureReason"),
        steps=tuple(
            _step(
                name,
                kind,
                begun.get(name),
                absent if selected is None or name in selected else "Not selected",
            )
            for name, kind in declared
        ),
    )


def watch(session: Session, arn: str) -> Iterator[Execution]:
    """Looks at an execution until it is over; the last one yielded is final."""
    interval = _LOCAL_POLL_S if session.is_local else _AWS_POLL_S
    while True:
        execution = describe(session, arn)
        yield execution
        if execution.is_over:
            return
        # SageMaker has no call that blocks until an execution changes.
        time.sleep(interval)


def stop(session: Session, arn: str) -> None:
    """Asks for a stop; running steps end first."""
    session.client("sagemaker").stop_pipeline_execution(
        PipelineExecutionArn=arn, ClientRequestToken=uuid.uuid4().hex
    )


def retry(session: Session, arn: str) -> None:
    """Lets an execution go on that failed or was stopped: the steps that succeeded are kept."""
    session.client("sagemaker").retry_pipeline_execution(
        PipelineExecutionArn=arn, ClientRequestToken=uuid.uuid4().hex
    )


def _declared_steps(steps: list[dict[str, Any]]) -> list[tuple[str, str]]:
    declared = []
    for step in steps:
        declared.append((step["Name"], step["Type"]))
        arguments = step.get("Arguments", {})
        for branch in ("IfSteps", "ElseSteps"):
            declared += _declared_steps(arguments.get(branch, []) if step["Type"] == "Condition" else [])
    return declared


def _step(name: str, kind: str, begun: Mapping[str, Any] | None, absent: str) -> Step:
    if begun is None:
        return Step(name, kind, absent)
    metadata = begun.get("Metadata", {})
    arns = [value["Arn"] for value in metadata.values() if isinstance(value, dict) and "Arn" in value]
    taken = begun.get("SelectiveExecutionResult") or begun.get("CacheHitResult") or {}
    return Step(
        name=name,
        type=kind,
        status=begun["StepStatus"],
        started=begun.get("StartTime"),
        ended=begun.get("EndTime"),
        reason=begun.get("FailureReason"),
        job_arn=arns[0] if arns else None,
        outcome=metadata.get("Condition", {}).get("Outcome"),
        source=taken.get("SourcePipelineExecutionArn"),
    )


def no_pipeline(session: Session, pipeline: str) -> RunError:
    """The error for a pipeline that was never upserted."""
    """The error for a pipeline that does not exist."""
    return RunError(
        Finding(
            "R101",
            "no-pipeline",
            f"{session.engine} has no pipeline '{pipeline}'",
            hint="`imgpipe upsert` makes it; `imgpipe run` makes and starts it",
        )
    )
