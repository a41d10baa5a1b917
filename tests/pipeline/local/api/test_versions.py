from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.local.api.versions import adopt
from pipeline.local.arns import arn
from pipeline.local.execution import archive
from pipeline.local.records import Records
from tests.pipeline.local.api.requests import ROLE, error_of
from tests.pipeline.local.definitions import definition, fail
from tests.pipeline.local.fakes import Running, ended


def text(message: str) -> str:
    return definition(fail("Stop", message))


@pytest.fixture
def three(sagemaker: Any, name: str) -> str:
    """A pipeline with three versions, whose messages are one, two and three; the first is called stable."""
    sagemaker.create_pipeline(
        PipelineName=name, PipelineDefinition=text("one"), RoleArn=ROLE, PipelineVersionAliases=["stable"]
    )
    sagemaker.update_pipeline(PipelineName=name, PipelineDefinition=text("two"))
    sagemaker.update_pipeline(PipelineName=name, PipelineDefinition=text("three"))
    return name


def versions(sagemaker: Any, name: str, **more: Any) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = sagemaker.list_pipeline_versions(PipelineName=name, **more)[
        "PipelineVersionSummaries"
    ]
    return listed


def numbers(sagemaker: Any, name: str, **more: Any) -> list[int]:
    return [version["PipelineVersionId"] for version in versions(sagemaker, name, **more)]


def change(sagemaker: Any, name: str, version: int, **more: Any) -> Any:
    return sagemaker.update_pipeline_version(
        PipelineArn=arn("Pipeline", name), PipelineVersionId=version, **more
    )


def run(server: Running, name: str, **more: Any) -> dict[str, Any]:
    """An execution that has ended, and the message of its only step."""
    client = server.sagemaker
    own = client.start_pipeline_execution(PipelineName=name, **more)["PipelineExecutionArn"]
    ended(server, own)
    described: dict[str, Any] = client.describe_pipeline_execution(PipelineExecutionArn=own)
    steps = client.list_pipeline_execution_steps(PipelineExecutionArn=own)["PipelineExecutionSteps"]
    return {**described, "Message": steps[0]["FailureReason"]}


def test_every_definition_makes_a_version(sagemaker: Any, three: str) -> None:
    listed = versions(sagemaker, three)
    assert [version["PipelineVersionId"] for version in listed] == [3, 2, 1]
    assert {version["PipelineArn"] for version in listed} == {arn("Pipeline", three)}
    assert [version.get("PipelineVersionAliases") for version in listed] == [[], [], ["stable"]]
    sagemaker.update_pipeline(PipelineName=three, PipelineDescription="no new definition")
    assert numbers(sagemaker, three) == [3, 2, 1]
    updated = sagemaker.update_pipeline(PipelineName=three, PipelineDefinition=text("three"))
    assert updated["PipelineVersionId"] == 4


def test_versions_come_in_pages_and_either_order(sagemaker: Any, three: str) -> None:
    assert numbers(sagemaker, three, SortOrder="Ascending") == [1, 2, 3]
    pages = sagemaker.get_paginator("list_pipeline_versions").paginate(
        PipelineName=three, PaginationConfig={"PageSize": 2}
    )
    found = [[item["PipelineVersionId"] for item in page["PipelineVersionSummaries"]] for page in pages]
    assert found == [[3, 2], [1]]


def test_versions_of_some_time(sagemaker: Any, three: str) -> None:
    before, after = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    assert numbers(sagemaker, three, CreatedAfter=before, CreatedBefore=after) == [3, 2, 1]
    assert (
        numbers(sagemaker, three, CreatedAfter=after) == numbers(sagemaker, three, CreatedBefore=before) == []
    )


def test_any_version_is_described_by_number_or_alias(sagemaker: Any, three: str) -> None:
    def described(**more: Any) -> Any:
        return sagemaker.describe_pipeline(PipelineName=three, **more)

    assert described()["PipelineDefinition"] == text("three")
    assert described(PipelineVersionId=2)["PipelineDefinition"] == text("two")
    by_alias = described(PipelineVersionAlias="stable")
    assert (by_alias["PipelineDefinition"], by_alias["PipelineVersionAliases"]) == (text("one"), ["stable"])
    assert "PipelineVersionAliases" not in described()


