"""The pipeline and the endpoint of a soak."""

from __future__ import annotations

import io
import tarfile
import time
from typing import Any

from tests.pipeline.local.api.requests import ROLE, config, processing, transform
from tests.pipeline.local.definitions import BUCKET, arguments, definition, gate, get, join, step
from tests.soak.server import IMAGE, Clients

PIPELINE = "soak"
ENDPOINT = "soak"
GROUP = "soak"
IMAGES = ("a", "b", "c", "d")
STEPS = ["Beside", "First", "Gate", "Last", "Register", "Score", "Second"]
_ENDS_S = 60.0
_WORK = (
    "import json, os, pathlib, time; time.sleep(float(os.environ['SECONDS'])); print('done', flush=True); "
    "pathlib.Path(os.environ['SAGEMAKER_BASE_DIR'], 'out', 'out.json').write_text(json.dumps({'value': 1}))"
)


def _work(name: str, seconds: float, **rest: Any) -> dict[str, Any]:
    """A step whose job takes so many seconds and leaves one file."""
    uri = join(f"s3://{BUCKET}/executions", get("Execution.PipelineExecutionId"), name, on="/")
    output = {
        "OutputName": "out",
        "S3Output": {"S3Uri": uri, "LocalPath": "/opt/ml/out", "S3UploadMode": "EndOfJob"},
    }
    entry = ["python3", "-I", "-S", "-c", _WORK]
    request = processing("x") | {
        "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": entry},
        "Environment": {"SECONDS": str(seconds)},
        "ProcessingOutputConfig": {"Outputs": [output]},
    }
    file = {"PropertyFileName": "Out", "OutputName": "out", "FilePath": "out.json"}
    return step(name, "Processing", arguments(request), PropertyFiles=[file], **rest)


def _score() -> dict[str, Any]:
    """A step whose job sends a few objects to the model."""
    uri = join(f"s3://{BUCKET}/executions", get("Execution.PipelineExecutionId"), "Score", on="/")
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/images/"}
    request = transform("x") | {
        "ModelName": "soak",
        "TransformInput": {"DataSource": {"S3DataSource": source}},
        "TransformOutput": {"S3OutputPath": uri},
    }
    return step("Score", "Transform", arguments(request))


def prepare(clients: Clients) -> None:
    """Make the pipeline and the endpoint."""
    value = {"Std:JsonGet": {"PropertyFile": get("Steps.Second.PropertyFiles.Out"), "Path": "value"}}
    steps = [
        _work("First", 0.3),
        _work("Beside", 1.0),
        _work("Second", 0.1, DependsOn=["First"]),
        gate("Gate", value, [_work("Last", 0.0)], []),
        _score(),
        step("Register", "RegisterModel", {"ModelPackageGroupName": GROUP}, DependsOn=["First"]),
    ]
    for image in IMAGES:
        clients.of("s3").put_object(Bucket=BUCKET, Key=f"images/{image}", Body=b"x")
    sagemaker = clients.of("sagemaker")
    sagemaker.create_pipeline(PipelineName=PIPELINE, PipelineDefinition=definition(*steps), RoleArn=ROLE)
    _make_endpoint(clients, sagemaker)


def _make_endpoint(clients: Clients, sagemaker: Any) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo("model.txt")
        member.size = 4
        tar.addfile(member, io.BytesIO(b"soak"))
    clients.of("s3").put_object(Bucket=BUCKET, Key="model.tar.gz", Body=buffer.getvalue())
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz"}
    sagemaker.create_model(ModelName="soak", PrimaryContainer=container, ExecutionRoleArn=ROLE)
    sagemaker.create_endpoint_config(**config("soak", "soak"))
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName="soak")


def check_endpoint(clients: Clients) -> None:
    """The endpoint answers, also when it has just been created or the server has just started."""
    sagemaker = clients.of("sagemaker")
    deadline = time.monotonic() + _ENDS_S
    while (found := sagemaker.describe_endpoint(EndpointName=ENDPOINT))["EndpointStatus"] == "Creating":
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    assert found["EndpointStatus"] == "InService", found
    answer = clients.of("sagemaker-runtime").invoke_endpoint(EndpointName=ENDPOINT, Body=b"x")
    assert answer["Body"].read().startswith(b'["soak", "x"')


def start(clients: Clients) -> str:
    """Start an execution; returns its ARN."""
    started = clients.of("sagemaker").start_pipeline_execution(PipelineName=PIPELINE)
    return str(started["PipelineExecutionArn"])


def check_execution(clients: Clients, arn: str) -> str:
    """Wait for an execution's end and judge it; returns its status."""
    sagemaker = clients.of("sagemaker")
    deadline = time.monotonic() + _ENDS_S
    while True:
        found = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        status = str(found["PipelineExecutionStatus"])
        if status != "Executing":
            break
        assert time.monotonic() < deadline, f"{arn} is Executing for ever"
        time.sleep(0.05)
    steps = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
    # A kill of the server alone ends no execution: all go on.
    assert status == "Succeeded", (found, steps)
    assert sorted(each["StepName"] for each in steps) == STEPS, steps
    for each in steps:
        if job := each["Metadata"].get("ProcessingJob"):
            _check_job(clients, arn.rpartition("/")[2], each["StepName"], job["Arn"].rpartition("/")[2])
    _check_scores(clients, arn.rpartition("/")[2])
    _check_package(clients, arn)
    return status


def _check_scores(clients: Clients, execution: str) -> None:
    prefix = f"executions/{execution}/Score/"
    found = clients.of("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    assert [each["Key"] for each in found] == [f"{prefix}{image}.out" for image in IMAGES], found


def _check_package(clients: Clients, execution: str) -> None:
    """It has made one, whatever happened to the server meanwhile."""
    sagemaker = clients.of("sagemaker")
    pages = sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=GROUP)
    packages = [each["ModelPackageArn"] for page in pages for each in page["ModelPackageSummaryList"]]
    described = [sagemaker.describe_model_package(ModelPackageName=each) for each in packages]
    own = [each for each in described if each["MetadataProperties"]["GeneratedBy"] == execution]
    assert len(own) == 1, (execution, own)


def _check_job(clients: Clients, execution: str, step_name: str, job: str) -> None:
    """What a completed job has made is there: its output and its log, once."""
    key = f"executions/{execution}/{step_name}/out.json"
    assert clients.of("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read() == b'{"value": 1}'
    logs, group = clients.of("logs"), "/aws/sagemaker/ProcessingJobs"
    found = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{job}/")["logStreams"]
    assert len(found) == 1, (job, found)
    lines = logs.get_log_events(logGroupName=group, logStreamName=found[0]["logStreamName"])["events"]
    assert [event["message"] for event in lines] == ["done"], (job, lines)
