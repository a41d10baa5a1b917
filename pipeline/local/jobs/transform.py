"""Transform jobs: every object of a prefix or manifest through a model's server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from pipeline.local.errors import NotSupportedLocally
from pipeline.local.job_logs import GROUPS, LogWriter
from pipeline.local.jobs.catalog import image_for
from pipeline.local.jobs.connections import Answer, Call, NoAnswer
from pipeline.local.jobs.inputs import find_inputs
from pipeline.local.jobs.job import Cause, Job, Program, command_for
from pipeline.local.jobs.model_container import BadModel, ModelContainer, find_container, lay_out_model
from pipeline.local.jobs.process import NotStarted
from pipeline.local.jobs.progress import Progress
from pipeline.local.jobs.reasons import SHUT_DOWN, cut, download_error, text_of, upload_error
from pipeline.local.jobs.server_process import NotReady, ServerProcess
from pipeline.local.objects import ObjectsError, S3Object, parse_uri
from pipeline.local.records import Record

_MEGABYTE = 1024 * 1024
# Defaults of CreateTransformJob in the API.
_MAX_PAYLOAD_MB = 6
_TIMEOUT_S = 600


@dataclass(frozen=True)
class Failure:
    """One object that could not be transformed.

    Attributes:
        item: The object.
        side: ClientError or AlgorithmError.
        status: HTTP status, if there was an answer.
        text: What the server said, or why there was no answer.
    """

    item: S3Object
    side: str
    status: int | None
    text: str

    def __str__(self) -> str:
        status = f"status {self.status}: " if self.status else ""
        return f"{self.item.uri}: {status}{self.text}"


def run(job: Job) -> None:
    """Run a transform job from its record to its end.

    One that a server before this one has begun goes on, with a model's server of its own: that of before has
    ended with its server. Objects whose outputs are stored are left out.
    """
    now = job.tools.clock()
    record = job.amend(lambda record: {"TransformStartTime": now, **record, "LastModifiedTime": now})
    source = record["TransformInput"]["DataSource"]["S3DataSource"]
    try:
        container = find_container(job.tools.records, record["ModelName"])
        image_for(job.tools.images, "serving", container.image)
        items = find_inputs(job.tools.objects, source, _role(job, record))
        job.folder.clear()
        lay_out_model(container, job.tools.objects, job.folder.ml, job.tools.installer)
    except NotSupportedLocally as error:
        job.finish("Failed", cut(f"ClientError: {error.what}: {error.why}"))
    except (BadModel, ObjectsError, OSError) as error:
        job.finish("Failed", download_error(text_of(error)))
    else:
        _serve_and_transform(job, record, container, items)


def _role(job: Job, record: Record) -> str:
    """A transform job has no role of its own: it reads with that of its model."""
    model = job.tools.records.get("Model", record["ModelName"]) or {}
    return str(model.get("ExecutionRoleArn", ""))


def _serve_and_transform(
    job: Job, record: Record, container: ModelContainer, items: Sequence[S3Object]
) -> None:
    try:
        program = _program(job, record, container)
        server = ServerProcess(
            lambda port: command_for(job.tools, job.folder, program(port)), job.log.write, job.tools.guardian
        )
    except NotStarted as error:
        job.finish("Failed", f"AlgorithmError: {error}, exit code: {error.exit_code}")
        return
    job.control.hold(server.process)
    failures, reason = [], None
    try:
        server.wait_ready(job.tools.waits.ready)
        with closing(Progress(job.folder.root / "done")) as progress:
            failures = _Batch(job, record, server, progress).transform(items)
    except NotReady as error:
        text = job.folder.shown(str(error))
        reason = cut(f"AlgorithmError: the model's server is not ready: {text}. See job logs.")
    except (ObjectsError, OSError) as error:
        reason = upload_error(text_of(error))
    finally:
        server.stop(job.tools.waits.server_grace)
    _finish(job, reason or _summary(job, failures, len(items)))


def _program(job: Job, record: Record, container: ModelContainer) -> Callable[[int], Program]:
    image = image_for(job.tools.images, "serving", container.image)

    def program(port: int) -> Program:
        return Program(
            arguments=image.serve or (),
            contract={
                **job.tools.aws(isolated=container.isolated),
                "SAGEMAKER_BIND_TO_PORT": str(port),
                "SAGEMAKER_BATCH": "true",
                "SAGEMAKER_BATCH_STRATEGY": record.get("BatchStrategy", "SingleRecord"),
                "SAGEMAKER_MAX_PAYLOAD_IN_MB": str(record.get("MaxPayloadInMB", _MAX_PAYLOAD_MB)),
                "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": str(record.get("MaxConcurrentTransforms") or 1),
            },
            requested={**container.environment, **record.get("Environment", {})},
        )

    return program


def _summary(job: Job, failures: Sequence[Failure], count: int) -> str | None:
    if not failures:
        return None
    first = failures[0]
    failed = f"{len(failures)} of {count} records failed"
    return cut(job.folder.shown(f"{first.side}: See job logs for more information ({failed}; {first})"))


def _finish(job: Job, reason: str | None) -> None:
    if job.control.cause is Cause.SHUT_DOWN:
        job.finish("Failed", SHUT_DOWN)
    elif job.control.cause is not None:
        job.finish("Stopped")
    elif reason is not None:
        job.finish("Failed", reason)
    else:
        job.finish("Completed")


class _Batch:
    """Sends the objects of one job to its server."""

    def __init__(self, job: Job, record: Record, server: ServerProcess, progress: Progress) -> None:
        client = record.get("ModelClientConfig", {})
        output = record["TransformOutput"]
        self._job = job
        self._server = server
        self._progress = progress
        self._threads = record.get("MaxConcurrentTransforms") or 1
        self._max_bytes = record.get("MaxPayloadInMB", _MAX_PAYLOAD_MB) * _MEGABYTE
        self._timeout = client.get("InvocationsTimeoutInSeconds", _TIMEOUT_S)
        self._retries = client.get("InvocationsMaxRetries", 0)
        self._headers = _headers(record)
        self._target = output["S3OutputPath"].rstrip("/")
        self._end = b"\n" if output.get("AssembleWith") == "Line" else b""
        self._broken = threading.Event()

    def transform(self, items: Sequence[S3Object]) -> list[Failure]:
        """Transform all; go on after a refused object, but not without a server.

        Returns:
            What failed, in the order of the objects.

        Raises:
            ObjectsError: An output cannot be stored.
            OSError: The disk is full.
        """
        with ThreadPoolExecutor(self._threads, thread_name_prefix=f"transform-{self._job.name}") as pool:
            results = list(pool.map(self._one, items))
        failures = [failure for failure in results if failure is not None]
        if failures:
            _data_log(self._job).write([line for failure in failures for line in _log_lines(failure)])
        return failures

    def _one(self, item: S3Object) -> Failure | None:
        if self._broken.is_set() or self._job.control.cause is not None or self._progress.has(item.uri):
            return None
        body = self._read(item)
        if isinstance(body, Failure):
            return body
        answer = self._post(item, Call("POST", "/invocations", self._timeout, body, self._headers))
        if isinstance(answer, Failure):
            return answer
        if not 200 <= answer.status < 300:
            side = "ClientError" if answer.status < 500 else "AlgorithmError"
            return Failure(item, side, answer.status, answer.body.decode("utf-8", "replace").strip())
        try:
            target = parse_uri(f"{self._target}/{item.relative}.out")
            self._job.tools.objects.write(*target, answer.body + self._end)
            self._progress.add(item.uri)
        except (ObjectsError, OSError):
            self._broken.set()
            raise
        return None

    def _read(self, item: S3Object) -> bytes | Failure:
        objects = self._job.tools.objects
        try:
            if 0 < self._max_bytes < objects.size(item.bucket, item.key):
                return Failure(item, "ClientError", None, "Too much data for max payload size")
            return objects.read(item.bucket, item.key)
        except ObjectsError as error:
            return Failure(item, "ClientError", None, error.reason)

    def _post(self, item: S3Object, call: Call) -> Answer | Failure:
        for left in reversed(range(self._retries + 1)):
            try:
                answer = self._server.send(call)
            except NoAnswer as error:
                self._broken.set()
                return Failure(item, "AlgorithmError", None, f"no answer: {error}")
            if answer.status < 500 or not left:
                break
        return answer


def _headers(record: Mapping[str, Any]) -> dict[str, str]:
    wanted = {
        "Content-Type": record["TransformInput"].get("ContentType"),
        "Accept": record["TransformOutput"].get("Accept"),
    }
    return {name: value for name, value in wanted.items() if value}


def _data_log(job: Job) -> LogWriter:
    """The log of the single records, beside that of the server ("Log Groups and Streams" in the guide)."""
    return job.tools.logs.open(GROUPS[job.kind], f"{job.log.stream}/data-log")


def _log_lines(failure: Failure) -> list[str]:
    name = f"[sagemaker logs]: {failure.item.bucket}/{failure.item.key}:"
    if failure.status is None:
        return [f"{name} {failure.text}"]
    lines = [f"{name} {failure.side}: {failure.status}", f"{name} ", f"{name} Message:"]
    return lines + [f"{name} {line}" for line in failure.text.splitlines()]
