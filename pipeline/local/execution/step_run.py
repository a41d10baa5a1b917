"""One step of an execution, from its first attempt to its end."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Mapping
from functools import partial

from pipeline.language.definition import Step
from pipeline.language.expressions import ExpressionError
from pipeline.local.errors import ApiError
from pipeline.local.execution import caching, faults, retrying
from pipeline.local.execution.run import STEP, Run, StepScope
from pipeline.local.execution.steps.executor import SUCCEEDED, Metadata, Outcome, StepFailed
from pipeline.local.execution.steps.registry import EXECUTORS, properties_of
from pipeline.local.insistence import insist
from pipeline.local.records import Record, RecordMissing, RecordsClosed

_STOPPED = Outcome("Stopped")

UNENDED = Outcome("Executing")
"""The server goes down: the step is taken up when it starts again."""

_log = logging.getLogger(__name__)


class StepRun:
    """Runs one step: it is taken from the cache, or tried until it succeeds or no policy tries it again.

    Args:
        run: The execution.
        step: The step.
        left: Metadata of a step that a server before this one has begun; empty if it has asked for nothing.
    """

    def __init__(self, run: Run, step: Step, left: Metadata | None = None) -> None:
        self._run = run
        self._step = step
        self._executor = EXECUTORS[step.type]
        self._left = left
        self._begun: Metadata | None = None
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Ask for its end, from another thread; returns at once."""
        self._stopping.set()
        if self._begun is not None:
            self._executor.stop(self._run, self._begun)

    def run(self) -> Outcome:
        """Run it to its end, all of it recorded."""
        try:
            if self._left is None:
                insist(self._record_start)
            outcome = self._attempts()
            insist(lambda: self._record_end(outcome))
        except RecordsClosed:
            return UNENDED
        return outcome

    def _attempts(self) -> Outcome:
        policies = retrying.policies_of(self._step)
        while True:
            outcome = self._attempt()
            if outcome.status != "Failed":
                return outcome
            record = self._record()
            elapsed = self._run.clock() - record["StartTime"]
            retry = retrying.next_retry(policies, outcome.fault, record.get("Retries", {}), elapsed)
            if retry is None:
                return outcome
            _log.info(
                "%s of %s: %s; again in %s s", self._step.name, self._run.name, outcome.reason, retry.wait
            )
            if self._stopping.wait(retry.wait):
                return _STOPPED
            insist(partial(self._record_retry, record["AttemptCount"] + 1, retry.counts))

    def _attempt(self) -> Outcome:
        try:
            return self._execute()
        except StepFailed as error:
            return Outcome("Failed", str(error), fault=error.fault)
        except ExpressionError as error:
            return Outcome("Failed", f"ClientError: {error}")
        except RecordMissing as error:
            return Outcome("Failed", f"ClientError: {error} was deleted while the step waited for it")
        except ApiError as error:
            return Outcome("Failed", f"ClientError: {error.message}", fault=faults.of_error(error))
        except sqlite3.OperationalError as error:
            reason = f"InternalServerError: The local SageMaker cannot write to its folder: {error}"
            return Outcome("Failed", reason, fault=faults.SERVICE_FAULT)
        except RecordsClosed:
            raise
        except Exception as error:
            # A bug of ours must end the step, not leave it running for ever.
            _log.exception("step %s of %s", self._step.name, self._run.name)
            return Outcome(
                "Failed",
                f"InternalServerError: {type(error).__name__}: {error} (a bug in imgpipe: see the log)",
            )

    def _execute(self) -> Outcome:
        run, step, executor = self._run, self._step, self._executor
        metadata, self._left = self._left, None
        if not metadata:
            scope = StepScope(run, properties_of, {})
            key = caching.key_of(step, scope)
            if key and self._is_cached(key):
                return SUCCEEDED
            request = executor.request(run, step, scope)
            # At once, or a server that is killed in between would leave a job that is nobody's.
            with run.records.together():
                metadata = executor.begin(run, step, request)
                self._update(Metadata=metadata, CacheKey=key)
        self._begun = metadata
        # Either this thread sees the event or the one that stops sees what is begun; both may stop it.
        if self._stopping.is_set():
            executor.stop(run, metadata)
        outcome = executor.finish(run, step, metadata)
        if self._stopping.is_set() and outcome.status == "Failed":
            return _STOPPED
        return outcome

    def _is_cached(self, key: str) -> bool:
        """Whether it was run before, and what that made is there; then it is this step's."""
        found = caching.find(self._run, self._step, key)
        if found is None:
            return False
        try:
            self._executor.properties(self._run, found["Metadata"])
        except ApiError:
            return False
        source = {"SourcePipelineExecutionArn": found["SourcePipelineExecutionArn"]}
        self._update(Metadata=found["Metadata"], CacheHitResult=source)
        return True

    def _record_start(self) -> None:
        run, step = self._run, self._step
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

    def _record_retry(self, attempts: int, counts: Mapping[str, int]) -> None:
        # Without what the failed attempt has made: that is not to be taken up again.
        self._update(AttemptCount=attempts, Retries=counts, Metadata={})

    def _record_end(self, outcome: Outcome) -> None:
        record = self._record()
        key = record.get("CacheKey")
        with self._run.records.together():
            if key and outcome.status == "Succeeded":
                caching.keep(self._run, self._step, key, record["Metadata"])
            self._update(
                StepStatus=outcome.status,
                FailureReason=outcome.reason if outcome.status == "Failed" else None,
                EndTime=self._run.clock(),
            )

    def _record(self) -> Record:
        record = self._run.records.get(STEP, f"{self._run.name}/{self._step.name}")
        assert record is not None
        return record

    def _update(self, **fields: object) -> None:
        self._run.records.update(STEP, f"{self._run.name}/{self._step.name}", **fields)
