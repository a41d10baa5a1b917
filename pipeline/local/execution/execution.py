"""One execution from its first step to its last."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Mapping
from types import MappingProxyType

from pipeline.language.graph import Phase, turn, unanswered
from pipeline.local.execution.run import STEP, Run
from pipeline.local.execution.step_run import UNENDED, StepRun
from pipeline.local.execution.steps.executor import Metadata, Outcome
from pipeline.local.insistence import insist
from pipeline.local.records import RecordsClosed

EXECUTION = "PipelineExecution"
FAILURE = "Step failure: One or multiple steps failed."
"""FailureReason of an execution, in the words of SageMaker Pipelines."""

INTERRUPTED = "InternalServerError: The local SageMaker stopped while this was running"
"""FailureReason of what a server left behind that cannot go on."""

_PHASES = {"Succeeded": Phase.SUCCEEDED, "Failed": Phase.FAILED, "Stopped": Phase.STOPPED}
_STOP = ""

_log = logging.getLogger(__name__)


class Execution:
    """Runs the steps of one execution, in parallel where the graph allows.

    One thread, that of `run`, decides; each running step has a thread of its own. They talk through a queue.

    Args:
        run: What is executed.
        phases: Phases of the steps at the start.
        outcomes: Outcomes of the Condition steps that are not to run.
        on_end: Called with this when all is recorded.
        left: Metadata of the steps that run already: a server before this one has begun them. Empty for those
            that have asked for nothing yet: they begin anew.
    """

    def __init__(
        self,
        run: Run,
        phases: Mapping[str, Phase],
        outcomes: Mapping[str, bool],
        on_end: Callable[[Execution], None],
        left: Mapping[str, Metadata] = MappingProxyType({}),
    ) -> None:
        self.about = self._run = run
        self._phases = dict(phases)
        self._outcomes = dict(outcomes)
        self._on_end = on_end
        self._events: queue.SimpleQueue[tuple[str, Outcome | None]] = queue.SimpleQueue()
        self._is_stopping = False
        self._left = left
        self._steps: dict[str, StepRun] = {}

    def stop(self) -> None:
        """Start no further step and stop those that run; returns at once."""
        self._events.put((_STOP, None))

    def run(self) -> None:
        """Execute, until every step has ended that ever will; ends early if the server goes down."""
        try:
            status = self._run_steps()
            insist(lambda: self._record_end(status))
        except RecordsClosed:
            return
        self._on_end(self)

    def _record_end(self, status: str) -> None:
        run = self._run
        run.records.update(
            EXECUTION,
            run.name,
            PipelineExecutionStatus=status,
            FailureReason=self._reason() if status == "Failed" else None,
            LastModifiedTime=run.clock(),
        )

    def _run_steps(self) -> str:
        """Run the steps; returns the execution's final status.

        Raises:
            RecordsClosed: The server goes down.
        """
        phases = self._phases
        for name in self._left:
            self._start(name, self._left[name])
        while True:
            running = sum(phase is Phase.RUNNING for phase in phases.values())
            if not self._is_stopping:
                running += self._start_ready(running)
            if not running:
                return self._status()
            name, outcome = self._events.get()
            if outcome is None:
                self._stop_running()
                continue
            if outcome is UNENDED:
                raise RecordsClosed(f"step {name} of {self._run.name} has not ended")
            phases[name] = _PHASES[outcome.status]
            if outcome.branch is not None:
                self._outcomes[name] = outcome.branch

    def _start_ready(self, running: int) -> int:
        """Start the steps that may start now; returns how many."""
        phases = self._phases
        now = turn(self._run.definition.graph, phases, self._outcomes)
        phases.update(dict.fromkeys(now.skip, Phase.SKIPPED))
        ready = now.start
        if ready and (most := self._most_at_once()) is not None:
            ready = ready[: max(most - running, 0)]
        for name in ready:
            phases[name] = Phase.RUNNING
            self._start(name, None)
        return len(ready)

    def _most_at_once(self) -> int | None:
        """MaxParallelExecutionSteps as it is now: UpdatePipelineExecution may change it."""
        record = self._run.records.get(EXECUTION, self._run.name) or {}
        most: int | None = record.get("ParallelismConfiguration", {}).get("MaxParallelExecutionSteps")
        return most

    def _start(self, name: str, left: Metadata | None) -> None:
        step = self._steps[name] = StepRun(self._run, self._run.definition.steps[name], left)

        def follow() -> None:
            self._events.put((name, step.run()))

        threading.Thread(target=follow, name=f"step-{name}", daemon=True).start()

    def _stop_running(self) -> None:
        self._is_stopping = True
        for name, phase in self._phases.items():
            if phase is Phase.RUNNING:
                self._steps[name].stop()

    def _status(self) -> str:
        if self._is_stopping:
            return "Stopped"
        # What waits still never runs, and so answers nothing.
        phases = {
            name: Phase.SKIPPED if phase is Phase.WAITING else phase for name, phase in self._phases.items()
        }
        if unanswered(self._run.definition.graph, phases):
            return "Failed"
        bad = {Phase.FAILED, Phase.STOPPED} & set(phases.values())
        return "CompletedWithFailures" if bad else "Succeeded"

    def _reason(self) -> str:
        run = self._run
        reasons = [step.get("FailureReason") for step in run.records.list(STEP, f"{run.name}/")]
        return INTERRUPTED if INTERRUPTED in reasons else FAILURE
