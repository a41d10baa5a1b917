"""Definitions in the manner of public ones, run for real by a server of its own."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3
import pytest

from tests.pipeline.local.api.requests import ROLE
from tests.pipeline.local.definitions import BUCKET
from tests.pipeline.local.execution.examples import definitions, scripts

ROWS = "\n".join(f"{2 * x},{x}" for x in range(1, 13))
"""Rings and length of twelve abalones: the slope is 2."""


@dataclass(frozen=True)
class Service:
    """Clients of the server."""

    told: dict[str, str]

    @cached_property
    def sagemaker(self) -> Any:
        return self._client("sagemaker")

    @cached_property
    def runtime(self) -> Any:
        return self._client("sagemaker-runtime")

    @cached_property
    def s3(self) -> Any:
        return self._client("s3")

    def _client(self, name: str) -> Any:
        session: Any = boto3.Session()
        return session.client(
            name,
            endpoint_url=self.told["url"],
            region_name="us-east-1",
            aws_access_key_id=self.told["access_key"],
            aws_secret_access_key=self.told["secret_key"],
        )

    def put(self, key: str, content: str | bytes) -> None:
        body = content.encode() if isinstance(content, str) else content
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)

    def read(self, key: str) -> bytes:
        content: bytes = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return content

    def get(self, key: str) -> str:
        return self.read(key).decode()

    def run(self, name: str, text: str, **more: Any) -> str:
        """Create a pipeline and run it to its end; returns the execution's ARN."""
        self.sagemaker.create_pipeline(PipelineName=name, PipelineDefinition=text, RoleArn=ROLE)
        return self.again(name, **more)

    def again(self, name: str, **more: Any) -> str:
        own = str(self.sagemaker.start_pipeline_execution(PipelineName=name, **more)["PipelineExecutionArn"])
        self.wait(own)
        return own

    def wait(self, execution: str) -> None:
        """A client of another process has no event to wait for."""
        deadline = time.monotonic() + 60
        while self.status(execution) == "Executing" and time.monotonic() < deadline:
            time.sleep(0.05)

    def status(self, execution: str) -> str:
        described = self.sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution)
        return str(described["PipelineExecutionStatus"])

    def steps(self, execution: str) -> dict[str, dict[str, Any]]:
        listed = self.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=execution)
        return {item["StepName"]: item for item in listed["PipelineExecutionSteps"]}

    def statuses(self, execution: str) -> dict[str, str]:
        return {name: step["StepStatus"] for name, step in self.steps(execution).items()}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server with the scripts in its bucket."""
    command = [sys.executable, "-m", f"{__package__}.server", str(tmp_path_factory.mktemp("home"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        service = Service(json.loads(process.stdout.readline()))
        for name in ("split", "evaluate", "compare", "note"):
            service.put(f"code/{name}.py", getattr(scripts, name.upper()))
        yield service
        process.communicate(timeout=30)
        assert process.returncode == 0


def given(**values: str) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in values.items()]


def test_abalone(service: Service) -> None:
    service.put("abalone/data/rows.csv", ROWS)
    execution = service.run("abalone", definitions.abalone("abalone"))
    steps = service.steps(execution)
    assert {name: step["StepStatus"] for name, step in steps.items()} == dict.fromkeys(
        (
            "AbaloneProcess",
            "AbaloneTrain",
            "AbaloneEval",
            "AbaloneMSECond",
            "AbaloneRegister",
            "AbaloneModel",
        ),
        "Succeeded",
    )
    job = steps["AbaloneTrain"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    trained = service.sagemaker.describe_training_job(TrainingJobName=job)
    (metric,) = trained["FinalMetricDataList"]
    assert (metric["MetricName"], metric["Value"] < 0.01) == ("validation:mse", True)
    arn = steps["AbaloneRegister"]["Metadata"]["RegisterModel"]["Arn"]
    package = service.sagemaker.describe_model_package(ModelPackageName=arn)
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    report = package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    mse = json.loads(service.get(report.removeprefix(f"s3://{BUCKET}/")))["regression_metrics"]["mse"][
        "value"
    ]
    assert 0 < mse < 0.01

    strict = service.again("abalone", PipelineParameters=given(MseThreshold="0.0"))
    assert service.status(strict) == "Failed"
    steps = service.steps(strict)
    assert steps["AbaloneMSEFail"]["FailureReason"] == "Execution failed due to MSE > 0.0"
    assert {name for name, step in steps.items() if "CacheHitResult" in step} == {
        "AbaloneProcess",
        "AbaloneTrain",
    }
    assert steps["AbaloneTrain"]["CacheHitResult"] == {"SourcePipelineExecutionArn": execution}


def test_a_parallel_fan_out(service: Service) -> None:
    service.put("fan-out/data/rows.csv", ROWS)
    two = {"MaxParallelExecutionSteps": 2}
    execution = service.run("fan-out", definitions.fan_out("fan-out"), ParallelismConfiguration=two)
    steps = service.steps(execution)
    assert {step["StepStatus"] for step in steps.values()} == {"Succeeded"}
    assert set(steps) == {
        "Split",
        "TrainSlow",
        "TrainMedium",
        "TrainFast",
        "Compare",
        "IsThereOne",
        "IsItKnown",
        "Announce",
    }
    assert service.get("fan-out/note/note.txt") == "TrainFast"
    trained = [steps[name] for name in ("TrainSlow", "TrainMedium", "TrainFast")]
    # The third began when one of the others had ended.
    assert max(step["StartTime"] for step in trained) >= min(step["EndTime"] for step in trained)


def test_a_failure_path(service: Service) -> None:
    service.put("failure/data/rows.csv", "1,2\n3")
    execution = service.run("failure", definitions.failure_path("failure"))
    reason = "AlgorithmError: the data set has rows without two columns, exit code: 3"
    assert service.status(execution) == "CompletedWithFailures"
    assert service.statuses(execution) == {
        "Ingest": "Failed",
        "Quarantine": "Succeeded",
        "IsItStrict": "Succeeded",
    }
    assert service.get("failure/note/note.txt") == reason

    strict = service.again("failure", PipelineParameters=given(Strict="true"))
    assert service.status(strict) == "Failed"
    assert service.steps(strict)["Reject"]["FailureReason"] == f"bad data: {reason}"

    service.put("failure/data/rows.csv", ROWS)
    mended = service.again("failure")
    assert service.status(mended) == "Succeeded"
    assert service.statuses(mended) == {"Ingest": "Succeeded", "Train": "Succeeded"}


def test_a_retry(service: Service) -> None:
    service.put("retried/data/rows.csv", ROWS)
    service.put("retried/own/rows.csv", "two,1")
    execution = service.run("retried", definitions.retried("retried"))
    before = service.steps(execution)
    assert service.status(execution) == "Failed"
    reason = "cannot read the training data: could not convert string to float: 'two'"
    assert before["Train"]["FailureReason"] == f"AlgorithmError: {reason}, exit code: 1"
    service.put("retried/own/rows.csv", "2,1")
    service.sagemaker.retry_pipeline_execution(PipelineExecutionArn=execution)
    service.wait(execution)
    after = service.steps(execution)
    assert service.status(execution) == "Succeeded"
    assert set(after) == {"Prepare", "Train", "Model"}
    assert after["Prepare"] == before["Prepare"]


def archive(name: str, text: str) -> bytes:
    """A tar.gz of one file."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(text)
        tar.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


