from __future__ import annotations

from typing import Any

import pytest

from pipeline.local.arns import arn
from pipeline.local.runtime import Invocation
from tests.pipeline.local.api.requests import config, error_of, model
from tests.pipeline.local.fakes import Running


@pytest.fixture
def made(sagemaker: Any, name: str) -> str:
    """The name of a model, a configuration and an endpoint."""
    sagemaker.create_model(**model(name))
    sagemaker.create_endpoint_config(**config(name, name))
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name, Tags=[{"Key": "a", "Value": "b"}])
    return name


def test_a_configuration_from_create_to_delete(sagemaker: Any, name: str) -> None:
    own = arn("EndpointConfig", name)
    assert error_of(sagemaker.create_endpoint_config, **config(name, name)) == (
        "ValidationException",
        f'Could not find model "{arn("Model", name)}".',
    )
    sagemaker.create_model(**model(name))
    assert sagemaker.create_endpoint_config(**config(name, name))["EndpointConfigArn"] == own
    described = sagemaker.describe_endpoint_config(EndpointConfigName=name)
    assert described["ProductionVariants"] == config(name, name)["ProductionVariants"]
    listed = sagemaker.list_endpoint_configs(NameContains=name)["EndpointConfigs"]
    assert [item["EndpointConfigArn"] for item in listed] == [own]
    assert error_of(sagemaker.create_endpoint_config, **config(name, name)) == (
        "ValidationException",
        f'Cannot create already existing endpoint configuration "{own}".',
    )
    sagemaker.delete_endpoint_config(EndpointConfigName=name)
    assert error_of(sagemaker.describe_endpoint_config, EndpointConfigName=name) == (
        "ValidationException",
        f'Could not find endpoint configuration "{own}".',
    )


def test_an_endpoint_from_create_to_delete(sagemaker: Any, made: str) -> None:
    described = sagemaker.describe_endpoint(EndpointName=made)
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", made)
    assert described["ProductionVariants"][0]["VariantName"] == "AllTraffic"
    assert sagemaker.list_tags(ResourceArn=described["EndpointArn"])["Tags"] == [{"Key": "a", "Value": "b"}]
    listed = sagemaker.list_endpoints(NameContains=made, StatusEquals="InService")["Endpoints"]
    assert [item["EndpointName"] for item in listed] == [made]
    assert error_of(sagemaker.create_endpoint, EndpointName=made, EndpointConfigName=made) == (
        "ValidationException",
        f'Cannot create already existing endpoint "{arn("Endpoint", made)}".',
    )

    sagemaker.create_endpoint_config(**config(f"{made}-2", made))
    sagemaker.update_endpoint(EndpointName=made, EndpointConfigName=f"{made}-2")
    assert sagemaker.describe_endpoint(EndpointName=made)["EndpointConfigName"] == f"{made}-2"

    sagemaker.delete_endpoint(EndpointName=made)
    missing = ("ValidationException", f'Could not find endpoint "{arn("Endpoint", made)}".')
    assert error_of(sagemaker.describe_endpoint, EndpointName=made) == missing
    assert error_of(sagemaker.delete_endpoint, EndpointName=made) == missing
    assert error_of(sagemaker.update_endpoint, EndpointName=made, EndpointConfigName=made) == missing


def test_an_endpoint_on_its_way_is_left_alone(server: Running, sagemaker: Any, made: str) -> None:
    server.server.records.update("Endpoint", made, EndpointStatus="Updating")
    expected = ("ValidationException", f'Cannot update in-progress endpoint "{arn("Endpoint", made)}".')
    assert error_of(sagemaker.update_endpoint, EndpointName=made, EndpointConfigName=made) == expected
    assert error_of(sagemaker.delete_endpoint, EndpointName=made) == expected


def test_a_configuration_that_does_not_exist(sagemaker: Any, made: str) -> None:
    expected = (
        "ValidationException",
        f'Could not find endpoint configuration "{arn("EndpointConfig", "gone")}".',
    )
    assert error_of(sagemaker.update_endpoint, EndpointName=made, EndpointConfigName="gone") == expected
    assert (
        error_of(sagemaker.create_endpoint, EndpointName=f"{made}-2", EndpointConfigName="gone") == expected
    )