def test_an_old_version_is_started_and_remembered(server: Running, sagemaker: Any, three: str) -> None:
    newest = run(server, three)
    by_number = run(server, three, PipelineVersionId=2)
    by_alias = run(server, three, PipelineVersionAlias="stable")
    assert [newest["Message"], by_number["Message"], by_alias["Message"]] == ["three", "two", "one"]
    assert [newest["PipelineVersionId"], by_number["PipelineVersionId"]] == [3, 2]
    assert (by_alias["PipelineVersionId"], by_alias["PipelineVersionAliases"]) == (1, ["stable"])
    last = {
        item["PipelineVersionId"]: item["LastExecutionPipelineExecutionArn"]
        for item in versions(sagemaker, three)
    }
    assert last == {
        3: newest["PipelineExecutionArn"],
        2: by_number["PipelineExecutionArn"],
        1: by_alias["PipelineExecutionArn"],
    }
    (listed,) = sagemaker.list_pipeline_executions(PipelineName=three, PipelineVersionAlias="stable")[
        "PipelineExecutionSummaries"
    ]
    assert listed["PipelineExecutionArn"] == by_alias["PipelineExecutionArn"]
    assert listed["PipelineVersionAliases"] == ["stable"]


def test_a_version_gets_names_of_its_own(sagemaker: Any, three: str) -> None:
    told = {"PipelineVersionDisplayName": "second", "PipelineVersionDescription": "better data"}
    changed = change(sagemaker, three, 2, **told)
    assert (changed["PipelineArn"], changed["PipelineVersionId"]) == (arn("Pipeline", three), 2)
    _, second, _ = versions(sagemaker, three)
    assert told.items() <= second.items()
    assert told.items() <= sagemaker.describe_pipeline(PipelineName=three, PipelineVersionId=2).items()


def test_an_alias_moves_when_it_was_removed_where_it_was(sagemaker: Any, three: str) -> None:
    add = {"Add": ["stable", "best"]}
    own = arn("Pipeline", three)
    assert error_of(
        change, sagemaker=sagemaker, name=three, version=3, PipelineVersionAliasOperations=add
    ) == (
        "ConflictException",
        f"Alias 'stable' is assigned to version 1 of pipeline '{own}'. Remove it there first.",
    )
    change(sagemaker, three, 1, PipelineVersionAliasOperations={"Remove": ["stable"]})
    change(sagemaker, three, 3, PipelineVersionAliasOperations=add)
    change(sagemaker, three, 3, PipelineVersionAliasOperations={"Add": ["best"]})
    assert [item["PipelineVersionAliases"] for item in versions(sagemaker, three)] == [
        ["stable", "best"],
        [],
        [],
    ]
    sagemaker.update_pipeline(
        PipelineName=three, PipelineDefinition=text("four"), PipelineVersionAliases=["next"]
    )
    assert sagemaker.describe_pipeline(PipelineName=three)["PipelineVersionAliases"] == ["next"]


