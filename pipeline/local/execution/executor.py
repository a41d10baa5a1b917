"""Starts, stops and repairs executions."""

from __future__ import annotations

import threading
from collections.abc import Callable

from pipeline.language import definition as definitions
from pipeline.language import parameters
from pipeline.local.execution import archive
from pipeline.local.execution.execution import EXECUTION, Execution
from pipeline.local.execution.reuse import first_phases
from pipeline.local.execution.run import STEP, Call, ObjectReader, Run
from pipeline.local.records import Record, Records

INTERRUPTED = "InternalServerError: The local SageMaker stopped while this was running"
"""FailureReason of what a dead server left behind."""

_JOBS = ("ProcessingJob", "TrainingJob", "TransformJob")


class Executor:
    """Runs executions, each in a thread of its own.

    Args:
        records: The record store.
        objects: S3.
        call: Our own API.
        clock: Seconds since the epoch.
        new_id: A random string of lower-case letters and digits of a length.
    """

    def __init__(
        self,
        records: Records,
        objects: ObjectReader,
        call: Call,
        clock: Callable[[], float],
        new_id: Callable[[int], str],
    ) -> None:
        self._records = records
        self._objects = objects
        self._call = call
        self._clock = clock
        self._new_id = new_id
        self._lock = threading.Lock()
        self._running: dict[str, Execution] = {}

    def start(self, name: str) -> None:
        """Run a recorded execution (`<pipeline>/<execution id>`) in a thread and return at once."""
        record = self._records.get(EXECUTION, name)
        assert record is not None
        definition = definitions.parse(archive.text_of(self._records, record["DefinitionKey"]))
        given = {item["Name"]: item["Value"] for item in record.get("PipelineParameters", [])}
        run = Run(
            name=name,
            definition=definition,
            parameters=parameters.values_of(definition.parameters, given),
            started=record["CreationTime"],
            records=self._records,
            objects=self._objects,
            call=self._call,
            clock=self._clock,
            new_id=self._new_id,
        )
        parallel = record.get("ParallelismConfiguration", {}).get("MaxParallelExecutionSteps")
        taken = {step["StepName"]: step for step in self._records.list(STEP, f"{name}/")}
        phases, outcomes = first_phases(definition, record, taken)
        execution = Execution(run, phases, outcomes, parallel, lambda: self._ended(name))
        with self._lock:
            self._running[name] = execution
        threading.Thread(target=execution.run, name=f"execution-{run.id}", daemon=True).start()

    def stop(self, name: str) -> None:
        """Stop an execution whose record says Stopping; returns at once."""
        with self._lock:
            execution = self._running.get(name)
        if execution:
            execution.stop()

    def _ended(self, name: str) -> None:
        with self._lock:
            self._running.pop(name, None)


def repair(records: Records, now: float) -> None:
    """End what a server left unfinished when it was stopped or killed; for the start of the next one.

    Executions, their steps and jobs become Failed. An endpoint that was being made becomes Failed; one that
    was being updated serves its old configuration again.
    """
    for kind in _JOBS:
        _fail_all(records, kind, f"{kind}Status", ("InProgress", "Stopping"), now)
    _fail_all(records, STEP, "StepStatus", ("Executing", "Stopping", "Starting"), now)
    _fail_all(records, EXECUTION, "PipelineExecutionStatus", ("Executing", "Stopping"), now)
    _fail_all(records, "Endpoint", "EndpointStatus", ("Creating", "Deleting"), now)
    for endpoint in records.list("Endpoint"):
        if endpoint["EndpointStatus"] in ("Updating", "RollingBack"):
            records.update(
                "Endpoint", endpoint["EndpointName"], EndpointStatus="InService", FailureReason=INTERRUPTED
            )


def _fail_all(records: Records, kind: str, status: str, unfinished: tuple[str, ...], now: float) -> None:
    for name, record in records.items(kind):
        if record.get(status) in unfinished:
            records.update(kind, name, **{status: "Failed"}, FailureReason=INTERRUPTED, **_times(kind, now))


def _times(kind: str, now: float) -> Record:
    ends = {"ProcessingJob": "ProcessingEndTime", "TrainingJob": "TrainingEndTime", STEP: "EndTime"}
    ends["TransformJob"] = "TransformEndTime"
    times: Record = {ends[kind]: now} if kind in ends else {}
    if kind != STEP:
        times["LastModifiedTime"] = now
    if kind == "TrainingJob":
        times["SecondaryStatus"] = "Failed"
    return times
