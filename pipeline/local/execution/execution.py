"""One execution from its first step to its last."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from pipeline.language.definition import Step
from pipeline.language.expressions import ExpressionError
from pipeline.language.graph import Phase, turn
from pipeline.local.errors import ApiError
from pipeline.local.execution.run import STEP, Run, StepScope
from pipeline.local.execution.steps.executor import Metadata, Outcome, StepFailed
from pipeline.local.execution.steps.registry import EXECUTORS, properties_of
from pipeline.local.records import Record, RecordMissing, RecordsClosed

EXECUTION = "PipelineExecution"
FAILURE = "Step failure: One or multiple steps failed."
"""FailureReason of an execution, in the words of SageMaker Pipelines."""

INTERRUPTED = "InternalServerError: The local SageMaker stopped while this was running"
"""FailureReason of what a server left behind that cannot go on."""

_PHASES = {"Succeeded": Phase.SUCCEEDED, "Failed": Phase.ENDED, "Stopped": Phase.ENDED}
_STOP = ""

_log = logging.getLogger(__name__)


class Execution:
    """Runs the steps of one execution, in parallel where the graph allows.

    One thread, that of `run`, decides; each running step has a thread of its own. They talk through a queue.

    Args:
        run: What is executed.
        phases: Phases of the steps at the start.
        outcomes: Outcomes of the Condition steps that are not to run.
        parallel: How many steps may run at once; None: any number.
        left: Metadata of the steps that run already: a server before this one has begun them.
        ends: Statuses of the steps that have ended without success.
        on_end: Called with the final status when all is recorded.
    """

    def __init__(
        self,
        run: Run,
        phases: Mapping[str, Phase],
        outcomes: Mapping[str, bool],
        parallel: int | None,
        on_end: Callable[[], None],
        left: Mapping[str, Metadata] = MappingProxyType({}),
        ends: Sequence[str] = (),
    ) -> None:
        self.about = self._run = run
        self._phases = dict(phases)
        self._outcomes = dict(outcomes)
        self._parallel = parallel
        self._on_end = on_end
        self._events: queue.SimpleQueue[tuple[str, Outcome | None]] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._left = left
        self._ends = ends
        self._begun: dict[str, Metadata] = {}

    def stop(self) -> None:
        """Start no further step and stop those that run; returns at once."""
        self._events.put((_STOP, None))

    def run(self) -> None:
        """Execute, until every step has ended that ever will; ends early if the server goes down."""
        try:
            status = self._steps()
            run = self._run
            reason = self._reason() if status == "Failed" else None
            run.records.update(
                EXECUTION,
                run.name,
                PipelineExecutionStatus=status,
                FailureReason=reason,
                LastModifiedTime=run.clock(),
            )
        except RecordsClosed:
            return
        self._on_end()

    def _steps(self) -> str:
        """Run the steps; returns the execution's final status."""
        phases, outcomes = self._phases, self._outcomes
        ends = list(self._ends)
        for name in self._left:
            self._start(name)
        while True:
            running = sum(phase is Phase.RUNNING for phase in phases.values())
            if not ends and not self._stopping.is_set():
                running += self._start_ready(phases, outcomes, running)
            if not running:
                break
            name, outcome = self._events.get()
            if outcome is None:
                self._stop_running(phases)
                continue
            phases[name] = _PHASES[outcome.status]
            if outcome.branch is not None:
                outcomes[name] = outcome.branch
            if outcome.status != "Succeeded":
                ends.append(outcome.status)
        if self._stopping.is_set():
            return "Stopped"
        return "Failed" if ends else "Succeeded"

    def _start_ready(self, phases: dict[str, Phase], outcomes: dict[str, bool], running: int) -> int:
        """Start the steps that may start now; returns how many."""
        now = turn(self._run.definition.graph, phases, outcomes)
        phases.update(dict.fromkeys(now.skip, Phase.SKIPPED))
        room = len(now.start) if self._parallel is None else max(self._parallel - running, 0)
        for name in now.start[:room]:
            phases[name] = Phase.RUNNING
            self._start(name)
        return len(now.start[:room])

    def _start(self, name: str) -> None:
        threading.Thread(target=self._step, args=(name,), name=f"step-{name}", daemon=True).start()

    def _reason(self) -> str:
        run = self._run
        reasons = [step.get("FailureReason") for step in run.records.list(STEP, f"{run.name}/")]
        return INTERRUPTED if INTERRUPTED in reasons else FAILURE

    def _stop_running(self, phases: dict[str, Phase]) -> None:
        self._stopping.set()
        for name, phase in phases.items():
            if phase is Phase.RUNNING and name in self._begun:
                self._stop_step(name)

    def _stop_step(self, name: str) -> None:
        EXECUTORS[self._run.definition.steps[name].type].stop(self._run, self._begun[name])

    def _step(self, name: str) -> None:
        run = self._run
        step = run.definition.steps[name]
        try:
            if name not in self._left:
                self._record_start(step)
            outcome = self._outcome(step)
            self._record_end(step, outcome)
        except RecordsClosed:
            # The server goes down: what is left is repaired when it starts again.
            outcome = Outcome("Stopped")
        self._events.put((name, outcome))

    def _outcome(self, step: Step) -> Outcome:
        try:
            return self._execute(step)
        except (StepFailed, ExpressionError) as error:
            text = str(error)
            return Outcome("Failed", text if isinstance(error, StepFailed) else f"ClientError: {text}")
        except RecordMissing as error:
            return Outcome("Failed", f"ClientError: {error} was deleted while the step waited for it")
        except ApiError as error:
            return Outcome("Failed", f"ClientError: {error.message}")
        except RecordsClosed:
            raise
        except Exception as error:
            # A bug of ours must end the step, not leave it running for ever.
            _log.exception("step %s of %s", step.name, self._run.name)
            return Outcome(
                "Failed",
                f"InternalServerError: {type(error).__name__}: {error} (a bug in imgpipe: see the log)",
            )

    def _execute(self, step: Step) -> Outcome:
        run, executor = self._run, EXECUTORS[step.type]
        metadata = self._left.get(step.name)
        if metadata is None:
            metadata = executor.begin(run, step, StepScope(run, properties_of, {}))
            run.records.update(STEP, f"{run.name}/{step.name}", Metadata=metadata)
        self._begun[step.name] = metadata
        # Either this thread sees the event or the deciding thread sees the step in _begun; both may stop it.
        if self._stopping.is_set():
            self._stop_step(step.name)
        outcome = executor.finish(run, step, metadata)
        if self._stopping.is_set() and outcome.status == "Failed":
            return Outcome("Stopped")
        return outcome

    def _record_start(self, step: Step) -> None:
        run = self._run
        record: Record = {
            "StepName": step.name,
            "StepDisplayName": step.display_name,
            "StepDescription": step.description,
            "StepType": step.type,
            "StartTime": run.clock(),
            "StepStatus": "Executing",
            "AttemptCount": 1,
            "Metadata": {},
        }
        run.records.create(STEP, f"{run.name}/{step.name}", record)

    def _record_end(self, step: Step, outcome: Outcome) -> None:
        run = self._run
        run.records.update(
            STEP,
            f"{run.name}/{step.name}",
            StepStatus=outcome.status,
            FailureReason=outcome.reason if outcome.status == "Failed" else None,
            EndTime=run.clock(),
        )
