from __future__ import annotations

from typing import Any

import pytest

from tests.pipeline.local.api.requests import config, model


@pytest.fixture
def made(sagemaker: Any, name: str) -> str:
    """The name of a model, a configuration and an endpoint."""
    sagemaker.create_model(**model(name))
    sagemaker.create_endpoint_config(**config(name, name))
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name, Tags=[{"Key": "a", "Value": "b"}])
    return name
