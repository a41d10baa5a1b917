from __future__ import annotations

from typing import Any

import pytest

from pipeline.local.api.search import RESOURCES
from tests.pipeline.local.api.requests import error_of, training
from tests.pipeline.local.fakes import Running


def channel(name: str, folder: str) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://data/{folder}"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


@pytest.fixture(scope="module")
def found(one_server: Running) -> Any:
    """Searches among three training jobs; gives their names, the oldest first."""
    client = one_server.sagemaker
    for number, (job, team) in enumerate([("search-a", "x"), ("search-b", "y"), ("search-c", "x")]):
        request = training(job)
        request["Tags"] = [{"Key": "team", "Value": team}]
        request["HyperParameters"] = {"epochs": str(number)}
        request["InputDataConfig"] = [channel("train", "a"), channel("validation", "b")]
        client.create_training_job(**request)

    def search(*filters: tuple[str, ...], **expression: Any) -> list[str]:
        named = [dict(zip(("Name", "Operator", "Value"), each, strict=False)) for each in filters]
        ours = {"Filters": [{"Name": "TrainingJobName", "Operator": "Contains", "Value": "search-"}]}
        named_too = {"Filters": named} if named else {}
        both = [ours, {**named_too, **expression}] if named or expression else [ours]
        answer = client.search(
            Resource="TrainingJob",
            SearchExpression={"SubExpressions": both},
            SortBy="CreationTime",
            SortOrder="Ascending",
        )
        assert answer["TotalHits"] == {"Value": len(answer["Results"]), "Relation": "EqualTo"}
        return [each["TrainingJob"]["TrainingJobName"][-1] for each in answer["Results"]]

    return search


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        (("TrainingJobName", "Equals", "search-b"), "b"),
        (("TrainingJobName", "NotEquals", "search-b"), "ac"),
        (("TrainingJobName", "In", "search-a, search-c"), "ac"),
        (("TrainingJobStatus", "Equals", "Completed"), "abc"),
        (("Tags.team", "Equals", "x"), "ac"),
        (("Tags.team", "Exists"), "abc"),
        (("Tags.other", "NotExists"), "abc"),
        (("Tags.other", "NotEquals", "x"), ""),
        (("ResourceConfig.InstanceCount", "GreaterThanOrEqualTo", "1"), "abc"),
        (("ResourceConfig.InstanceCount", "GreaterThan", "1"), ""),
        (("ResourceConfig.InstanceCount", "LessThan", "1.5"), "abc"),
        (("FinalMetricDataList.validation:accuracy", "GreaterThan", "0.9"), "abc"),
        (("CreationTime", "LessThanOrEqualTo", "2020-01-01T00:00:00Z"), ""),
        (("CreationTime", "GreaterThan", "2020-01-01"), "abc"),
        (("CreationTime", "GreaterThan", "yesterday"), ""),
        (("HyperParameters.epochs", "LessThan", "2"), "ab"),
    ],
)
def test_filters(found: Any, condition: tuple[str, ...], names: str) -> None:
    assert "".join(found(condition)) == names


def test_expressions(found: Any) -> None:
    team, name = ("Tags.team", "Equals", "y"), ("TrainingJobName", "Equals", "search-a")
    assert found() == ["a", "b", "c"]
    assert found(team, name) == []
    assert found(team, name, Operator="Or") == ["a", "b"]


@pytest.mark.parametrize(
    ("channel", "part", "names"),
    [
        pytest.param("train", "/a", "abc", id="both of one element"),
        pytest.param("train", "/b", "", id="each of another element"),
        pytest.param("validation", "/b", "abc", id="the second element"),
    ],
)
def test_filters_of_one_element(found: Any, channel: str, part: str, names: str) -> None:
    filters = [
        {"Name": "InputDataConfig.ChannelName", "Operator": "Equals", "Value": channel},
        {"Name": "InputDataConfig.DataSource.S3DataSource.S3Uri", "Operator": "Contains", "Value": part},
    ]
    nested = {"NestedPropertyName": "InputDataConfig", "Filters": filters}
    assert "".join(found(NestedFilters=[nested])) == names


def test_pages(found: Any, sagemaker: Any) -> None:
    by_name = {"Filters": [{"Name": "TrainingJobName", "Operator": "Contains", "Value": "search-"}]}
    pages = sagemaker.get_paginator("search").paginate(
        Resource="TrainingJob", SearchExpression=by_name, PaginationConfig={"PageSize": 2}
    )
    assert [len(page["Results"]) for page in pages] == [2, 1]


def test_what_is_not_searched(sagemaker: Any) -> None:
    assert error_of(sagemaker.search, Resource="Project") == (
        "ValidationException",
        f"The local SageMaker does not search for Project; it searches for {', '.join(RESOURCES)}.",
    )
