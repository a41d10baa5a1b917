"""Why a job failed, in the words and within the bounds of SageMaker."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

LIMIT = 1024
"""Characters of FailureReason and ExitMessage (DescribeProcessingJob, DescribeTrainingJob)."""

SHUT_DOWN = "InternalServerError: The local SageMaker stopped while this was running"

_SEE_LOGS = "AlgorithmError: See job logs for more information"
_CUT = "…"

_MOST_READ = 16 * LIMIT
"""Bytes: a character is four at most, and paths become shorter."""


def algorithm_error(text: str, exit_code: int) -> str:
    """The program failed: what it wrote to its reason file, which may be nothing."""
    after = f", exit code: {exit_code}"
    return cut(f"AlgorithmError: {text}", LIMIT - len(after)) + after


def processing_error(text: str, exit_code: int) -> str:
    """A processing job's program failed.

    SageMaker itself says no more than to look into the logs, and puts the program's text into ExitMessage.
    Here the text is in both, as a pipeline's step shows only FailureReason.
    """
    return algorithm_error(text, exit_code) if text else f"{_SEE_LOGS}, exit code: {exit_code}"


def download_error(text: str) -> str:
    """The inputs cannot be had."""
    return cut(f"ClientError: Data download failed: {text}")


def upload_error(text: str) -> str:
    """The outputs cannot be stored."""
    return cut(f"ClientError: Artifact upload failed: {text}")


def bug(error: BaseException) -> str:
    """The local SageMaker itself failed."""
    text = f"{type(error).__name__}: {error}"
    return cut(f"InternalServerError: {text} (a bug of the local SageMaker: see its log)")


def not_written(error: Exception) -> str:
    """The local SageMaker cannot write what it needs to: the disk is full, most likely."""
    return cut(f"InternalServerError: The local SageMaker cannot write to its folder: {text_of(error)}")


def text_of(error: Exception) -> str:
    """What an expected error says, without the path that only this machine knows."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(getattr(error, "reason", error))


def cut(text: str, limit: int = LIMIT) -> str:
    """The text, or its beginning if it is too long."""
    return text if len(text) <= limit else text[: limit - len(_CUT)] + _CUT


def read_reason(path: Path, shown: Callable[[str], str] = str) -> str:
    """What a program wrote about its failure; nothing if there is no such file.

    Args:
        path: The file.
        shown: Turns paths of this machine into those of the container.
    """
    try:
        with path.open("rb") as file:
            return cut(shown(file.read(_MOST_READ).decode("utf-8", "replace").strip()))
    except OSError:
        return ""
