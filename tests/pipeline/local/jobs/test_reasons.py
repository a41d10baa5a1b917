from __future__ import annotations

import errno
from pathlib import Path

import pytest

from pipeline.local.jobs.folder import JobFolder, OutsideFolder
from pipeline.local.jobs.reasons import (
    LIMIT,
    algorithm_error,
    bug,
    cut,
    download_error,
    not_written,
    processing_error,
    read_reason,
    text_of,
    upload_error,
)


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (
            algorithm_error("class 'cat' has 1 image", 1),
            "AlgorithmError: class 'cat' has 1 image, exit code: 1",
        ),
        (algorithm_error("", 137), "AlgorithmError: , exit code: 137"),
        (processing_error("too few", 2), "AlgorithmError: too few, exit code: 2"),
        (processing_error("", 2), "AlgorithmError: See job logs for more information, exit code: 2"),
        (download_error("no objects"), "ClientError: Data download failed: no objects"),
        (upload_error("no bucket"), "ClientError: Artifact upload failed: no bucket"),
        (
            bug(KeyError("x")),
            "InternalServerError: KeyError: 'x' (a bug of the local SageMaker: see its log)",
        ),
        (
            not_written(OSError(28, "No space left on device", "/secret")),
            "InternalServerError: The local SageMaker cannot write to its folder: No space left on device",
        ),
    ],
)
def test_a_reason_reads_as_on_sagemaker(reason: str, text: str) -> None:
    assert reason == text


def test_a_reason_keeps_within_the_api_s_limit() -> None:
    long = "x" * 5000
    for reason in (algorithm_error(long, 1), processing_error(long, 137), download_error(long), cut(long)):
        assert len(reason) == LIMIT
    assert algorithm_error(long, 1).endswith("x…, exit code: 1")
    assert cut("y" * LIMIT) == "y" * LIMIT


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"why\n", "why"),
        (b"caf\xe9", "caf\ufffd"),
        (b"", ""),
        ("é".encode() * 2000, "é" * 1023 + "…"),
        (b"x" * 10_000_000, "x" * 1023 + "…"),
    ],
    ids=["text", "not-utf-8", "empty", "long", "huge"],
)
def test_a_reason_file_is_read(tmp_path: Path, content: bytes, text: str) -> None:
    (tmp_path / "failure").write_bytes(content)
    assert read_reason(tmp_path / "failure") == text


def test_a_reason_has_the_container_s_paths(tmp_path: Path) -> None:
    """They are replaced before it is cut."""
    folder = JobFolder(tmp_path / "job")
    folder.make()
    line = f'File "{folder.ml}/code/train.py", line 1\n'
    (tmp_path / "failure").write_text(line * 60)
    text = read_reason(tmp_path / "failure", folder.shown)
    assert len(text) == LIMIT
    assert text.startswith('File "/opt/ml/code/train.py", line 1\nFile "/opt/ml/')
    assert str(tmp_path) not in text
    assert folder.shown(f"no {folder.python}/bin/x") == "no /opt/ml/python/bin/x"


def test_there_may_be_no_reason_file(tmp_path: Path) -> None:
    assert read_reason(tmp_path / "failure") == ""
    assert read_reason(tmp_path) == ""


def test_an_error_is_told_without_this_machine_s_paths() -> None:
    assert text_of(OSError(errno.ENOSPC, "No space left on device", "/secret")) == "No space left on device"
    assert text_of(OutsideFolder("/etc")) == "the path '/etc' is not below /opt/ml"
