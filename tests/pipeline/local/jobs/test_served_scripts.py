"""Models with scripts on the whole local SageMaker, as boto3 sees them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pipeline.local.lifecycle import LocalEndpoint, ensure_running, stop
from tests.pipeline.local.api.requests import ROLE
from tests.pipeline.local.test_lifecycle import client

from .serving.archives import archive

SCRIPTS = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"

INFERENCE = """
    import json, os, sklearn

    def model_fn(model_dir):
        with open(os.path.join(model_dir, "model.json")) as file:
            return json.load(file)

    def predict_fn(data, model):
        return data @ model["weights"] + float(os.environ.get("OFFSET", 0))
"""


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEndpoint]:
    home = tmp_path_factory.mktemp("home")
    at = ensure_running(home, 0)
    client(at, "s3").create_bucket(Bucket="served")
    yield at
    stop(home)


def model(
    at: LocalEndpoint, name: str, files: dict[str, str], *, isolated: bool = False, **variables: str
) -> None:
    client(at, "s3").put_object(Bucket="served", Key=f"{name}.tar.gz", Body=archive(files))
    container = {
        "Image": SCRIPTS,
        "ModelDataUrl": f"s3://served/{name}.tar.gz",
        "Environment": {
            "SAGEMAKER_PROGRAM": "inference.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
            "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
            "SAGEMAKER_REGION": "us-east-1",
            **variables,
        },
    }
    client(at, "sagemaker").create_model(
        ModelName=name,
        PrimaryContainer=container,
        ExecutionRoleArn=ROLE,
        EnableNetworkIsolation=isolated,
    )


def endpoint(at: LocalEndpoint, name: str, *models: str) -> dict[str, Any]:
    """Create an endpoint with a variant for each model; its description when it is created or failed."""
    sagemaker = client(at, "sagemaker")
    variants = [
        {
            "VariantName": f"of-{model}",
            "ModelName": model,
            "InitialInstanceCount": 1,
            "InstanceType": "ml.m5.large",
            "InitialVariantWeight": 1,
        }
        for model in models
    ]
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants)
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    return ended(lambda: sagemaker.describe_endpoint(EndpointName=name), "EndpointStatus", "Creating")


def ended(describe: Callable[[], dict[str, Any]], status: str, running: str) -> dict[str, Any]:
    """A client of another process has no event to wait for."""
    deadline = time.monotonic() + 60
    while (found := describe())[status] == running and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def test_an_endpoint_of_two_models_with_scripts(at: LocalEndpoint) -> None:
    files = {"model.json": '{"weights": [1, 10]}', "code/inference.py": INFERENCE}
    model(at, "plain", files)
    model(at, "moved", files, OFFSET="100")
    found = endpoint(at, "both", "plain", "moved")
    assert found["EndpointStatus"] == "InService", found
    runtime = client(at, "sagemaker-runtime")

    def ask(variant: str, body: bytes, kind: str, **more: str) -> Any:
        answer = runtime.invoke_endpoint(
            EndpointName="both", TargetVariant=f"of-{variant}", Body=body, ContentType=kind, **more
        )
        return answer["ContentType"], answer["Body"].read()

    assert ask("plain", b"[[1, 2], [3, 4]]", "application/json") == ("application/json", b"[21.0, 43.0]")
    assert ask("moved", b"1,2\n3,4\n", "text/csv", Accept="text/csv") == ("text/csv", b"121.0\n143.0\n")
    for body, kind, status, text in (
        (b"<a/>", "text/xml", 415, "'text/xml' is not supported by the default input_fn, "),
        (b"[[1, 2, 3]]", "application/json", 500, "predict_fn failed: ValueError: "),
    ):
        with pytest.raises(ClientError) as caught:
            ask("plain", body, kind)
        response: Any = caught.value.response
        assert response["OriginalStatusCode"] == status
        assert response["OriginalMessage"].startswith(text)


def test_a_script_reaches_aws_unless_its_model_has_no_network(at: LocalEndpoint) -> None:
    script = """
        import os

        def model_fn(model_dir):
            return os.environ.get("AWS_ENDPOINT_URL", "none")

        def transform_fn(model, body, content_type, accept):
            return model, "text/plain"
    """
    model(at, "open", {"code/inference.py": script})
    model(at, "isolated", {"code/inference.py": script}, isolated=True)
    endpoint(at, "reach", "open", "isolated")
    runtime = client(at, "sagemaker-runtime")
    for variant, expected in (("open", at.url), ("isolated", "none")):
        answer = runtime.invoke_endpoint(EndpointName="reach", TargetVariant=f"of-{variant}", Body=b"")
        assert answer["Body"].read().decode() == expected


def test_a_model_fn_that_raises_fails_the_endpoint_at_once(at: LocalEndpoint) -> None:
    model(at, "broken", {"code/inference.py": INFERENCE})
    found = endpoint(at, "broken", "broken")
    assert found["EndpointStatus"] == "Failed"
    assert found["FailureReason"] == (
        "The primary container for production variant of-broken did not pass the ping health check. Please "
        "check CloudWatch logs for this endpoint. It ended with: "
        'File "/opt/ml/model/code/inference.py", line 5, in model_fn\n'
        '    with open(os.path.join(model_dir, "model.json")) as file:\n'
        "FileNotFoundError: [Errno 2] No such file or directory: '/opt/ml/model/model.json'"
    )


def test_a_batch_transform_with_a_script(at: LocalEndpoint) -> None:
    model(at, "batch", {"model.json": '{"weights": [2, 1]}', "code/inference.py": INFERENCE})
    s3, sagemaker = client(at, "s3"), client(at, "sagemaker")
    for name, body in {"a": b"1,2\n3,4\n", "b": b"5,6\n7,8\n"}.items():
        s3.put_object(Bucket="served", Key=f"rows/{name}.csv", Body=body)
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://served/rows/"}}
    sagemaker.create_transform_job(
        TransformJobName="batch",
        ModelName="batch",
        TransformInput={"DataSource": source, "ContentType": "text/csv"},
        TransformOutput={"S3OutputPath": "s3://served/out", "Accept": "application/json"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )
    found = ended(
        lambda: sagemaker.describe_transform_job(TransformJobName="batch"), "TransformJobStatus", "InProgress"
    )
    assert found["TransformJobStatus"] == "Completed", found
    written = [
        json.loads(s3.get_object(Bucket="served", Key=f"out/{name}.csv.out")["Body"].read())
        for name in ("a", "b")
    ]
    assert written == [[4.0, 10.0], [16.0, 22.0]]
