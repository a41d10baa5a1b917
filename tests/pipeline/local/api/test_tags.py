from __future__ import annotations

from typing import Any

from pipeline.local.arns import arn
from tests.pipeline.local.api.requests import error_of, model


def test_tags_are_added_replaced_and_deleted(sagemaker: Any, name: str) -> None:
    own = sagemaker.create_model(**model(name), Tags=[{"Key": "a", "Value": "1"}])["ModelArn"]
    sagemaker.add_tags(ResourceArn=own, Tags=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "3"}])
    expected = [{"Key": "a", "Value": "3"}, {"Key": "b", "Value": "2"}]
    assert sagemaker.list_tags(ResourceArn=own)["Tags"] == expected
    sagemaker.delete_tags(ResourceArn=own, TagKeys=["a", "none"])
    assert sagemaker.list_tags(ResourceArn=own)["Tags"] == expected[1:]


def test_tags_go_with_their_resource(sagemaker: Any, name: str) -> None:
    sagemaker.create_model(**model(name), Tags=[{"Key": "a", "Value": "1"}])
    sagemaker.delete_model(ModelName=name)
    own = sagemaker.create_model(**model(name))["ModelArn"]
    assert sagemaker.list_tags(ResourceArn=own)["Tags"] == []


def test_a_resource_that_does_not_exist(sagemaker: Any, name: str) -> None:
    own = arn("Model", name)
    expected = ("ValidationException", f"Resource '{own}' does not exist.")
    assert error_of(sagemaker.list_tags, ResourceArn=own) == expected
    assert error_of(sagemaker.add_tags, ResourceArn=own, Tags=[{"Key": "a", "Value": "b"}]) == expected
