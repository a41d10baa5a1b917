"""Every type of step, in one pipeline."""

from __future__ import annotations

import json

import pytest

from tests.pipeline.local.api.requests import IMAGE, ROLE
from tests.pipeline.local.definitions import (
    BUCKET,
    definition,
    fail,
    gate,
    get,
    join,
    process,
    score,
    step,
    train,
)
from tests.pipeline.local.execution.runs import execute, steps_of
from tests.pipeline.local.fakes import Running, ended


def whole(name: str) -> str:
    """A pipeline with every type of step."""
    report = f"s3://{BUCKET}/{name}/report"
    files = [{"PropertyFileName": "Report", "OutputName": "report", "FilePath": "report.json"}]
    accuracy = {"Std:JsonGet": {"PropertyFile": get("Steps.Check.PropertyFiles.Report"), "Path": "accuracy"}}
    container = {"Image": IMAGE, "ModelDataUrl": get("Steps.Train.ModelArtifacts.S3ModelArtifacts")}
    variant = {
        "VariantName": "All",
        "ModelName": get("Steps.Create.ModelName"),
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
    }
    specification = {
        "Containers": [container],
        "SupportedContentTypes": ["image/png"],
        "SupportedResponseMIMETypes": ["application/json"],
    }
    return definition(
        process("Check", {"report": report}, PropertyFiles=files),
        train("Train", DependsOn=["Check"]),
        step("Create", "Model", {"PrimaryContainer": container, "ExecutionRoleArn": ROLE}),
        score("Score", get("Steps.Create.ModelName")),
        gate(
            "Gate",
            accuracy,
            [
                step(
                    "Register",
                    "RegisterModel",
                    {"ModelPackageGroupName": name, "InferenceSpecification": specification},
                ),
                step(
                    "Config",
                    "EndpointConfig",
                    {"EndpointConfigName": name, "ProductionVariants": [variant]},
                    DependsOn=["Register"],
                ),
                step(
                    "Deploy",
                    "Endpoint",
                    {"EndpointName": name, "EndpointConfigName": get("Steps.Config.EndpointConfigName")},
                ),
            ],
            [fail("Reject", join("accuracy ", accuracy, " is below ", get("Parameters.Threshold")))],
            at_least=get("Parameters.Threshold"),
        ),
        parameters={"Threshold": 0.9},
    )


@pytest.fixture
def reported(server: Running, name: str) -> str:
    """A name whose Check step finds a report of accuracy 0.95."""
    body = json.dumps({"accuracy": 0.95}).encode()
    server.client("s3").put_object(Bucket=BUCKET, Key=f"{name}/report/report.json", Body=body)
    return name


class TestAllTypes:
    def test_the_branch_that_is_chosen_runs(self, server: Running, reported: str) -> None:
        execution = execute(server, reported, whole(reported))
        assert execution["PipelineExecutionStatus"] == "Succeeded"
        assert "FailureReason" not in execution
        steps = steps_of(server, execution)
        assert set(steps) == {"Check", "Train", "Create", "Score", "Gate", "Register", "Config", "Deploy"}
        assert {item["StepStatus"] for item in steps.values()} == {"Succeeded"}
        assert steps["Gate"]["Metadata"] == {"Condition": {"Outcome": "True"}}
        identity = execution["PipelineExecutionArn"].rpartition("/")[2]
        job = steps["Train"]["Metadata"]["TrainingJob"]["Arn"]
        assert job.rpartition("/")[2].startswith(f"pipelines-{identity}-Train-")

    def test_each_step_leaves_what_it_made(self, server: Running, reported: str) -> None:
        execution = execute(server, reported, whole(reported))
        made = {name: item["Metadata"] for name, item in steps_of(server, execution).items()}
        client = server.sagemaker
        identity = execution["PipelineExecutionArn"].rpartition("/")[2]

        endpoint = client.describe_endpoint(EndpointName=reported)
        assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == (
            "InService",
            f"{reported}-{identity}",
        )
        config = client.describe_endpoint_config(EndpointConfigName=f"{reported}-{identity}")
        model = config["ProductionVariants"][0]["ModelName"]
        assert made["Create"]["Model"]["Arn"].endswith(f":model/{model}")
        artifact = client.describe_model(ModelName=model)["PrimaryContainer"]["ModelDataUrl"]
        job = made["Train"]["TrainingJob"]["Arn"].rpartition("/")[2]
        assert artifact == f"s3://b/out/{job}/output/model.tar.gz"
        transform = made["Score"]["TransformJob"]["Arn"].rpartition("/")[2]
        assert client.describe_transform_job(TransformJobName=transform)["ModelName"] == model
        package = client.describe_model_package(ModelPackageName=made["Register"]["RegisterModel"]["Arn"])
        assert package["ModelPackageArn"].endswith(f":model-package/{reported}/1")
        assert package["MetadataProperties"]["GeneratedBy"] == execution["PipelineExecutionArn"]
        tags = client.list_tags(ResourceArn=made["Train"]["TrainingJob"]["Arn"])["Tags"]
        assert tags == [
            {"Key": "sagemaker:pipeline-execution-arn", "Value": execution["PipelineExecutionArn"]},
            {"Key": "sagemaker:pipeline-step-name", "Value": "Train"},
        ]

    def test_the_other_branch(self, server: Running, reported: str) -> None:
        threshold = [{"Name": "Threshold", "Value": "0.99"}]
        execution = execute(server, reported, whole(reported), PipelineParameters=threshold)
        assert execution["PipelineExecutionStatus"] == "Failed"
        assert execution["FailureReason"] == "Step failure: One or multiple steps failed."
        steps = steps_of(server, execution)
        assert not {"Register", "Config", "Deploy"} & set(steps)
        assert steps["Gate"]["Metadata"] == {"Condition": {"Outcome": "False"}}
        assert steps["Reject"]["FailureReason"] == "accuracy 0.95 is below 0.99"

    def test_the_second_execution_moves_the_endpoint(self, server: Running, reported: str) -> None:
        execute(server, reported, whole(reported))
        client = server.sagemaker
        first = client.describe_endpoint(EndpointName=reported)
        own = client.start_pipeline_execution(PipelineName=reported)["PipelineExecutionArn"]
        ended(server, own)
        second = client.describe_endpoint(EndpointName=reported)
        assert second["CreationTime"] == first["CreationTime"]
        assert second["EndpointConfigName"] == f"{reported}-{own.rpartition('/')[2]}"
        listed = client.list_model_packages(ModelPackageGroupName=reported)["ModelPackageSummaryList"]
        assert [item["ModelPackageVersion"] for item in listed] == [2, 1]

    def test_an_endpoint_that_fails(self, server: Running, reported: str) -> None:
        server.endpoints.failure = "the model does not load"
        execution = execute(server, reported, whole(reported))
        assert steps_of(server, execution)["Deploy"]["FailureReason"] == (
            f"ClientError: Endpoint {reported} is not in service: the model does not load"
        )
