from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from botocore.exceptions import NoCredentialsError, ProfileNotFound

from pipeline.account import PLACEHOLDERS
from pipeline.cli import doctor as module
from pipeline.cli.doctor import doctor
from pipeline.cli.target import Target
from pipeline.config.loader import load_config
from pipeline.errors import ConfigError, Finding, UsageError
from pipeline.preflight.check import Check, failed, not_needed, passed, unknown
from pipeline.session import Session
from tests.pipeline.stubs import stub_session

CONFIG = Path(__file__).parents[3] / "config" / "quickstart.yaml"
STS = {"get_caller_identity": {"Account": "111122223333", "Arn": "arn:aws:iam::111122223333:user/ann"}}
NO_DATA = Finding("R201", "no-data", "no objects under s3://b/train", hint="`imgpipe data push DIR`")


def connect(monkeypatch: pytest.MonkeyPatch, session: Session | Exception, *checks: Check) -> None:
    """Lets doctor meet a session or an error, and the checks after the credentials end so."""

    def give(_: Target) -> Session:
        if isinstance(session, Exception):
            raise session
        return session

    monkeypatch.setattr(Target, "session", give)
    monkeypatch.setattr(
        Target, "load", lambda target, _: load_config(target.config, facts=PLACEHOLDERS, environ={})
    )
    monkeypatch.setattr(module, "survey", lambda *_: iter(checks))


def exit_code(**options: Any) -> int:
    with pytest.raises(typer.Exit) as caught:
        doctor(config=CONFIG, **options)
    return caught.value.exit_code


def test_all_is_well(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What could not be checked is said, and is no failure."""
    denied = unknown("quotas", "the caller may not servicequotas:ListServiceQuotas")
    connect(monkeypatch, stub_session(local=False, sts=STS), passed("role", "there"), denied)
    doctor(config=CONFIG)
    told = capsys.readouterr()
    assert told.out == (
        "CHECK        OUTCOME\n"
        "region       passed   us-east-1\n"
        "credentials  passed   arn:aws:iam::111122223333:user/ann of account 111122223333\n"
        "role         passed   there\n"
        "quotas       unknown  could not be checked: the caller may not servicequotas:ListServiceQuotas\n"
    )
    assert told.err == ""


def test_something_failed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    checks = (failed("data", NO_DATA, NO_DATA), not_needed("quotas"))
    connect(monkeypatch, stub_session(sts=STS), *checks)
    assert exit_code(local=True) == 1
    told = capsys.readouterr()
    assert told.out.splitlines()[3:] == [
        "data         FAILED   no objects under s3://b/train (and 1 more)",
        "quotas       -        not needed on the local SageMaker",
    ]
    finding = (
        "error R201 no-data: no objects under s3://b/train\n"
        f"  hint: `imgpipe data push DIR --local -c {CONFIG}`"
    )
    assert told.err == f"\n{finding}\n\n{finding}\n"


def test_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    connect(monkeypatch, stub_session(local=False, sts=STS), failed("data", NO_DATA))
    assert exit_code(as_json=True) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["passed"] is False
    assert [(check["check"], check["outcome"]) for check in told["checks"]] == [
        ("region", "passed"),
        ("credentials", "passed"),
        ("data", "failed"),
    ]


AFTER = ("role", "permissions", "bucket", "data", "quotas", "containers", "model group")


@pytest.mark.parametrize(
    ("session", "region", "credentials"),
    [
        pytest.param(
            stub_session(local=False, sts={"get_caller_identity": NoCredentialsError()}),
            ("passed", "us-east-1"),
            ("FAILED", "AWS credentials were not found"),
            id="no credentials",
        ),
        pytest.param(
            ProfileNotFound(profile="nobody"),
            ("unknown", "could not be checked: the credentials do not do"),
            ("FAILED", "The config profile (nobody) could not be found"),
            id="no such profile",
        ),
        pytest.param(
            UsageError(Finding("R002", "no-region", "no AWS region is set")),
            ("FAILED", "no AWS region is set"),
            ("unknown", "could not be checked: no region is set"),
            id="no region",
        ),
    ],
)
def test_what_stands_in_the_way_of_the_others(
    session: Session | Exception,
    region: tuple[str, str],
    credentials: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    connect(monkeypatch, session)
    assert exit_code() == 1
    lines = [tuple(line.split(maxsplit=2)) for line in capsys.readouterr().out.splitlines()[1:3]]
    assert sorted(lines) == [("credentials", *credentials), ("region", *region)]


def test_every_other_check_is_told_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    connect(monkeypatch, stub_session(local=False, sts={"get_caller_identity": NoCredentialsError()}))
    assert exit_code(as_json=True) == 1
    checks = json.loads(capsys.readouterr().out)["checks"][2:]
    assert [(one["check"], one["outcome"]) for one in checks] == [(name, "unknown") for name in AFTER]


def test_a_config_that_cannot_be_read_is_said_before_anything_is_asked(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("version: 2\n")
    with pytest.raises(ConfigError):
        doctor(config=tmp_path / "c.yaml")


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A home of its own; the local SageMaker in it is down at the end."""
    made = {**os.environ, "IMGPIPE_HOME": str(tmp_path / "home"), "IMGPIPE_LOCAL_PORT": "0"}
    yield made
    imgpipe(made, "local", "down")


def imgpipe(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *words],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
    )


WALK = """\
version: 1
name: walk
data: {train: "s3://${bucket}/walk/train", validation: "s3://${bucket}/walk/validation"}
train: {hyperparameters: {mini_batch_size: 2}}
gate: {accuracy: 0.9}
"""


def test_a_walk_on_the_local_sagemaker(tmp_path: Path, environment: dict[str, str]) -> None:
    config = tmp_path / "walk.yaml"
    config.write_text(WALK)
    for split in ("train", "validation"):
        for name in ("cat", "dog"):
            (tmp_path / "data" / split / name).mkdir(parents=True)
            (tmp_path / "data" / split / name / "1.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    target = ("--local", "-c", str(config))

    before = imgpipe(environment, "doctor", *target)
    assert before.returncode == 1
    assert before.stderr.count("error R201 no-data: no objects under s3://sagemaker-us-east-1-") == 2

    assert imgpipe(environment, "data", "push", str(tmp_path / "data"), *target).returncode == 0
    after = imgpipe(environment, "doctor", "--json", *target)
    assert after.returncode == 0, after.stdout
    assert {one["check"]: one["outcome"] for one in json.loads(after.stdout)["checks"]} == {
        "region": "not needed",
        "credentials": "passed",
        "role": "passed",
        "permissions of the role": "not needed",
        "permissions of the caller": "not needed",
        "bucket": "passed",
        "training images": "passed",
        "validation images": "passed",
        "quotas": "not needed",
        "containers": "not needed",
        "model group": "passed",
    }
