"""Runs the jobs: one thread each, from the record to its terminal status."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pipeline.local.home import Home
from pipeline.local.insistence import insist
from pipeline.local.job_logs import GROUPS, JobLogs
from pipeline.local.jobs import processing, training, transform
from pipeline.local.jobs.catalog import IMAGES, Images
from pipeline.local.jobs.cluster import cluster_of
from pipeline.local.jobs.folder import JobFolder
from pipeline.local.jobs.guardian import Guardian
from pipeline.local.jobs.hosts import open_log
from pipeline.local.jobs.job import Cause, Control, Job, Tools, Waits
from pipeline.local.jobs.mounts import Mounts
from pipeline.local.jobs.reasons import SHUT_DOWN, bug, not_written
from pipeline.local.jobs.slots import Slots, most_jobs, threads_each
from pipeline.local.jobs.status import RUNNING, finished, stopping, waiting
from pipeline.local.jobs.supervised import Place
from pipeline.local.jobs.support import CHECKS
from pipeline.local.objects import Objects
from pipeline.local.records import Record, RecordMissing, Records, RecordsClosed

_log = logging.getLogger(__name__)

# A transform job is work of the server itself: without it nothing goes on.
_SUPERVISED = ("ProcessingJob", "TrainingJob")
_JOIN_S = 30.0
"""Seconds for a killed job's thread to write its last record."""


class Run(Protocol):
    """One kind of job."""

    def __call__(self, job: Job) -> None:
        """Bring a job from its record to its end; expected failures end in the record."""


RUNS: Mapping[str, Run] = {
    "ProcessingJob": processing.run,
    "TrainingJob": training.run,
    "TransformJob": transform.run,
}


@dataclass(frozen=True)
class _Running:
    control: Control
    thread: threading.Thread


