from __future__ import annotations

from typing import Any

import pytest

from pipeline.local.arns import arn
from tests.pipeline.local.api.requests import CANARY, config, error_of, model, refused
from tests.pipeline.local.fakes import Running


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


def test_lists_have_filters_and_pages(server: Running, sagemaker: Any, made: str) -> None:
    for number in (1, 2):
        name = f"{made}-{number}"
        sagemaker.create_endpoint_config(**config(name, made))
        server.server.records.update("EndpointConfig", name, CreationTime=1000.0 + number)
    found = sagemaker.list_endpoint_configs(NameContains=f"{made}-", CreationTimeAfter=1002)
    assert [each["EndpointConfigName"] for each in found["EndpointConfigs"]] == [f"{made}-2"]
    first = sagemaker.list_endpoint_configs(NameContains=f"{made}-", MaxResults=1)
    second = sagemaker.list_endpoint_configs(NameContains=f"{made}-", NextToken=first["NextToken"])
    assert [each["EndpointConfigName"] for each in second["EndpointConfigs"]] == [f"{made}-1"]
