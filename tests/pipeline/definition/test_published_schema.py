"""The published schema, mended: it still finds what it is there for."""

from __future__ import annotations

import copy
from collections.abc import Callable

import jsonschema
import pytest

from tests.definitions import Json, definition, step
from tests.pipeline.definition.published_schema import published_schema


def broken(name: str, change: Callable[[Json], object]) -> Json:
    one = copy.deepcopy(step(definition(deploy={"when": "gate"}), name))
    change(one["Arguments"])
    return one


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
