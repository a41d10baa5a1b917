"""Endpoints as clients see them: boto3, a server with real processes, time that the tests move."""

from __future__ import annotations

import io
import json
import queue
import re
import socket
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pipeline.local.aws import BUCKET
from pipeline.local.endpoints.capture_writer import CaptureWriter
from pipeline.local.endpoints.runner import EndpointRunner
from pipeline.local.home import Home, key_pair
from pipeline.local.job_logs import JobLogs
from pipeline.local.jobs.catalog import Image
from pipeline.local.objects import Objects
from pipeline.local.server import Ground, LocalServer, Runners
from tests.pipeline.local.api.requests import ROLE, error_of
from tests.pipeline.local.endpoints.hands import Hands
from tests.pipeline.local.fakes import FakeEndpoints, FakeJobs, Running
from tests.pipeline.local.jobs.servers import SERVER

ACCOUNT, REGION = "123456789012", "us-east-1"


class Told(Objects):
    """S3 that tells what is stored."""

    def __init__(self, written: queue.SimpleQueue[str]) -> None:
        super().__init__(ACCOUNT, REGION)
        self._written = written

    def write(self, bucket: str, key: str, data: bytes | Path) -> None:
        super().write(bucket, key, data)
        self._written.put(key)


def program(folder: Path) -> tuple[str, ...]:
    """A command line that starts a model's server."""
    path = folder / "serve.py"
    path.write_text(SERVER)
    return (sys.executable, "-I", "-S", "-u", str(path))