class JobRunner:
    """Runs processing, training and transform jobs as subprocesses (runtime.Jobs).

    Args:
        home: The project's home; the jobs' folders are below its `local/jobs`.
        records: The jobs' records.
        objects: S3.
        logs: CloudWatch Logs.
        images: Which program stands for an image.
        host: The server's environment; by default that of this process.
        clock: Seconds since the epoch.
        waits: How long things may take.
        client: Variables by which a program's AWS SDK reaches the local SageMaker.
        mounts: Whether programs see their folder as /opt/ml.
    """

    def __init__(
        self,
        home: Path,
        records: Records,
        objects: Objects,
        logs: JobLogs,
        *,
        images: Images = IMAGES,
        host: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.time,
        waits: Waits | None = None,
        client: Mapping[str, str] | None = None,
        mounts: Mounts | None = None,
    ) -> None:
        environment = dict(os.environ if host is None else host)
        most = most_jobs(environment)
        environment.setdefault("OMP_NUM_THREADS", str(threads_each(most)))
        at = Home(home)
        self._folder = at.jobs
        self._mounts = mounts or Mounts()
        self._tools = Tools(
            records,
            objects,
            logs,
            Guardian(),
            images,
            environment,
            clock,
            waits or Waits(),
            client or {},
            at.local / "python",
        )
        self._slots = Slots(most)
        self._lock = threading.Lock()
        self._running: dict[tuple[str, str], _Running] = {}
        self._closed = False

    def check(self, kind: str, request: Mapping[str, Any]) -> None:
        """Refuse what cannot run here (runtime.Jobs.check)."""
        CHECKS[kind](request, self._tools.images)

    def start(self, kind: str, name: str) -> None:
        """Run a recorded job in a thread and return at once."""
        self._start(kind, name, is_left=False)

    def adopt(self) -> set[tuple[str, str]]:
        """Go on with the jobs of a server before this one (runtime.Jobs.adopt).

        Those whose programs it has started are taken over, those that it had not got as far with begin anew,
        and transform jobs go on with what is left to do. Lost are those whose programs were killed.
        """
        adopted = set()
        for kind in RUNS:
            for name, record in self._tools.records.items(kind):
                if record[f"{kind}Status"] not in RUNNING:
                    continue
                if self._adopt(kind, name, record):
                    adopted.add((kind, name))
        return adopted

    def _adopt(self, kind: str, name: str, record: Record) -> bool:
        first = JobFolder(self._folder / kind / name)
        folders = [first, *(first.of(host) for host in cluster_of(kind, record).hosts[1:])]
        places = [Place(folder.root) for folder in folders] if kind in _SUPERVISED else []
        is_lost = any(place.is_lost() for place in places)
        is_left = first.root.exists() and all(place.is_left() for place in places)
        if not is_left:
            for place in places:
                # One of several instances, which cannot have come far without the others.
                place.kill()
        if is_lost:
            return False
        if not is_left:
            self._forget_logs(kind, folders)
        running = self._start(kind, name, is_left=is_left)
        if record[f"{kind}Status"] == "Stopping":
            self._end(running, Cause.STOPPED)
        return True

    def _forget_logs(self, kind: str, folders: Sequence[JobFolder]) -> None:
        """Remove the log streams of a job that begins anew: no program has had anything to say yet."""
        for folder in folders:
            with suppress(FileNotFoundError):
                self._tools.logs.remove(GROUPS[kind], folder.stream.read_text(encoding="utf-8"))

    def _end(self, running: _Running, cause: Cause) -> None:
        running.control.end(cause)
        self._slots.wake()

    def _start(self, kind: str, name: str, *, is_left: bool) -> _Running:
        control = Control(self._tools.waits.grace)
        arguments = (kind, name, control, is_left)
        thread = threading.Thread(target=self._run, args=arguments, name=f"{kind}-{name}")
        with self._lock:
            if self._closed:
                raise RecordsClosed("the server is going down")
            self._running[kind, name] = running = _Running(control, thread)
            thread.start()
        return running

    def stop(self, kind: str, name: str) -> None:
        """Ask a running job to stop and return at once; one that has ended stays as it is."""
        now = self._tools.clock()
        self._tools.records.amend(kind, name, lambda record: stopping(kind, record, now))
        with self._lock:
            running = self._running.get((kind, name))
        if running is not None:
            self._end(running, Cause.STOPPED)
        else:
            self._finish_lost(kind, name)

    def close(self) -> None:
        """Kill every job's process tree, and wait until their records say so."""
        with self._lock:
            self._closed = True
            running = list(self._running.values())
        for each in running:
            self._end(each, Cause.SHUT_DOWN)
        for each in running:
            each.thread.join(_JOIN_S)
        self._tools.guardian.close()

    def _job_folder(self, kind: str, name: str) -> JobFolder:
        # A transform job's program is a model's server: it is told where its folder is.
        return JobFolder(self._folder / kind / name, kind in _SUPERVISED and self._mounts.works())

    def _run(self, kind: str, name: str, control: Control, is_left: bool) -> None:
        folder = self._job_folder(kind, name)

        def wait(why: str) -> None:
            self._show_waiting(kind, name, why)

        try:
            with self._slots.taken(lambda: control.cause is not None, wait, at_once=is_left):
                if not is_left:
                    folder.make()
                log = open_log(self._tools.logs, kind, name, folder)
                RUNS[kind](Job(kind, name, folder, self._tools, control, log, is_left))
        except (RecordMissing, RecordsClosed):
            _log.info("the record of %s %s is gone", kind, name)
        except (OSError, sqlite3.OperationalError) as error:
            _log.exception("%s %s cannot go on", kind, name)
            self._finish(kind, name, "Failed", not_written(error))
        except Exception as error:
            _log.exception("%s %s failed for a reason of our own", kind, name)
            self._finish(kind, name, "Failed", bug(error))
        finally:
            self._tidy(kind, name, folder)
            with self._lock:
                self._running.pop((kind, name), None)

    def _show_waiting(self, kind: str, name: str, why: str) -> None:
        now = self._tools.clock()
        self._tools.records.amend(kind, name, lambda record: waiting(kind, record, now, why))
        _log.info("%s %s: %s", kind, name, why)

    def _tidy(self, kind: str, name: str, folder: JobFolder) -> None:
        """Remove the folder, but keep that of a failed job for a look."""
        try:
            record = self._tools.records.get(kind, name) or {}
        except RecordsClosed:
            return
        # While it runs, as far as anybody knows, the folder tells the next server how far it came.
        if record.get(f"{kind}Status") not in ("Failed", *RUNNING):
            folder.remove()

    def _finish_lost(self, kind: str, name: str) -> None:
        """End the record of a job that has no thread: it ended with a server before this one."""
        record = self._tools.records.get(kind, name) or {}
        if record.get(f"{kind}Status") == "Stopping":
            self._finish(kind, name, "Stopped", None)
        elif record.get(f"{kind}Status") in RUNNING:
            self._finish(kind, name, "Failed", SHUT_DOWN)

    def _finish(self, kind: str, name: str, status: str, reason: str | None) -> None:
        now = self._tools.clock()

        def end(record: Record) -> Record:
            is_running = record[f"{kind}Status"] in RUNNING
            return finished(kind, record, status, now, reason) if is_running else record

        try:
            insist(lambda: self._tools.records.amend(kind, name, end))
        except (RecordMissing, RecordsClosed):
            _log.info("the record of %s %s is gone", kind, name)
