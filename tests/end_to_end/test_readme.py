"""Walks the README as a newcomer does; its first command is the main job on the local SageMaker."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from subprocess import CompletedProcess

import pytest

from tests.end_to_end.conftest import ROOT, Shell

pytestmark = [pytest.mark.end_to_end, pytest.mark.xdist_group("readme"), pytest.mark.timeout(900)]

BLOCKS = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
QUICKSTART = ("--local", "-c", "config/quickstart.yaml")

Walk = Mapping[str, CompletedProcess[str]]


@pytest.fixture(scope="module")
def walk(shell: Shell) -> Walk:
    """What each block of the README printed, by its first line; then what the AWS CLI saw before the stop."""
    seen: dict[str, CompletedProcess[str]] = {}
    for block in BLOCKS:
        first = block.splitlines()[0]
        if first == "imgpipe endpoint delete --yes --local -c config/quickstart.yaml":
            seen["aws steps"] = _steps_by_the_aws_cli(shell)
            seen["imgpipe status"] = shell.imgpipe("status", *QUICKSTART, "--json")
            seen["imgpipe models"] = shell.imgpipe("models", "list", *QUICKSTART, "--json")
        # The suite cannot run itself, and a benchmark beside it would measure noise.
        seen[first] = shell.bash(
            block.replace("make test\nmake check\nmake bench", "make --dry-run test check bench")
        )
    return seen


def _steps_by_the_aws_cli(shell: Shell) -> CompletedProcess[str]:
    arn = shell.json("status", *QUICKSTART)["arn"]
    return shell.bash(
        'eval "$(imgpipe local status)"\n'
        f"aws sagemaker list-pipeline-execution-steps --output json --pipeline-execution-arn {arn}"
    )


def test_every_command_of_the_readme_succeeds(walk: Walk) -> None:
    failed = {name: done.stderr[-3000:] for name, done in walk.items() if done.returncode != 0}
    assert failed == {}
    assert "make run" in walk


def test_make_run_prints_label_and_probability_of_held_out_images(walk: Walk) -> None:
    rows = re.findall(
        r"held-out/(\d)\S*\.png\s+(\d)\s+(0\.\d+|1\.0+)$", walk["make run"].stdout, re.MULTILINE
    )
    assert len(rows) == 20
    right = sum(truth == label for truth, label, _ in rows)
    assert right >= 16, f"the gate passed at 0.90, yet {right} of 20 held-out images are right"


def test_make_run_says_how_to_look_further_and_how_to_stop(walk: Walk) -> None:
    said = walk["make run"].stdout
    assert "look further:" in said
    assert "local down" in said


def test_make_run_says_loudly_that_it_trained_from_scratch(walk: Walk) -> None:
    assert walk["make run"].stderr.count("FROM SCRATCH") == 1
    assert (
        "warning from TrainModel: NO IMAGENET WEIGHTS: this ResNet-50 is trained FROM SCRATCH"
        in walk["make run"].stderr
    )


def test_the_aws_cli_lists_the_finished_steps(walk: Walk) -> None:
    steps = json.loads(walk["aws steps"].stdout)["PipelineExecutionSteps"]
    assert {step["StepName"]: step["StepStatus"] for step in steps} == {
        "ValidateImages": "Succeeded",
        "TrainModel": "Succeeded",
        "CreateModel": "Succeeded",
        "ScoreValidation": "Succeeded",
        "EvaluateModel": "Succeeded",
        "AccuracyGate": "Succeeded",
        "RegisterModel": "Succeeded",
        "CreateEndpointConfig": "Succeeded",
        "DeployEndpoint": "Succeeded",
    }


def test_the_registered_model_has_the_accuracy_that_passed_the_gate(walk: Walk) -> None:
    [model] = json.loads(walk["imgpipe models"].stdout)
    assert 0.9 <= model["metrics"]["accuracy"] <= 1.0


def test_the_endpoint_config_is_named_after_the_execution(walk: Walk) -> None:
    arn = json.loads(walk["imgpipe status"].stdout)["arn"]
    name = f"quickstart-{arn.rsplit('/', 1)[-1]}"
    assert re.search(rf"^config    {name}$", walk[". .venv/bin/activate"].stdout, re.MULTILINE)


def test_what_never_ran_is_told(walk: Walk) -> None:
    steps = {step["name"]: step["status"] for step in json.loads(walk["imgpipe status"].stdout)["steps"]}
    assert steps["RejectModel"] == "Not run"


def test_the_report_is_a_page_that_needs_nothing_else(walk: Walk, shell: Shell) -> None:
    assert walk[". .venv/bin/activate"].returncode == 0
    [page] = shell.folder.glob("report-*.html")
    html = page.read_text()
    assert html.lower().startswith("<!doctype html>")
    assert not re.search(r"""(src|href)=["']https?:""", html)


def test_what_is_generated_is_current(walk: Walk, shell: Shell) -> None:
    assert walk["make test"].returncode == 0
    for name in (
        "config/schema.json",
        "docs/configuration.md",
        "docs/diagnostics.md",
        "docs/parity.md",
        "steps/instance_types.py",
    ):
        assert (shell.folder / name).read_text() == (ROOT / name).read_text(), f"run `make generate`: {name}"
