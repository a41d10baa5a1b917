"""Starts of some steps, of old versions and with tokens, on a local SageMaker that really runs the steps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.end_to_end.conftest import Shell

pytestmark = [pytest.mark.end_to_end, pytest.mark.xdist_group("starts")]

CONFIG = """
version: 1
name: {name}
data: {{train: "s3://${{bucket}}/{name}/train", validation: "s3://${{bucket}}/{name}/validation"}}
train: {{instance_type: ml.g5.xlarge}}
gate: {{accuracy: 0.5}}
deploy: {{when: never, instance_type: ml.m5.large}}
"""
BUCKET = "sagemaker-us-east-1-123456789012"
ROLE = "arn:aws:iam::123456789012:role/imgpipe-execution"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"
# It adds its own name to what it read, or fails if it is told so.
PROGRAM = """
import json, os, pathlib, sys
name, wanted = sys.argv[1:]
base = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"]) / "processing"
read = [json.loads(file.read_text()) for file in base.glob("input/made/made.json")]
if wanted == "fail":
    sys.exit(f"{name} was told to fail")
made = {"by": [*(by for item in read for by in item["by"]), name], "score": 0.9}
(base / "output/made/made.json").write_text(json.dumps(made))
"""


def read(name: str, uri: Any) -> dict[str, Any]:
    """A processing input."""
    path = f"/opt/ml/processing/input/{name}"
    given = {"S3Uri": uri, "LocalPath": path, "S3DataType": "S3Prefix", "S3InputMode": "File"}
    return {"InputName": name, "S3Input": given}


def step(name: str, version: str, reads: str | None = None) -> dict[str, Any]:
    """A Processing step that takes what another made."""
    own = ["s3:/", BUCKET, "starts", {"Get": "Execution.PipelineExecutionId"}, name]
    target = {"S3Uri": {"Std:Join": {"On": "/", "Values": own}}, "S3UploadMode": "EndOfJob"}
    made = {"Get": f"Steps.{reads}.ProcessingOutputConfig.Outputs['made'].S3Output.S3Uri"}
    inputs = {"code": f"s3://{BUCKET}/starts/code/"} | ({"made": made} if reads else {})
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10}
    wanted = {"Get": "Parameters.Fit"} if name == "Fit" else "go"
    arguments = {
        "RoleArn": ROLE,
        "ProcessingResources": {"ClusterConfig": cluster},
        "AppSpecification": {
            "ImageUri": IMAGE,
            "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/make.py"],
            "ContainerArguments": [f"{name}-{version}", wanted],
        },
        "ProcessingInputs": [read(name, uri) for name, uri in inputs.items()],
        "ProcessingOutputConfig": {
            "Outputs": [
                {"OutputName": "made", "S3Output": {**target, "LocalPath": "/opt/ml/processing/output/made"}}
            ]
        },
    }
    files = [{"PropertyFileName": "Made", "OutputName": "made", "FilePath": "made.json"}]
    return {"Name": name, "Type": "Processing", "Arguments": arguments, "PropertyFiles": files}


def definition(version: str) -> str:
    """Prepare ─→ Fit ─→ Judge ─→ Gate ─if─→ Publish, else Reject."""
    score = {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.Judge.PropertyFiles.Made"}, "Path": "score"}}
    test = {
        "Type": "GreaterThanOrEqualTo",
        "LeftValue": score,
        "RightValue": {"Get": "Parameters.Threshold"},
    }
    branches = {
        "IfSteps": [step("Publish", version, "Fit")],
        "ElseSteps": [{"Name": "Reject", "Type": "Fail", "Arguments": {"ErrorMessage": "too low"}}],
    }
    return json.dumps(
        {
            "Version": "2020-12-01",
            "Parameters": [
                {"Name": "Fit", "Type": "String", "DefaultValue": "go", "EnumValues": ["go", "fail"]},
                {"Name": "Threshold", "Type": "Float", "DefaultValue": 0.5},
            ],
            "Steps": [
                step("Prepare", version),
                step("Fit", version, "Prepare"),
                step("Judge", version, "Fit"),
                {"Name": "Gate", "Type": "Condition", "Arguments": {"Conditions": [test], **branches}},
            ],
        }
    )


class Small:
    """A pipeline of small steps, made through boto3 and started through imgpipe."""

    def __init__(self, shell: Shell, name: str) -> None:
        self.shell, self.name = shell, name
        self.config = shell.folder / f"{name}.yaml"
        self.config.write_text(CONFIG.format(name=name))
        at = shell.json("local", "up")
        session: Any = boto3.Session(
            at["AWS_ACCESS_KEY_ID"], at["AWS_SECRET_ACCESS_KEY"], region_name=at["AWS_DEFAULT_REGION"]
        )
        self.sagemaker = session.client("sagemaker", endpoint_url=at["AWS_ENDPOINT_URL"])
        self.s3 = session.client("s3", endpoint_url=at["AWS_ENDPOINT_URL"])
        self.s3.put_object(Bucket=BUCKET, Key="starts/code/make.py", Body=PROGRAM.encode())
        for split in ("train", "validation"):
            self.s3.put_object(Bucket=BUCKET, Key=f"{name}/{split}/cat/1.jpg", Body=b"x")
        self.sagemaker.create_pipeline(PipelineName=name, PipelineDefinition=definition("1"), RoleArn=ROLE)

    def start(self, *options: str | Path) -> Any:
        return self.shell.imgpipe("start", "--local", "-c", self.config, *options)

    def ended(self, *options: str | Path) -> dict[str, Any]:
        """An execution that was followed to its end, as `--json` tells of it."""
        done = self.start(*options, "--wait", "--json")
        told: dict[str, Any] = json.loads(done.stdout)
        assert done.returncode == (0 if told["status"] == "Succeeded" else 1), done.stderr
        return told

    def made(self, execution: dict[str, Any], name: str) -> list[str]:
        """The programs that what a step made has gone through."""
        key = f"starts/{execution['arn'].rpartition('/')[2]}/{name}/made.json"
        made: list[str] = json.loads(self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())["by"]
        return made


def states(execution: dict[str, Any]) -> dict[str, str]:
    """Each step's status; "taken" for those that come from another execution."""
    return {item["name"]: "taken" if item["source"] else item["status"] for item in execution["steps"]}


