from __future__ import annotations

from typing import Any

import pytest

from pipeline.local.arns import arn
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


def test_what_is_not_supported_yet_is_refused_by_name(sagemaker: Any, made: str) -> None:
    policy = {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
        }
    }
    own = {"EndpointName": made, "EndpointConfigName": made}
    reason = "is not supported by the local SageMaker: an endpoint moves to another configuration all at once"
    assert error_of(
        sagemaker.update_endpoint, **own, DeploymentConfig=policy, RetainDeploymentConfig=True
    ) == (
        "ValidationException",
        f"DeploymentConfig {reason}; RetainDeploymentConfig {reason}",
    )
    sagemaker.update_endpoint(**own, RetainAllVariantProperties=False)


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
        )
        assert answer["Body"].read() == b"[0.5]"
        assert (answer["ContentType"], answer["InvokedProductionVariant"]) == (
            "application/json",
            "AllTraffic",
        )
        assert server.endpoints.invoked[-1] == (
            made,
            b"\x89PNG",
            "image/png",
            "application/json",
            "AllTraffic",
        )

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