def refused(call: Any, **request: Any) -> str:
    code, text = error_of(call, **request)
    assert code == "ValidationException"
    return text


CANARY = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {
            "Type": "CANARY",
            "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 20},
            "WaitIntervalInSeconds": 60,
        }
    }
}


class TestDeployments:
    def test_the_last_deployment_is_shown_and_used_again(
        self, server: Running, sagemaker: Any, made: str
    ) -> None:
        seen: list[Any] = []
        server.server.records.subscribe(
            lambda change: seen.append((change.after or {}).get("PendingDeploymentConfig"))
        )
        own = {"EndpointName": made, "EndpointConfigName": made}
        sagemaker.update_endpoint(**own, DeploymentConfig=CANARY)
        described = sagemaker.describe_endpoint(EndpointName=made)
        assert described["LastDeploymentConfig"] == CANARY
        assert "PendingDeploymentSummary" not in described
        assert seen[0] == CANARY
        seen.clear()
        sagemaker.update_endpoint(**own)
        assert seen[0] is None
        seen.clear()
        sagemaker.update_endpoint(**own, RetainDeploymentConfig=True)
        assert seen[0] == CANARY

    def test_one_given_at_creation_is_for_updates(self, sagemaker: Any, made: str) -> None:
        name = f"{made}-2"
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=made, DeploymentConfig=CANARY)
        assert sagemaker.describe_endpoint(EndpointName=name)["LastDeploymentConfig"] == CANARY

    def test_a_deployment_that_cannot_be_is_refused(self, sagemaker: Any, made: str) -> None:
        own = {"EndpointName": made, "EndpointConfigName": made}
        half = {"Type": "CANARY", "WaitIntervalInSeconds": 0}
        config = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": half}}
        text = "CanarySize is required for traffic routing of type CANARY."
        assert refused(sagemaker.update_endpoint, **own, DeploymentConfig=config) == text
        alarm = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "no-alarm"}]}}
        text = "Could not find CloudWatch alarm(s) no-alarm."
        assert refused(sagemaker.update_endpoint, **own, DeploymentConfig={**CANARY, **alarm}) == text
        assert sagemaker.describe_endpoint(EndpointName=made)["EndpointStatus"] == "InService"

    def test_a_step_is_measured_by_the_instances_that_are_retained(self, sagemaker: Any, made: str) -> None:
        change = {"VariantName": "AllTraffic", "DesiredInstanceCount": 4}
        sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=made, DesiredWeightsAndCapacities=[change]
        )
        size = {"Type": "INSTANCE_COUNT", "Value": 2}
        routing = {"Type": "CANARY", "CanarySize": size, "WaitIntervalInSeconds": 0}
        policy = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}
        own = {"EndpointName": made, "EndpointConfigName": made, "DeploymentConfig": policy}
        sagemaker.update_endpoint(**own, RetainAllVariantProperties=True)
        sagemaker.update_endpoint(EndpointName=made, EndpointConfigName=made)
        text = "CanarySize must be at most 50% of the 1 instance(s) of variant AllTraffic; it is 200%."
        assert refused(sagemaker.update_endpoint, **own) == text

    def test_a_failed_endpoint_can_only_be_deleted(self, server: Running, sagemaker: Any, made: str) -> None:
        server.server.records.update("Endpoint", made, EndpointStatus="Failed")
        weights = [{"VariantName": "AllTraffic", "DesiredWeight": 2.0}]
        text = (
            f'Cannot update endpoint "{arn("Endpoint", made)}" in status Failed; DeleteEndpoint is the only '
            "operation that can be performed on a failed endpoint."
        )
        assert refused(sagemaker.update_endpoint, EndpointName=made, EndpointConfigName=made) == text
        change = {"EndpointName": made, "DesiredWeightsAndCapacities": weights}
        assert refused(sagemaker.update_endpoint_weights_and_capacities, **change) == text
        sagemaker.delete_endpoint(EndpointName=made)


