from __future__ import annotations

from tests.definitions import Json, arguments, definition, get, join, step

DOCUMENT: Json = {"deploy": {"when": "gate", "endpoint": "cats", "instance_count": 2}}


def test_each_execution_has_an_endpoint_config_of_its_own() -> None:
    assert arguments(definition(**DOCUMENT), "CreateEndpointConfig") == {
        "EndpointConfigName": join("-", "cats", get("Execution.PipelineExecutionId")),
        "ProductionVariants": [
            {
                "InitialInstanceCount": 2,
                "InitialVariantWeight": 1,
                "InstanceType": "ml.m5.xlarge",
                "ModelName": get("Steps.CreateModel.ModelName"),
                "VariantName": "AllTraffic",
            }
        ],
    }


def test_only_a_registered_model_is_deployed() -> None:
    assert step(definition(**DOCUMENT), "CreateEndpointConfig")["DependsOn"] == ["RegisterModel"]


def test_the_endpoint_takes_the_config_by_the_name_that_it_got() -> None:
    assert step(definition(**DOCUMENT), "DeployEndpoint")["Arguments"] == {
        "EndpointConfigName": get("Steps.CreateEndpointConfig.EndpointConfigName"),
        "EndpointName": "cats",
    }


def test_the_endpoint_is_named_after_the_pipeline_by_default() -> None:
    document = definition(deploy={"when": "gate"})
    assert step(document, "DeployEndpoint")["Arguments"]["EndpointName"] == "digits"
