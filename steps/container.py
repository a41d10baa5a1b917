"""The contract between a SageMaker container and its program: folders, log, exit status, reason of a failure.

This module uses only the standard library of Python 3.10, so that every program can import it in every image.
"""

from __future__ import annotations

import errno
import io
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

BASE_DIR_VARIABLE = "SAGEMAKER_BASE_DIR"
"""Where it is set, it replaces /opt/ml. The name is that of AWS's sagemaker-training toolkit."""

REASON_LIMIT = 1024
"""SageMaker keeps this many characters of ExitMessage and FailureReason (DescribeProcessingJob)."""

_CUT = "…"
# An output folder may be a mount of its own, and the folder above it may be closed to the program.
_NOT_BESIDE = frozenset({errno.EXDEV, errno.EACCES, errno.EPERM, errno.EROFS})
# The form of the built-in algorithm's own log lines, so that all logs of a pipeline read alike.
_LOG_FORMAT = "[%(asctime)s %(levelname)s %(process)d] %(message)s"
_LOG_TIME = "%m/%d/%Y %H:%M:%S"

_log = logging.getLogger(__name__)


class ProgramError(Exception):
    """A failure that the user can mend. Its text is shown as it is: what, where, why and how to fix it.

    Attributes:
        exit_code: The status that the program ends with.
    """

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def base_dir(environ: Mapping[str, str]) -> Path:
    """The folder that a container's paths start from: /opt/ml unless SAGEMAKER_BASE_DIR names another."""
    return Path(environ.get(BASE_DIR_VARIABLE) or "/opt/ml")


def processing_reason_file(base: Path) -> Path:
    """The file that a processing job's ExitMessage is read from."""
    return base / "output" / "message"


def training_reason_file(base: Path) -> Path:
    """The file that a training job's FailureReason is read from."""
    return base / "output" / "failure"


def run(program: Callable[[], None], reason_file: Path | None) -> int:
    """Runs a program as a container's main process.

    A ProgramError is logged without a traceback. Any other exception is our bug: the log gets the traceback,
    the reason file only its type and text. An interrupt and SystemExit pass through.

    Args:
        program: Does the whole job; returning means success.
        reason_file: Gets the reason of a failure, at most REASON_LIMIT characters. None for a server, whose
            failures SageMaker shows by its log only.

    Returns:
        The exit status: 0, or the error's own.
    """
    with logging_to_stdout():
        if reason_file:
            with suppress(OSError):
                reason_file.unlink()
        try:
            program()
        except ProgramError as error:
            reason = _encodable(str(error))
            _log.error("%s", reason)
            _write_reason(reason_file, reason)
            return error.exit_code
        except Exception as error:
            _log.exception("unexpected error")
            bug = f"{type(error).__name__}: {error} (a bug in imgpipe: see the log)"
            _write_reason(reason_file, _encodable(bug))
            return 1
    return 0


@contextmanager
def logging_to_stdout() -> Iterator[None]:
    """Sends the log to stdout while it lasts: SageMaker copies that to CloudWatch Logs line by line."""
    # A container may start with an ASCII locale; a class name must not stop the log.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter(_LOG_FORMAT, _LOG_TIME))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def write_atomically(path: Path, data: bytes) -> None:
    """Writes a file that readers see whole or not at all; see `writing_atomically`."""
    with writing_atomically(path) as file:
        file.write(data)


@contextmanager
def writing_atomically(path: Path) -> Iterator[BinaryIO]:
    """A file to write to that appears under its name only when the block ends, and never if the block fails.

    Its folder is made when needed. SageMaker uploads the folder of an output while the job runs (S3UploadMode
    Continuous), so the unfinished file lies beside that folder. Where it cannot, it lies in the folder under
    a hidden name.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        temporary = _unfinished(path.parent.parent, path)
    except OSError as error:
        if error.errno not in _NOT_BESIDE:
            raise
        temporary = _unfinished(path.parent, path)
    with _filling(temporary, path) as file:
        yield file


def _unfinished(folder: Path, path: Path) -> Path:
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=f".{path.name}.")
    os.close(descriptor)
    return Path(name)


@contextmanager
def _filling(temporary: Path, path: Path) -> Iterator[BinaryIO]:
    try:
        with temporary.open("wb") as file:
            yield file
        # mkstemp's 0600 would keep SageMaker's uploader out where it runs as another user.
        temporary.chmod(0o644)
        _put(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _put(temporary: Path, path: Path) -> None:
    """Gives an unfinished file its name, by way of a copy in the folder where that is another file system."""
    try:
        temporary.replace(path)
    except OSError as error:
        if error.errno not in _NOT_BESIDE or temporary.parent == path.parent:
            raise
        near = _unfinished(path.parent, path)
        with temporary.open("rb") as written, _filling(near, path) as copy:
            shutil.copyfileobj(written, copy)


def _encodable(text: str) -> str:
    """Names of files may hold bytes that are no UTF-8; they must not hide the reason."""
    return text.encode("utf-8", "backslashreplace").decode()


def _write_reason(reason_file: Path | None, reason: str) -> None:
    if reason_file is None:
        return
    if len(reason) > REASON_LIMIT:
        reason = reason[: REASON_LIMIT - len(_CUT)] + _CUT
    try:
        write_atomically(reason_file, reason.encode())
    except OSError as error:
        # The exit status still tells of the failure, and the log has the reason.
        _log.error("cannot write %s: %s", reason_file, error)