class TestWeights:
    def test_they_are_changed_and_retained(self, server: Running, sagemaker: Any, made: str) -> None:
        pending: list[Any] = []
        server.server.records.subscribe(
            lambda change: pending.append((change.after or {}).get("PendingDeploymentSummary"))
        )
        change = {"VariantName": "AllTraffic", "DesiredWeight": 4.0, "DesiredInstanceCount": 3}
        answer = sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=made, DesiredWeightsAndCapacities=[change]
        )
        assert answer["EndpointArn"] == arn("Endpoint", made)
        (variant,) = sagemaker.describe_endpoint(EndpointName=made)["ProductionVariants"]
        assert {key: variant[key] for key in change} == change
        pending.clear()
        own = {"EndpointName": made, "EndpointConfigName": made}
        sagemaker.update_endpoint(
            **own,
            RetainAllVariantProperties=True,
            ExcludeRetainedVariantProperties=[{"VariantPropertyType": "DesiredInstanceCount"}],
        )
        (begun,) = pending[0]["ProductionVariants"]
        assert (begun["DesiredWeight"], begun["DesiredInstanceCount"]) == (4.0, 1)
        (state,) = begun["VariantStatus"]
        assert (state["Status"], state["StatusMessage"]) == ("Creating", "Launching 1 instance(s).")
        pending.clear()
        sagemaker.update_endpoint(**own)
        (begun,) = pending[0]["ProductionVariants"]
        assert begun["DesiredWeight"] == 1.0

    @pytest.mark.parametrize(
        ("change", "text"),
        [
            pytest.param(
                {"VariantName": "Other", "DesiredWeight": 1.0},
                'Could not find variant(s) Other of endpoint "{arn}"; it has AllTraffic.',
                id="no-such-variant",
            ),
            pytest.param(
                {"VariantName": "AllTraffic", "DesiredInstanceCount": 0},
                "DesiredInstanceCount of variant AllTraffic must be at least 1.",
                id="no-instances",
            ),
            pytest.param(
                {"VariantName": "AllTraffic", "ServerlessUpdateConfig": {"MaxConcurrency": 2}},
                "ServerlessUpdateConfig is not supported by the local SageMaker: a serverless variant has no "
                "limit of concurrency",
                id="serverless",
            ),
        ],
    )
    def test_a_change_that_is_refused(
        self, sagemaker: Any, made: str, change: dict[str, Any], text: str
    ) -> None:
        request = {"EndpointName": made, "DesiredWeightsAndCapacities": [change]}
        expected = text.format(arn=arn("Endpoint", made))
        assert refused(sagemaker.update_endpoint_weights_and_capacities, **request) == expected
        assert sagemaker.describe_endpoint(EndpointName=made)["EndpointStatus"] == "InService"

    def test_no_such_endpoint(self, sagemaker: Any, name: str) -> None:
        change = {"VariantName": "AllTraffic", "DesiredWeight": 1.0}
        request = {"EndpointName": name, "DesiredWeightsAndCapacities": [change]}
        expected = f'Could not find endpoint "{arn("Endpoint", name)}".'
        assert refused(sagemaker.update_endpoint_weights_and_capacities, **request) == expected


CAPTURE = {
    "InitialSamplingPercentage": 10,
    "DestinationS3Uri": "s3://b/captures",
    "CaptureOptions": [{"CaptureMode": "Input"}],
}
SERVERLESS = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}