@dataclass
class Clients:
    """Clients of one server.

    Attributes:
        running: The server.
        hands: Time of its deployments.
        written: Keys of captures that were stored.
        point: What decides where the next requests go.
    """

    running: Running
    hands: Hands
    written: queue.SimpleQueue[str]
    point: float = 0.0

    def __post_init__(self) -> None:
        self.sagemaker = self.running.client("sagemaker")
        self.runtime = self.running.client("sagemaker-runtime")
        self.s3 = self.running.client("s3")
        self.cloudwatch = self.running.client("cloudwatch")

    def model(self, name: str) -> None:
        """A model that answers with its name."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
            member = tarfile.TarInfo("model.txt")
            member.size = len(name)
            tar.addfile(member, io.BytesIO(name.encode()))
        self.s3.put_object(Bucket=BUCKET, Key=f"models/{name}.tar.gz", Body=buffer.getvalue())
        container = {"Image": "serve:1", "ModelDataUrl": f"s3://{BUCKET}/models/{name}.tar.gz"}
        self.sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=ROLE)

    def config(self, name: str, *models: str, **more: Any) -> None:
        """A configuration with a variant for each model; the first has three times the weight."""
        variants = [
            {
                "VariantName": f"V-{model}",
                "ModelName": model,
                "InitialInstanceCount": 2,
                "InstanceType": "ml.m5.large",
                "InitialVariantWeight": 1.0 if number else 3.0,
            }
            for number, model in enumerate(models)
        ]
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants, **more)

    def endpoint(self, name: str, config: str) -> None:
        """An endpoint in service."""
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        self.running.wait_for("Endpoint", name, EndpointStatus="InService")

    def ask(self, endpoint: str, point: float = 0.0, **more: Any) -> tuple[str, str]:
        """The text of the model that answers, and the variant that AWS says it is."""
        self.point = point
        answer = self.runtime.invoke_endpoint(
            EndpointName=endpoint, Body=b"1,2", ContentType="text/csv", **more
        )
        return json.loads(answer["Body"].read())[0], answer["InvokedProductionVariant"]

    def until_baking(self, name: str, setting: str) -> dict[str, Any]:
        """Wait until the new servers are watched; the PendingDeploymentSummary."""

        def baking(record: dict[str, Any]) -> bool:
            variants = record.get("PendingDeploymentSummary", {}).get("ProductionVariants", [])
            states = [state for variant in variants for state in variant["VariantStatus"]]
            return any(each["Status"] == "Baking" and setting in each["StatusMessage"] for each in states)

        self.running.server.records.wait("Endpoint", name, baking, 30)
        described = self.sagemaker.describe_endpoint(EndpointName=name)
        assert described["EndpointStatus"] == "Updating"
        summary: dict[str, Any] = described["PendingDeploymentSummary"]
        return summary


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    home = Home(tmp_path_factory.mktemp("home"))
    home.make()
    hands, written = Hands(), queue.SimpleQueue[str]()
    made: dict[str, FakeJobs] = {}

    def runners(ground: Ground) -> Runners:
        path, records, keeping = ground.home, ground.records, ground.keeping
        objects, logs = Objects(ACCOUNT, REGION, keeping), JobLogs(ACCOUNT, REGION, keeping=keeping)
        made["jobs"] = FakeJobs(records)
        endpoints = EndpointRunner(
            path,
            records,
            objects,
            logs,
            images={"serve": Image(serve=program(path))},
            clockwork=hands,
            point=lambda: found.point,
            captures=CaptureWriter(Told(written), pause=0),
        )
        return Runners(objects, made["jobs"], endpoints)

    keys = key_pair(home)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = LocalServer(home, listener, keys, runners)
        server.start()
        running = Running(server, keys, made["jobs"], FakeEndpoints(server.records), Objects(ACCOUNT, REGION))
        found = Clients(running, hands, written)
        for name in ("blue", "green"):
            found.model(name)
        found.config("one", "blue")
        found.config("two", "green")
        yield found
        server.close()


CANARY = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {
            "Type": "CANARY",
            "CanarySize": {"Type": "INSTANCE_COUNT", "Value": 1},
            "WaitIntervalInSeconds": 600,
        },
        "TerminationWaitInSeconds": 60,
        "MaximumExecutionTimeoutInSeconds": 1800,
    },
    "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]},
}


def put_alarm(clients: Clients) -> None:
    clients.cloudwatch.put_metric_alarm(
        AlarmName="errors",
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )


def test_two_variants_share_the_traffic(clients: Clients) -> None:
    clients.config("both", "blue", "green")
    clients.endpoint("shared", "both")
    assert [clients.ask("shared", point)[0] for point in (0.0, 0.74, 0.75)] == ["blue", "blue", "green"]
    assert clients.ask("shared", 0.0, TargetVariant="V-green", InferenceId="7") == ("green", "V-green")
    assert error_of(clients.runtime.invoke_endpoint, EndpointName="shared", Body=b"", TargetVariant="x") == (
        "ValidationError",
        "Variant x not found for endpoint shared; it has V-blue, V-green.",
    )
    weights = [{"VariantName": "V-blue", "DesiredWeight": 1.0}]
    clients.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName="shared", DesiredWeightsAndCapacities=weights
    )
    clients.running.wait_for("Endpoint", "shared", EndpointStatus="InService")
    described = clients.sagemaker.describe_endpoint(EndpointName="shared")
    assert [each["CurrentWeight"] for each in described["ProductionVariants"]] == [1.0, 1.0]
    assert [clients.ask("shared", point) for point in (0.49, 0.5)] == [
        ("blue", "V-blue"),
        ("green", "V-green"),
    ]
    clients.sagemaker.delete_endpoint(EndpointName="shared")


def test_a_canary_goes_through(clients: Clients) -> None:
    put_alarm(clients)
    clients.endpoint("through", "one")
    clients.sagemaker.update_endpoint(
        EndpointName="through", EndpointConfigName="two", DeploymentConfig=CANARY
    )
    summary = clients.until_baking("through", "WaitIntervalInSeconds")
    assert summary["EndpointConfigName"] == "two"
    (variant,) = summary["ProductionVariants"]
    assert (variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]) == (1, 2)
    assert variant["InstanceType"] == "ml.m5.large"
    assert [clients.ask("through", point)[0] for point in (0.49, 0.5)] == ["green", "blue"]
    busy = f'Cannot update in-progress endpoint "arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/through".'
    for call, more in (
        (clients.sagemaker.update_endpoint, {"EndpointConfigName": "two"}),
        (clients.sagemaker.delete_endpoint, {}),
    ):
        assert error_of(call, EndpointName="through", **more) == ("ValidationException", busy)
    clients.hands.move(600)
    clients.until_baking("through", "TerminationWaitInSeconds")
    assert [clients.ask("through", point)[0] for point in (0.0, 0.99)] == ["green", "green"]
    clients.hands.move(60)
    clients.running.wait_for("Endpoint", "through", EndpointStatus="InService")
    described = clients.sagemaker.describe_endpoint(EndpointName="through")
    assert described["EndpointConfigName"] == "two"
    assert described["LastDeploymentConfig"] == CANARY
    assert "PendingDeploymentSummary" not in described
    clients.sagemaker.delete_endpoint(EndpointName="through")


def test_a_canary_is_rolled_back_by_an_alarm(clients: Clients) -> None:
    put_alarm(clients)
    clients.endpoint("back", "one")
    clients.sagemaker.update_endpoint(EndpointName="back", EndpointConfigName="two", DeploymentConfig=CANARY)
    clients.until_baking("back", "WaitIntervalInSeconds")
    assert clients.ask("back")[0] == "green"
    clients.hands.until_waiting()
    clients.cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="a test")
    clients.hands.move(1)
    clients.running.wait_for("Endpoint", "back", EndpointStatus="InService")
    described = clients.sagemaker.describe_endpoint(EndpointName="back")
    assert described["EndpointConfigName"] == "one"
    assert described["FailureReason"] == (
        "The deployment was rolled back: CloudWatch alarm(s) errors went into ALARM."
    )
    assert clients.ask("back")[0] == "blue"
    clients.sagemaker.delete_endpoint(EndpointName="back")


def test_custom_attributes_go_to_the_model_and_back(clients: Clients) -> None:
    clients.endpoint("attributes", "one")
    answer = clients.runtime.invoke_endpoint(
        EndpointName="attributes", Body=b"x", CustomAttributes="trace=7", InferenceId="i-1"
    )
    assert answer["CustomAttributes"] == "seen: trace=7"
    assert "x-amzn-sagemaker-inference-id" not in answer["ResponseMetadata"]["HTTPHeaders"]
    clients.sagemaker.delete_endpoint(EndpointName="attributes")


def test_asynchronous_requests_are_refused_by_name(clients: Clients) -> None:
    assert error_of(
        clients.runtime.invoke_endpoint_async, EndpointName="one", InputLocation="s3://b/input"
    ) == (
        "UnknownOperationException",
        (
            "The local SageMaker does not answer POST /endpoints/one/async-invocations; of "
            "sagemaker-runtime it answers InvokeEndpoint."
        ),
    )


def test_an_alarm_that_does_not_exist(clients: Clients) -> None:
    clients.endpoint("quiet", "one")
    alarms = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "nowhere"}]}}
    with pytest.raises(ClientError, match=r"Could not find CloudWatch alarm\(s\) nowhere\."):
        clients.sagemaker.update_endpoint(
            EndpointName="quiet", EndpointConfigName="two", DeploymentConfig=alarms
        )
    clients.sagemaker.delete_endpoint(EndpointName="quiet")


def test_what_is_captured_is_read_back(clients: Clients) -> None:
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{BUCKET}/captures",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {
            "CsvContentTypes": ["text/csv"],
            "JsonContentTypes": ["application/json"],
        },
    }
    clients.config("watched", "blue", DataCaptureConfig=capture)
    clients.endpoint("captured", "watched")
    described = clients.sagemaker.describe_endpoint(EndpointName="captured")["DataCaptureConfig"]
    assert described["CaptureStatus"] == "Started"
    assert clients.ask("captured", InferenceId="i-1")[0] == "blue"
    key = clients.written.get(timeout=30)
    assert re.fullmatch(
        r"captures/captured/V-blue/\d{4}/\d\d/\d\d/\d\d/\d\d-\d\d-\d{3}-[0-9a-f-]{36}\.jsonl", key
    )
    (line,) = clients.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().splitlines()
    record = json.loads(line)
    sides = record["captureData"]
    assert sides["endpointInput"] == {
        "observedContentType": "text/csv",
        "mode": "INPUT",
        "data": "1,2",
        "encoding": "CSV",
    }
    assert json.loads(sides["endpointOutput"]["data"])[0] == "blue"
    assert sides["endpointOutput"]["encoding"] == "JSON"
    assert record["eventMetadata"]["inferenceId"] == "i-1"
    assert record["eventVersion"] == "0"
    clients.sagemaker.delete_endpoint(EndpointName="captured")