class TestRefused:
    @pytest.mark.parametrize(
        ("operations", "expected"),
        [
            pytest.param(
                {"Add": ["7"]},
                ("ValidationException", "Pipeline version alias '7' cannot consist of numbers only."),
                id="a number",
            ),
            pytest.param(
                {"Remove": ["best"]},
                ("ResourceNotFound", "Version 2 of pipeline '{own}' does not have the alias 'best'."),
                id="one that it has not",
            ),
            pytest.param(
                {"Add": [f"a{number}" for number in range(10)]},
                ("ValidationException", "A pipeline version can have up to 10 aliases, not 11."),
                id="too many",
            ),
        ],
    )
    def test_aliases(
        self, sagemaker: Any, three: str, operations: dict[str, Any], expected: tuple[str, str]
    ) -> None:
        change(sagemaker, three, 2, PipelineVersionAliasOperations={"Add": ["only"]})
        code, message = error_of(
            change, sagemaker=sagemaker, name=three, version=2, PipelineVersionAliasOperations=operations
        )
        assert (code, message) == (expected[0], expected[1].format(own=arn("Pipeline", three)))
        assert versions(sagemaker, three)[1]["PipelineVersionAliases"] == ["only"]

    @pytest.mark.parametrize(
        ("more", "expected"),
        [
            pytest.param(
                {"PipelineVersionId": 4},
                ("ResourceNotFound", "Pipeline version '4' of pipeline '{own}' does not exist."),
                id="number",
            ),
            pytest.param(
                {"PipelineVersionAlias": "best"},
                ("ResourceNotFound", "No version of pipeline '{own}' has the alias 'best'."),
                id="alias",
            ),
            pytest.param(
                {"PipelineVersionId": 1, "PipelineVersionAlias": "stable"},
                (
                    "ValidationException",
                    "PipelineVersionId and PipelineVersionAlias cannot be specified together.",
                ),
                id="both",
            ),
        ],
    )
    def test_versions_that_do_not_exist(
        self, sagemaker: Any, three: str, more: dict[str, Any], expected: tuple[str, str]
    ) -> None:
        for call in (sagemaker.describe_pipeline, sagemaker.start_pipeline_execution):
            code, message = error_of(call, PipelineName=three, **more)
            assert (code, message) == (expected[0], expected[1].format(own=arn("Pipeline", three)))

    def test_an_alias_without_a_definition(self, sagemaker: Any, three: str) -> None:
        assert error_of(sagemaker.update_pipeline, PipelineName=three, PipelineVersionAliases=["x"]) == (
            "ValidationException",
            "PipelineVersionAliases can be specified only when the update changes the pipeline definition.",
        )

    def test_a_pipeline_that_does_not_exist(self, sagemaker: Any, name: str) -> None:
        missing = ("ResourceNotFound", f"Pipeline '{arn('Pipeline', name)}' does not exist.")
        assert error_of(sagemaker.list_pipeline_versions, PipelineName=name) == missing
        assert error_of(change, sagemaker=sagemaker, name=name, version=1) == missing


def test_versions_go_with_their_pipeline(sagemaker: Any, three: str) -> None:
    sagemaker.delete_pipeline(PipelineName=three)
    sagemaker.create_pipeline(PipelineName=three, PipelineDefinition=text("new"), RoleArn=ROLE)
    assert numbers(sagemaker, three) == [1]


def test_a_pipeline_of_an_older_release_keeps_its_newest_version(tmp_path: Path) -> None:
    records = Records(tmp_path / "records.db")
    old = {
        "PipelineName": "p",
        "PipelineDefinition": text("old"),
        "PipelineVersionId": 3,
        "LastModifiedTime": 7.0,
    }
    records.create("Pipeline", "p", old)
    for _ in range(2):
        adopt(records)
    record = records.get("Pipeline", "p")
    assert record is not None
    (version,) = record.pop("Versions")
    assert record == old
    assert (version["PipelineVersionId"], version["CreationTime"]) == (3, 7.0)
    assert archive.text_of(records, version["DefinitionKey"]) == text("old")
    records.close()


def test_search(server: Running, sagemaker: Any, three: str) -> None:
    own = run(server, three, PipelineVersionAlias="stable")
    found = sagemaker.search(
        Resource="PipelineVersion",
        SearchExpression={
            "Filters": [{"Name": "PipelineArn", "Operator": "Equals", "Value": arn("Pipeline", three)}]
        },
        SortBy="CreationTime",
        SortOrder="Ascending",
    )["Results"]
    records = [each["PipelineVersion"] for each in found]
    assert [each["PipelineVersionId"] for each in records] == [1, 2, 3]
    assert records[0]["LastExecutedPipelineExecutionArn"] == own["PipelineExecutionArn"]
    assert records[0]["LastExecutedPipelineExecutionStatus"] == "Failed"
    assert records[0]["PipelineVersionAliases"] == ["stable"]
    assert "LastExecutedPipelineExecutionArn" not in records[1]
