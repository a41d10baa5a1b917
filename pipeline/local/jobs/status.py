"""How the record of a job changes from status to status."""

from __future__ import annotations

from typing import Any

from pipeline.local.records import Record

TRAINING = "TrainingJob"

RUNNING = ("InProgress", "Stopping")

_MESSAGES = {
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Stopping": "Stopping the training job",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds",
}
"""StatusMessage by SecondaryStatus (SecondaryStatusTransition of the API)."""


def moved(record: Record, secondary: str, now: float, message: str | None = None, **fields: Any) -> Record:
    """A training job that reached its next phase; one that is being stopped stays as it is.

    Args:
        record: The job as it was.
        secondary: Its next SecondaryStatus.
        now: Seconds since the epoch.
        message: Its StatusMessage, if not the usual one.
        fields: Further members.
    """
    if record["TrainingJobStatus"] != "InProgress" or record.get("SecondaryStatus") == secondary:
        # The latter was recorded by a server that was killed in this phase.
        return record
    return {**_in_phase(record, secondary, now, message), **fields, "LastModifiedTime": now}


def waiting(kind: str, record: Record, now: float, message: str) -> Record:
    """A job that waits for others to end: only a training job has a status for that, with a message."""
    return moved(record, "Pending", now, message) if kind == TRAINING else record


def stopping(kind: str, record: Record, now: float) -> Record:
    """A job that was asked to stop; one that has ended stays as it is."""
    if record[f"{kind}Status"] != "InProgress":
        return record
    if kind == TRAINING:
        record = _in_phase(record, "Stopping", now)
    return {**record, f"{kind}Status": "Stopping", "LastModifiedTime": now}


def finished(
    kind: str,
    record: Record,
    status: str,
    now: float,
    reason: str | None = None,
    secondary: str | None = None,
    **fields: Any,
) -> Record:
    """A job that has ended.

    Args:
        kind: TrainingJob, ProcessingJob or TransformJob.
        record: The job as it was.
        status: Completed, Failed or Stopped.
        now: Seconds since the epoch.
        reason: Its FailureReason.
        secondary: A training job's SecondaryStatus, if it is another than `status`.
        fields: Further members.
    """
    if kind == TRAINING:
        record = _in_phase(record, secondary or status, now)
        record["SecondaryStatusTransitions"][-1]["EndTime"] = now
        started = record.get("TrainingStartTime", now)
        fields["TrainingTimeInSeconds"] = fields["BillableTimeInSeconds"] = round(now - started)
    end = f"{kind.removesuffix('Job')}EndTime"
    changed = {**record, **fields, f"{kind}Status": status, end: now, "LastModifiedTime": now}
    return changed if reason is None else {**changed, "FailureReason": reason}


def _in_phase(record: Record, secondary: str, now: float, message: str | None = None) -> Record:
    transitions = [dict(transition) for transition in record.get("SecondaryStatusTransitions", [])]
    if transitions:
        transitions[-1].setdefault("EndTime", now)
    message = message or _MESSAGES[secondary]
    transitions.append({"Status": secondary, "StartTime": now, "StatusMessage": message})
    return {**record, "SecondaryStatus": secondary, "SecondaryStatusTransitions": transitions}
