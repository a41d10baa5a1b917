"""Starts, stops and repairs executions."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection

from pipeline.language import definition as definitions
from pipeline.language import parameters
from pipeline.language.graph import Phase
from pipeline.local.execution import archive
from pipeline.local.execution.execution import EXECUTION, INTERRUPTED, Execution
from pipeline.local.execution.reuse import phases_left
from pipeline.local.execution.run import STEP, Call, ObjectReader, Run
from pipeline.local.records import Record, Records

_RUNNING = ("Executing", "Stopping")
_JOBS = ("ProcessingJob", "TrainingJob", "TransformJob")

_log = logging.getLogger(__name__)


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
        """Run a recorded execution (`<pipeline>/<execution id>`) in a thread and return at once.

        Steps that have records are not run: those that a selective execution has taken from another one, and
        those that had succeeded before a retry.
        """
        record = self._records.get(EXECUTION, name)
        assert record is not None
        self._go_on(name, record)

    def resume(self) -> None:
        """Go on with the executions that a server before this one has left, after `repair`."""
        for name, record in self._records.items(EXECUTION):
            status = record["PipelineExecutionStatus"]
            if status not in _RUNNING:
                continue
            try:
                self._go_on(name, record)
                if status == "Stopping":
                    self.stop(name)
            except Exception:
                # Left by another version of this program, for instance. It must not run for ever.
                _log.exception("cannot go on with execution %s", name)
                self._records.update(
                    EXECUTION,
                    name,
                    PipelineExecutionStatus="Failed",
                    FailureReason=INTERRUPTED,
                    LastModifiedTime=self._clock(),
                )

    def _go_on(self, name: str, record: Record) -> None:
        run = self._run(name, record)
        steps = {step["StepName"]: step for step in self._records.list(STEP, f"{name}/")}
        phases, outcomes = phases_left(run.definition, record, steps)
        left = {step: steps[step]["Metadata"] for step, phase in phases.items() if phase is Phase.RUNNING}
        execution = Execution(run, phases, outcomes, self._ended, left)
        with self._lock:
            self._running[name] = execution
        threading.Thread(target=execution.run, name=f"execution-{run.id}", daemon=True).start()

    def _run(self, name: str, record: Record) -> Run:
        definition = definitions.parse(archive.text_of(self._records, record["DefinitionKey"]))
        given = {item["Name"]: item["Value"] for item in record.get("PipelineParameters", [])}
        return Run(
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

    def stop(self, name: str) -> None:
        """Stop an execution whose record says Stopping; returns at once."""
        with self._lock:
            execution = self._running.get(name)
        if execution:
            execution.stop()

    def _ended(self, execution: Execution) -> None:
        name = execution.about.name
        with self._lock:
            # It may be running again already: a retry needs only the record.
            if self._running.get(name) is execution:
                del self._running[name]


def repair(records: Records, now: float, adopted: Collection[tuple[str, str]] = ()) -> None:
    """End what a server left unfinished that cannot go on; for the start of the next one.

    Jobs whose programs do not run any more become Failed, and so do steps of executions that have ended.
    Executions go on, by `Executor.resume`: they see how their steps end, and begin those anew that had asked
    for nothing yet. Endpoints go on, by `Endpoints.restore`.

    Args:
        records: The record store.
        now: Seconds since the epoch.
        adopted: Kind and name of the jobs that go on.
    """
    for kind in _JOBS:
        _fail_all(records, kind, f"{kind}Status", ("InProgress", "Stopping"), now, adopted)
    running = {
        name for name, record in records.items(EXECUTION) if record.get("PipelineExecutionStatus") in _RUNNING
    }
    waiting = {(STEP, name) for name, _ in records.items(STEP) if name.rpartition("/")[0] in running}
    _fail_all(records, STEP, "StepStatus", ("Executing", "Stopping", "Starting"), now, waiting)
    _fail_all(records, "Endpoint", "EndpointStatus", ("Deleting",), now)


def _fail_all(
    records: Records,
    kind: str,
    status: str,
    unfinished: tuple[str, ...],
    now: float,
    but: Collection[tuple[str, str]] = (),
) -> None:
    for name, record in records.items(kind):
        if record.get(status) in unfinished and (kind, name) not in but:
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