def test_a_training_script(service: Service) -> None:
    service.put("script-mode/data/rows.csv", ROWS)
    service.put("script-mode/source/sourcedir.tar.gz", archive("train.py", scripts.SCRIPT_MODE))
    execution = service.run("script-mode", definitions.script_mode("script-mode"))
    steps = service.steps(execution)
    assert {name: step.get("FailureReason") for name, step in steps.items()} == dict.fromkeys(
        ("Split", "TrainScript", "IsLossSmall")
    )
    job = steps["TrainScript"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    with tarfile.open(fileobj=io.BytesIO(service.read(f"models/{job}/output/model.tar.gz"))) as tar:
        model = tar.extractfile("model.txt")
        assert model is not None
        assert model.read() == b"4 rows"

    short = service.again("script-mode", PipelineParameters=given(Epochs="2"))
    assert service.steps(short)["TooLarge"]["FailureReason"] == "the last loss is 0.25"


def test_a_script_that_scores_and_serves(service: Service) -> None:
    service.put("served-script/data/rows.csv", ROWS)
    service.put("served-script/source/sourcedir.tar.gz", archive("abalone.py", scripts.SERVED))
    execution = service.run("served-script", definitions.served_script("served-script"))
    steps = service.steps(execution)
    assert {name: step.get("FailureReason") for name, step in steps.items()} == dict.fromkeys(
        ("Split", "TrainScript", "CreateModel", "Score", "Config", "Serve")
    )
    assert service.get("served-script/scores/rows.csv.out") == "6.0\n12.0\n18.0\n24.0\n"
    answer = service.runtime.invoke_endpoint(
        EndpointName="served-script", Body=b"8\n9", ContentType="text/csv"
    )
    assert json.loads(answer["Body"].read()) == [16.0, 18.0]
    service.sagemaker.delete_endpoint(EndpointName="served-script")


def test_an_endpoint_of_two_variants(service: Service) -> None:
    service.put("two-variants/data/rows.csv", ROWS)
    execution = service.run("two-variants", definitions.two_variants("two-variants"))
    assert service.status(execution) == "Succeeded", service.steps(execution)

    def ask(**more: str) -> tuple[str, float]:
        answer = service.runtime.invoke_endpoint(EndpointName="two-variants", Body=b"8", **more)
        return answer["InvokedProductionVariant"], float(answer["Body"].read())

    assert {ask() for _ in range(4)} == {("Long", 12.0)}
    assert ask(TargetVariant="Short") == ("Short", 8.0)

    service.again("two-variants", PipelineParameters=given(ShortWeight="1", LongWeight="0"))
    assert {ask() for _ in range(4)} == {("Short", 8.0)}
    service.sagemaker.delete_endpoint(EndpointName="two-variants")
