from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.local.jobs.environment import environment, torch_home
from pipeline.local.jobs.folder import JobFolder


def test_a_program_gets_what_the_contract_names_and_no_secrets() -> None:
    host = {
        "PATH": "/bin",
        "LANG": "C.UTF-8",
        "HOME": "/home/me",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "GITHUB_TOKEN": "secret",
        "PYTHONPATH": "/elsewhere",
        "OMP_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    folder = JobFolder(Path("/jobs/j"))
    requested = {
        "IMGPIPE_PRETRAINED_WEIGHTS": "/opt/ml/input/data/weights/w.pth",
        "SAGEMAKER_BASE_DIR": "/etc",
        "TRAINING_JOB_NAME": "mine",
    }
    assert environment(host, folder, {"TRAINING_JOB_NAME": "t", "AWS_REGION": "us-east-1"}, requested) == {
        "PATH": "/bin",
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": "/jobs/j/home",
        "TMPDIR": "/jobs/j/tmp",
        "TORCH_HOME": "/home/me/.cache/torch",
        "PYTHONUNBUFFERED": "1",
        "AWS_REGION": "us-east-1",
        "TRAINING_JOB_NAME": "mine",
        "IMGPIPE_PRETRAINED_WEIGHTS": "/jobs/j/ml/input/data/weights/w.pth",
        "SAGEMAKER_BASE_DIR": "/jobs/j/ml",
    }


def test_paths_stay_where_programs_see_them() -> None:
    folder = JobFolder(Path("/jobs/j"), mounted=True)
    found = environment({}, folder, {}, {"WEIGHTS": "/opt/ml/input/data/w.pth"})
    assert (found["WEIGHTS"], found["SAGEMAKER_BASE_DIR"]) == ("/opt/ml/input/data/w.pth", "/opt/ml")
    assert found["HOME"] == "/jobs/j/home"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ({"TORCH_HOME": "/t", "XDG_CACHE_HOME": "/c", "HOME": "/h"}, "/t"),
        ({"XDG_CACHE_HOME": "/c", "HOME": "/h"}, "/c/torch"),
        ({"HOME": "/h"}, "/h/.cache/torch"),
        ({}, "/nonexistent/.cache/torch"),
    ],
)
def test_the_torch_hub_of_the_host_is_used(host: dict[str, str], expected: str) -> None:
    assert torch_home(host) == expected
