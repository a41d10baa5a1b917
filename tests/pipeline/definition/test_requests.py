"""The checks themselves: they find what they are there for."""

from __future__ import annotations

import copy
from collections.abc import Callable

import jsonschema
import pytest

from tests.definitions import Json, definition, get, step
from tests.pipeline.definition.published_schema import published_schema
from tests.pipeline.definition.requests import problems


def broken(name: str, change: Callable[[Json], object]) -> Json:
    one = copy.deepcopy(step(definition(deploy={"when": "gate"}), name))
    change(one["Arguments"])
    return one


@pytest.mark.parametrize(
    ("name", "change", "problem"),
    [
        pytest.param(
            "ScoreValidation",
            lambda a: a["TransformInput"].update(SplitType="Words"),
            "ScoreValidation.TransformInput.SplitType: Words is none of the API's values",
            id="value",
        ),
        pytest.param(
            "TrainModel",
            lambda a: a["HyperParameters"].update(epochs=get("Parameters.AccuracyThreshold")),
            "Invalid type for parameter HyperParameters.epochs, value: 0.9",
            id="parameter of another type",
        ),
        pytest.param(
            "TrainModel",
            lambda a: a["HyperParameters"].update(num_layers=50),
            "Invalid type for parameter HyperParameters.num_layers, value: 50",
            id="number for a text",
        ),
        pytest.param(
            "TrainModel",
            lambda a: a.pop("RoleArn"),
            'Missing required parameter in input: "RoleArn"',
            id="missing",
        ),
        pytest.param("CreateModel", lambda a: a.update(Role="x"), "Unknown parameter", id="unknown"),
        pytest.param(
            "DeployEndpoint",
            lambda a: a.update(EndpointName="a_b"),
            "DeployEndpoint.EndpointName: a_b does not match",
            id="pattern",
        ),
    ],
)
def test_what_the_api_would_refuse_is_found(
    name: str, change: Callable[[Json], object], problem: str
) -> None:
    parameters = {
        one["Name"]: one["DefaultValue"] for one in definition(deploy={"when": "gate"})["Parameters"]
    }
    assert problem in "\n".join(problems(broken(name, change), parameters))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        pytest.param("CreateEndpointConfig", lambda a: a.update(DataCaptureConfig={}), id="data capture"),
        pytest.param("DeployEndpoint", lambda a: a.update(DeploymentConfig={}), id="deployment"),
        pytest.param("TrainModel", lambda a: a.update(RoleArn=None), id="null"),
        pytest.param("ValidateImages", lambda a: a.update(Cache=True), id="unknown"),
    ],
)
def test_what_the_published_schema_refuses_is_found(name: str, change: Callable[[Json], object]) -> None:
    document = {"Version": "2020-12-01", "Steps": [broken(name, change)]}
    assert list(jsonschema.Draft7Validator(published_schema()).iter_errors(document))
    right = {"Version": "2020-12-01", "Steps": [broken(name, lambda _: None)]}
    assert list(jsonschema.Draft7Validator(published_schema()).iter_errors(right)) == []