class TestConfigurations:
    def variant(self, model_name: str, name: str = "v", **more: Any) -> dict[str, Any]:
        return {"VariantName": name, "ModelName": model_name, **more}

    def test_what_is_kept(self, sagemaker: Any, made: str) -> None:
        name = f"{made}-2"
        variants = [self.variant(made, "a", InitialInstanceCount=3, InstanceType="ml.m5.large")]
        sagemaker.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=variants, DataCaptureConfig=CAPTURE
        )
        described = sagemaker.describe_endpoint_config(EndpointConfigName=name)
        assert described["DataCaptureConfig"] == CAPTURE
        assert described["ProductionVariants"] == variants

    def test_a_serverless_endpoint(self, sagemaker: Any, made: str) -> None:
        name = f"{made}-2"
        variants = [self.variant(made, ServerlessConfig=SERVERLESS)]
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants)
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
        (shown,) = sagemaker.describe_endpoint(EndpointName=name)["ProductionVariants"]
        assert shown["CurrentServerlessConfig"] == SERVERLESS
        assert "CurrentInstanceCount" not in shown
        own = {"EndpointName": name, "EndpointConfigName": name}
        text = "DeploymentConfig is not supported for serverless variants."
        assert refused(sagemaker.update_endpoint, **own, DeploymentConfig=CANARY) == text
        change = {"VariantName": "v", "DesiredInstanceCount": 2}
        request = {"EndpointName": name, "DesiredWeightsAndCapacities": [change]}
        text = "Variant v is serverless: it has no instances."
        assert refused(sagemaker.update_endpoint_weights_and_capacities, **request) == text

    @pytest.mark.parametrize(
        ("variants", "more", "text"),
        [
            pytest.param(
                [{"VariantName": "v"}, {"VariantName": "v"}],
                {},
                "Variant names must be unique; used twice: v.",
                id="one-name-twice",
            ),
            pytest.param(
                [{"VariantName": "v", "ServerlessConfig": SERVERLESS, "InitialInstanceCount": 1}],
                {},
                "Serverless variant v cannot have InitialInstanceCount.",
                id="serverless-with-instances",
            ),
            pytest.param(
                [{"VariantName": "v", "ServerlessConfig": SERVERLESS}, {"VariantName": "w"}],
                {},
                "Serverless variant v must be the only variant of its endpoint.",
                id="serverless-beside-another",
            ),
            pytest.param(
                [{"VariantName": "v", "ServerlessConfig": SERVERLESS}],
                {"DataCaptureConfig": CAPTURE},
                "Serverless variant v does not support DataCaptureConfig.",
                id="serverless-with-capture",
            ),
            pytest.param(
                [{"VariantName": "v"}],
                {"DataCaptureConfig": {**CAPTURE, "DestinationS3Uri": "https://b/c"}},
                "DataCaptureConfig.DestinationS3Uri must be an s3:// URI for the local SageMaker; it is "
                "https://b/c",
                id="capture-to-https",
            ),
            pytest.param(
                [{"VariantName": "v"}],
                {"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://b/out"}}},
                "AsyncInferenceConfig is not supported by the local SageMaker: endpoints answer at once",
                id="asynchronous",
            ),
        ],
    )
    def test_a_configuration_that_is_refused(
        self, sagemaker: Any, name: str, variants: list[dict[str, Any]], more: dict[str, Any], text: str
    ) -> None:
        with_models = [{"ModelName": name, **variant} for variant in variants]
        request = {"EndpointConfigName": name, "ProductionVariants": with_models, **more}
        assert refused(sagemaker.create_endpoint_config, **request) == text


