from __future__ import annotations

import pytest

from pipeline.local.arns import arn, name_of, parse

PREFIX = "arn:aws:sagemaker:us-east-1:123456789012:"


@pytest.mark.parametrize(
    ("kind", "name", "resource"),
    [
        ("TrainingJob", "t", "training-job/t"),
        ("EndpointConfig", "c", "endpoint-config/c"),
        ("ModelPackageGroup", "g", "model-package-group/g"),
        ("ModelPackage", "g/3", "model-package/g/3"),
        ("Pipeline", "p", "pipeline/p"),
        ("PipelineExecution", "p/abc", "pipeline/p/execution/abc"),
    ],
)
def test_an_arn_names_one_thing(kind: str, name: str, resource: str) -> None:
    assert arn(kind, name) == PREFIX + resource
    assert parse(PREFIX + resource) == (kind, name)
    assert name_of(kind, PREFIX + resource) == name
    assert name_of(kind, name) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "p",
        PREFIX,
        f"{PREFIX}unknown/x",
        "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/p",
        "arn:aws:sagemaker:us-east-1:999999999999:pipeline/p",
    ],
)
def test_other_texts_name_nothing(text: str) -> None:
    assert parse(text) is None
    assert name_of("Pipeline", text) == text


def test_the_arn_of_another_kind_is_no_name() -> None:
    assert name_of("Model", f"{PREFIX}pipeline/p") == f"{PREFIX}pipeline/p"
