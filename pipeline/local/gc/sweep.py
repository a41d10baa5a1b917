"""Counts what may go, and removes it.

It leans on these internals of moto 5.2: `LogsBackend.groups` and `delete_log_stream`, the `streams` of a
group, the `events` of a stream, `S3Backend.buckets` and `delete_object`, and the `size` of a key.
"""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moto.backends import get_backend

from pipeline.local.arns import ACCOUNT, REGION
from pipeline.local.errors import ApiError
from pipeline.local.events.firing import FIRING
from pipeline.local.execution.archive import KIND as DEFINITION
from pipeline.local.execution.caching import RESULT
from pipeline.local.execution.execution import EXECUTION
from pipeline.local.execution.run import STEP
from pipeline.local.gc.plan import JOBS, Plan, plan
from pipeline.local.gc.policy import Found, Policy
from pipeline.local.home import Home
from pipeline.local.job_logs import GROUPS, endpoint_group
from pipeline.local.jobs.supervised import Place
from pipeline.local.kept import Keeper
from pipeline.local.locks import Locked, hold
from pipeline.local.records import Records

_SORTS = (
    ("executions", (EXECUTION, "StartToken", "RetryToken")),
    ("steps", (STEP, RESULT)),
    ("jobs", JOBS),
    ("models and endpoint configurations", ("Model", "EndpointConfig")),
    ("definitions", (DEFINITION,)),
    ("firings", (FIRING,)),
)
_RUNNING = ("InProgress", "Stopping")
_TRIES = 3
_OUTPUT = re.compile(r"(?:^|/)executions/([a-z0-9]{12})/")


