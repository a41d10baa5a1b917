"""What a step's job wrote, from CloudWatch Logs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from botocore.exceptions import ClientError

from pipeline.aws_errors import is_missing
from pipeline.executions import Step
from pipeline.session import Session

_GROUPS = {
    "processing-job": "/aws/sagemaker/ProcessingJobs",
    "training-job": "/aws/sagemaker/TrainingJobs",
    "transform-job": "/aws/sagemaker/TransformJobs",
}
# What a line of the built-in algorithm, and so of our programs, begins with.
_HEAD = re.compile(r"^\[[^\]]*\] ")


@dataclass(frozen=True)
class LogStream:
    """Where one step's log lies."""

    group: str
    prefix: str

    @classmethod
    def of(cls, step: Step) -> LogStream | None:
        """The log of a step, or None for a step that runs no job, such as a condition."""
        if step.job_arn is None:
            return None
        kind, _, name = step.job_arn.split(":")[-1].partition("/")
        return cls(_GROUPS[kind], f"{name}/") if kind in _GROUPS else None


def lines(session: Session, stream: LogStream) -> Iterator[str]:
    """Every line so far, oldest first; none if the job has not written yet."""
    for name in _stream_names(session, stream):
        yield from _read(session, stream.group, name)


def last_lines(session: Session, stream: LogStream, count: int) -> list[str]:
    """The newest `count` lines, oldest of them first."""
    client = session.client("logs")
    newest: list[str] = []
    for name in _stream_names(session, stream):
        page = client.get_log_events(
            logGroupName=stream.group, logStreamName=name, limit=count, startFromHead=False
        )
        newest += [event["message"] for event in page["events"]]
    return newest[-count:]


def warnings(session: Session, stream: LogStream, limit: int) -> list[str]:
    """The first `limit` lines of level WARNING, without their time and process."""
    names = _stream_names(session, stream)
    if not names:
        return []
    # A page may be empty though more follow.
    pages = session.client("logs").get_paginator("filter_log_events")
    found = pages.paginate(logGroupName=stream.group, logStreamNames=names, filterPattern='"WARNING"')
    events = (event for page in found for event in page["events"])
    return [text_of(event["message"]) for event in islice(events, limit)]


def text_of(line: str) -> str:
    """What a line says: without time and process, and with tabs, which AWS's logs escape, as spaces."""
    return _HEAD.sub("", line).replace("#011", "  ").strip()


def _stream_names(session: Session, stream: LogStream) -> list[str]:
    request = {"logGroupName": stream.group, "logStreamNamePrefix": stream.prefix}
    try:
        pages = list(session.client("logs").get_paginator("describe_log_streams").paginate(**request))
    except ClientError as error:
        if is_missing(error):
            return []
        raise
    return [found["logStreamName"] for page in pages for found in page["logStreams"]]


def _read(session: Session, group: str, name: str) -> Iterator[str]:
    client = session.client("logs")
    more: dict[str, str] = {}
    while True:
        page = client.get_log_events(logGroupName=group, logStreamName=name, startFromHead=True, **more)
        yield from (event["message"] for event in page["events"])
        # CloudWatch repeats the token that it was given when there is nothing more.
        if page["nextForwardToken"] == more.get("nextToken"):
            return
        more = {"nextToken": page["nextForwardToken"]}