@pytest.fixture(scope="module")
def small(shell: Shell) -> Small:
    return Small(shell, "starts")


def test_some_steps_and_old_versions(small: Small) -> None:
    first = small.ended("-p", "Fit=fail", "-p", "Threshold=0.4")
    assert states(first) == {
        "Prepare": "Succeeded",
        "Fit": "Failed",
        "Judge": "Not run",
        "Gate": "Not run",
        "Publish": "Not run",
        "Reject": "Not run",
    }

    small.sagemaker.update_pipeline(PipelineName=small.name, PipelineDefinition=definition("2"))
    second = small.ended("--from-step", "Fit", "-p", "Fit=go")
    assert states(second) == {
        "Prepare": "taken",
        "Fit": "Succeeded",
        "Judge": "Succeeded",
        "Gate": "Succeeded",
        "Publish": "Succeeded",
        "Reject": "Not run",
    }
    assert {item["source"] for item in second["steps"]} == {None, first["arn"]}
    assert small.made(second, "Judge") == ["Prepare-1", "Fit-2", "Judge-2"]

    small.sagemaker.update_pipeline(PipelineName=small.name, PipelineDefinition=definition("3"))
    third = small.ended("--only", "Judge,Gate", "--only", "Reject", "-p", "Threshold=0.95")
    assert states(third) == {
        "Prepare": "taken",
        "Fit": "taken",
        "Judge": "Succeeded",
        "Gate": "Succeeded",
        "Publish": "Not selected",
        "Reject": "Failed",
    }
    assert small.made(third, "Judge") == ["Prepare-1", "Fit-2", "Judge-3"]

    listed = small.sagemaker.list_pipeline_versions(PipelineName=small.name)["PipelineVersionSummaries"]
    assert [item["PipelineVersionId"] for item in listed] == [3, 2, 1]
    old = small.ended("--version", "1")
    assert small.made(old, "Publish") == ["Prepare-1", "Fit-1", "Publish-1"]
    described = small.sagemaker.describe_pipeline_execution(PipelineExecutionArn=old["arn"])
    assert described["PipelineVersionId"] == 1


def test_one_token_starts_one_execution(small: Small) -> None:
    first, again = (small.start("--token", "job 4711", "--wait") for _ in range(2))
    assert (first.returncode, again.returncode) == (0, 0)
    told = first.stderr.splitlines()[0]
    assert told.startswith("execution arn:aws:sagemaker:us-east-1:123456789012:pipeline/starts/execution/")
    note = "was started with this token before, and is Succeeded; nothing new was started"
    assert again.stderr.splitlines()[:2] == [f"note: {told.rpartition('/')[2]} {note}", told]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["-p", "Fitt=go"], 2, "error R140 unknown-parameter: pipeline 'starts' has no parameter 'Fitt'"),
        (["-p", "Threshold=high"], 2, "error R141 parameter-type: parameter 'Threshold' is of type Float"),
        (["--from-step", "Fti"], 2, "error R104 no-step: pipeline 'starts' has no step 'Fti'"),
        (["--only", "Prepare,Judge"], 2, "error R147 bad-selection: Fit lies between selected steps"),
        (["--version", "9"], 1, "error R131 no-version: pipeline 'starts' has no version 9"),
    ],
    ids=["name", "type", "step", "gap", "version"],
)
def test_what_cannot_be_started_is_told_before_it_starts(
    small: Small, options: list[str], code: int, said: str
) -> None:
    before = small.sagemaker.list_pipeline_executions(PipelineName=small.name, MaxResults=100)
    done = small.start(*options)
    assert done.returncode == code
    assert done.stderr.startswith(said)
    after = small.sagemaker.list_pipeline_executions(PipelineName=small.name, MaxResults=100)
    assert len(after["PipelineExecutionSummaries"]) == len(before["PipelineExecutionSummaries"])