@dataclass(frozen=True)
class Sweeper:
    """Removes what may go. One sweep at a time.

    Attributes:
        home: The local SageMaker's folder.
        records: Its records.
        keeper: Keeps what moto holds.
        keeping: Gives a block that ends when what was written to moto in it is kept.
        clock: Seconds since the epoch.
    """

    home: Home
    records: Records
    keeper: Keeper
    keeping: Callable[[], AbstractContextManager[None]]
    clock: Callable[[], float]
    _one: threading.Lock = field(default_factory=threading.Lock)

    def sweep(self, policy: Policy) -> list[Found]:
        """Count what may go; remove it, unless the policy says that all is left."""
        with self._one:
            now = self.clock()
            chosen = self._forget(policy, now)
            found = list(_counted(chosen))
            found += [
                self._streams(chosen, policy, now),
                self._folders(chosen, policy, now),
                self._environments(policy, now),
            ]
            if policy.outputs:
                found.append(self._outputs(chosen, policy))
            if policy.damaged:
                found += self._damaged(policy)
            found.append(Found("contents of no object", *self.keeper.tidy(now, dry_run=policy.dry_run)))
            if not policy.dry_run:
                self.records.compact()
            return found

    def _forget(self, policy: Policy, now: float) -> Plan:
        """Choose the records that may go, and remove them unless all is left."""
        for _ in range(_TRIES):
            # Not under the lock: of a long history it takes seconds.
            chosen = plan(self.records, policy, now)
            if policy.dry_run:
                return chosen
            with self.records.together():
                if all(self.records.get(EXECUTION, name) == was for name, was in chosen.executions.items()):
                    self.records.forget(chosen.pairs())
                    return chosen
        raise ApiError("ConflictException", "Executions that were to go are being retried; try again.")

    def _streams(self, chosen: Plan, policy: Policy, now: float) -> Found:
        backend = get_backend("logs")[ACCOUNT][REGION]
        streams = list(self._streams_of(backend, chosen, policy, now))
        size = sum(len(event.message) for _, stream in streams for event in stream.events)
        if not policy.dry_run:
            with self.keeping():
                for group, stream in streams:
                    backend.delete_log_stream(group, stream.log_stream_name)
        return Found("log streams", len(streams), size)

    def _streams_of(
        self, backend: Any, chosen: Plan, policy: Policy, now: float
    ) -> Iterator[tuple[str, Any]]:
        for kind, group in GROUPS.items():
            stay = {name for name, _ in self.records.items(kind)} - chosen.names(kind)
            for name, stream in _streams_in(backend, group):
                if name.partition("/")[0] not in stay:
                    yield group, stream
        if policy.executions is not None:
            return
        prefix = endpoint_group("")
        endpoints = {name for name, _ in self.records.items("Endpoint")}
        for group in [name for name in dict.copy(backend.groups) if name.startswith(prefix)]:
            if group.removeprefix(prefix) in endpoints:
                continue
            for _, stream in _streams_in(backend, group):
                if (stream.last_event_timestamp or 0) / 1000 < policy.oldest(now):
                    yield group, stream

    def _folders(self, chosen: Plan, policy: Policy, now: float) -> Found:
        """Folders of jobs that failed long ago, or that no record names."""
        gone = []
        for folder in self.home.jobs.glob("*/*"):
            kind, name = folder.parent.name, folder.name
            record = self.records.get(kind, name)
            if record is not None and record.get(f"{kind}Status") in _RUNNING:
                continue
            is_old = policy.executions is None and folder.stat().st_mtime < policy.oldest(now)
            if record is None or name in chosen.names(kind) or is_old:
                gone.append(folder)
        return _removed("folders of jobs", [folder for folder in gone if not _runs(folder)], policy)

    def _environments(self, policy: Policy, now: float) -> Found:
        """Environments of Python that no job has asked for of late; none while a job runs."""
        busy = any(record[f"{kind}Status"] in _RUNNING for kind in JOBS for record in self.records.list(kind))
        gone = []
        for done in [] if busy else sorted((self.home.local / "python").glob("*/done")):
            if done.stat().st_mtime < policy.oldest(now):
                gone.append(done.parent)
        with ExitStack() as locks:
            free = [layer for layer in gone if _lock(layer, locks)]
            return _removed("environments of Python", free, policy)

    def _outputs(self, chosen: Plan, policy: Policy) -> Found:
        """Objects that executions wrote which go, unless a record that stays names their folder."""
        ids = {each for each in chosen.execution_ids if f"executions/{each}" not in chosen.kept}
        backend = get_backend("s3")[ACCOUNT]["aws"]
        count = size = 0
        for bucket, each in list(backend.buckets.items()):
            for key in list(dict.keys(each.keys)):
                match = _OUTPUT.search(key)
                if match is None or match[1] not in ids:
                    continue
                count += 1
                size += getattr(each.keys.get(key), "size", 0) or 0
                if not policy.dry_run:
                    with self.keeping():
                        backend.delete_object(bucket, key)
        return Found("objects of S3", count, size)

    def _damaged(self, policy: Policy) -> Iterator[Found]:
        """What a start could not read and put aside."""
        places = (self.home.local, self.home.aws)
        files = [path for place in places for path in place.glob("*.damaged-*") if path.is_file()]
        size = sum(path.stat().st_size for path in files)
        if not policy.dry_run:
            for path in files:
                path.unlink()
        yield Found("damaged files", len(files), size)
        yield Found("damaged parts", *self.keeper.damaged(dry_run=policy.dry_run))


def _counted(chosen: Plan) -> Iterator[Found]:
    for what, kinds in _SORTS:
        names = chosen.names(kinds[0]) if kinds[0] == EXECUTION else set()
        count = len(names) or sum(len(chosen.names(kind)) for kind in kinds)
        yield Found(what, count, sum(chosen.size(kind) for kind in kinds))


def _streams_in(backend: Any, group: str) -> list[tuple[str, Any]]:
    found = dict.get(backend.groups, group)
    return [] if found is None else list(dict.copy(found.streams).items())


def _runs(folder: Path) -> bool:
    return any(
        place.is_left() and place.exit_code() is None
        for place in (Place(path) for path in (folder, *folder.glob("algo-*")))
    )


def _removed(what: str, folders: Iterable[Path], policy: Policy) -> Found:
    count = size = 0
    for folder in folders:
        count += 1
        size += sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())
        if not policy.dry_run:
            shutil.rmtree(folder, ignore_errors=True)
    return Found(what, count, size)


def _lock(layer: Path, locks: ExitStack) -> bool:
    """Lock an environment as who makes it does, until `locks` are closed; False if somebody has it."""
    try:
        handle = hold(layer.with_suffix(".lock"))
    except Locked:
        return False
    locks.callback(os.close, handle)
    return True