class TestLists:
    def test_filters_order_and_pages(self, server: Running, sagemaker: Any, made: str) -> None:
        for number, status in ((1, "InService"), (2, "Failed"), (3, "InService")):
            own = {"EndpointName": f"{made}-{number}", "EndpointConfigName": made}
            sagemaker.create_endpoint(**own)
            at = {"CreationTime": 1000.0 + number, "LastModifiedTime": 2000.0}
            server.server.records.update("Endpoint", own["EndpointName"], EndpointStatus=status, **at)

        def names(**filters: Any) -> list[str]:
            pages = sagemaker.get_paginator("list_endpoints").paginate(
                NameContains=f"{made}-", PaginationConfig={"PageSize": 2}, **filters
            )
            return [each["EndpointName"].rpartition("-")[2] for page in pages for each in page["Endpoints"]]

        assert names() == ["3", "2", "1"]
        assert names(SortBy="Name", SortOrder="Ascending") == ["1", "2", "3"]
        assert names(SortBy="Status", SortOrder="Ascending") == ["2", "1", "3"]
        assert names(StatusEquals="InService") == ["3", "1"]
        assert names(CreationTimeAfter=1002) == ["3", "2"]
        assert names(CreationTimeBefore=1002) == ["1"]
        assert names(LastModifiedTimeAfter=1999) == ["3", "2", "1"]
        assert names(LastModifiedTimeBefore=2000) == []

    def test_configurations(self, server: Running, sagemaker: Any, made: str) -> None:
        for number in (1, 2):
            name = f"{made}-{number}"
            sagemaker.create_endpoint_config(**config(name, made))
            server.server.records.update("EndpointConfig", name, CreationTime=1000.0 + number)
        found = sagemaker.list_endpoint_configs(NameContains=f"{made}-", CreationTimeAfter=1002)
        assert [each["EndpointConfigName"] for each in found["EndpointConfigs"]] == [f"{made}-2"]
        first = sagemaker.list_endpoint_configs(NameContains=f"{made}-", MaxResults=1)
        second = sagemaker.list_endpoint_configs(NameContains=f"{made}-", NextToken=first["NextToken"])
        assert [each["EndpointConfigName"] for each in second["EndpointConfigs"]] == [f"{made}-1"]


class TestInvoke:
    def test_the_model_answers(self, server: Running, made: str) -> None:
        runtime = server.client("sagemaker-runtime")
        server.endpoints.answer = (
            200,
            {"Content-Type": "application/json", "x-Amzn-Invoked-Production-Variant": "AllTraffic"},
            b"[0.5]",
        )
        answer = runtime.invoke_endpoint(
            EndpointName=made,
            Body=b"\x89PNG",
            ContentType="image/png",
            Accept="application/json",
            TargetVariant="AllTraffic",
            InferenceId="i-1",
            CustomAttributes="trace=7",
        )
        assert answer["Body"].read() == b"[0.5]"
        assert (answer["ContentType"], answer["InvokedProductionVariant"]) == (
            "application/json",
            "AllTraffic",
        )
        assert server.endpoints.invoked[-1] == Invocation(
            made, b"\x89PNG", "image/png", "application/json", "AllTraffic", "i-1", "trace=7"
        )

    @pytest.mark.parametrize(
        ("argument", "text"),
        [
            (
                {"TargetModel": "a.tar.gz"},
                (
                    "X-Amzn-SageMaker-Target-Model is not supported by the local SageMaker: no endpoint here "
                    "serves many models"
                ),
            ),
            (
                {"InferenceComponentName": "a"},
                (
                    "X-Amzn-SageMaker-Inference-Component is not supported by the local SageMaker: the local "
                    "SageMaker serves no inference components"
                ),
            ),
        ],
        ids=["target-model", "component"],
    )
    def test_what_is_refused(self, server: Running, made: str, argument: dict[str, str], text: str) -> None:
        runtime = server.client("sagemaker-runtime")
        found = error_of(runtime.invoke_endpoint, EndpointName=made, Body=b"", **argument)
        assert found == ("ValidationError", text)

    def test_no_such_endpoint(self, server: Running, name: str) -> None:
        runtime = server.client("sagemaker-runtime")
        assert error_of(runtime.invoke_endpoint, EndpointName=name, Body=b"") == (
            "ValidationError",
            f"Endpoint {name} of account 123456789012 not found.",
        )

    @pytest.mark.parametrize(("status", "side"), [(415, "client"), (500, "server")])
    def test_an_error_of_the_model(self, server: Running, made: str, status: int, side: str) -> None:
        server.endpoints.answer = (status, {"Content-Type": "text/plain"}, b"not an image")
        runtime = server.client("sagemaker-runtime")
        with pytest.raises(runtime.exceptions.ModelError) as caught:
            runtime.invoke_endpoint(EndpointName=made, Body=b"x")
        response = caught.value.response
        assert response["Error"]["Message"] == (
            f'Received {side} error ({status}) from primary with message "not an image". '
            f"See log group /aws/sagemaker/Endpoints/{made} in account 123456789012 for more information."
        )
        assert (response["OriginalStatusCode"], response["OriginalMessage"]) == (status, "not an image")
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 424
