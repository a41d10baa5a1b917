from __future__ import annotations

from typing import Any

from pipeline.local.arns import arn
from tests.pipeline.local.api.requests import NO_PROGRAM, error_of, model


def test_a_model_from_create_to_delete(sagemaker: Any, name: str) -> None:
    assert sagemaker.create_model(**model(name))["ModelArn"] == arn("Model", name)
    described = sagemaker.describe_model(ModelName=name)
    assert described["PrimaryContainer"] == model(name)["PrimaryContainer"]
    assert [item["ModelName"] for item in sagemaker.list_models(NameContains=name)["Models"]] == [name]
    assert error_of(sagemaker.create_model, **model(name)) == (
        "ValidationException",
        f'Cannot create already existing model "{arn("Model", name)}".',
    )
    sagemaker.delete_model(ModelName=name)
    missing = ("ValidationException", f'Could not find model "{arn("Model", name)}".')
    assert error_of(sagemaker.describe_model, ModelName=name) == missing
    assert error_of(sagemaker.delete_model, ModelName=name) == missing


def test_a_model_that_nothing_could_serve(sagemaker: Any, name: str) -> None:
    assert error_of(sagemaker.create_model, ModelName=name) == (
        "ValidationException",
        "A model must have a PrimaryContainer or Containers.",
    )
    code, message = error_of(sagemaker.create_model, **model(name, NO_PROGRAM))
    assert (code, "R110 not-supported-locally" in message) == ("ValidationException", True)
