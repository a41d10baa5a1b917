from __future__ import annotations

from typing import Any

import pytest

from pipeline.local.arns import arn
from tests.pipeline.local.api.requests import IMAGE, error_of


@pytest.fixture
def group(sagemaker: Any, name: str) -> str:
    sagemaker.create_model_package_group(ModelPackageGroupName=name, ModelPackageGroupDescription="birds")
    return name


def package(group: str, **more: Any) -> dict[str, Any]:
    specification = {
        "Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://b/model.tar.gz"}],
        "SupportedContentTypes": ["image/png"],
        "SupportedResponseMIMETypes": ["application/json"],
    }
    return {"ModelPackageGroupName": group, "InferenceSpecification": specification, **more}


def test_a_group_from_create_to_delete(sagemaker: Any, name: str, group: str) -> None:
    own = arn("ModelPackageGroup", name)
    described = sagemaker.describe_model_package_group(ModelPackageGroupName=own)
    assert (described["ModelPackageGroupArn"], described["ModelPackageGroupStatus"]) == (own, "Completed")
    listed = sagemaker.list_model_package_groups(NameContains=name)["ModelPackageGroupSummaryList"]
    assert [item["ModelPackageGroupDescription"] for item in listed] == ["birds"]
    assert error_of(sagemaker.create_model_package_group, ModelPackageGroupName=name) == (
        "ValidationException",
        f"Model Package Group already exists: {own}",
    )
    sagemaker.create_model_package(**package(name))
    assert error_of(sagemaker.delete_model_package_group, ModelPackageGroupName=name) == (
        "ConflictException",
        f"Model Package Group {name} cannot be deleted because it still contains Model Packages.",
    )
    sagemaker.delete_model_package(ModelPackageName=arn("ModelPackage", f"{name}/1"))
    sagemaker.delete_model_package_group(ModelPackageGroupName=name)
    missing = ("ValidationException", f"ModelPackageGroup {own} does not exist.")
    assert error_of(sagemaker.describe_model_package_group, ModelPackageGroupName=name) == missing
    assert error_of(sagemaker.create_model_package, **package(name)) == missing


def test_packages_are_counted_and_no_number_comes_twice(sagemaker: Any, group: str) -> None:
    made = [sagemaker.create_model_package(**package(group))["ModelPackageArn"] for _ in range(2)]
    assert made == [arn("ModelPackage", f"{group}/{number}") for number in (1, 2)]
    sagemaker.delete_model_package(ModelPackageName=made[1])
    assert sagemaker.create_model_package(**package(group))["ModelPackageArn"].endswith("/3")


def test_a_package_waits_for_approval(sagemaker: Any, group: str) -> None:
    own = sagemaker.create_model_package(
        **package(group, CustomerMetadataProperties={"accuracy": "0.9", "old": "1"})
    )["ModelPackageArn"]
    before = sagemaker.describe_model_package(ModelPackageName=own)
    assert before["ModelApprovalStatus"] == "PendingManualApproval"
    assert (before["ModelPackageVersion"], before["ModelPackageStatus"]) == (1, "Completed")
    assert before["InferenceSpecification"] == package(group)["InferenceSpecification"]

    sagemaker.update_model_package(
        ModelPackageArn=own,
        ModelApprovalStatus="Approved",
        ApprovalDescription="good",
        CustomerMetadataProperties={"new": "2"},
        CustomerMetadataPropertiesToRemove=["old"],
    )
    after = sagemaker.describe_model_package(ModelPackageName=own)
    assert (after["ModelApprovalStatus"], after["ApprovalDescription"]) == ("Approved", "good")
    assert after["CustomerMetadataProperties"] == {"accuracy": "0.9", "new": "2"}
    assert after["LastModifiedTime"] >= before["CreationTime"]


def test_a_package_without_metadata_changes_more_than_once(sagemaker: Any, group: str) -> None:
    own = sagemaker.create_model_package(**package(group))["ModelPackageArn"]
    for status in ("Rejected", "Approved"):
        sagemaker.update_model_package(ModelPackageArn=own, ModelApprovalStatus=status)
        described = sagemaker.describe_model_package(ModelPackageName=own)
        assert described["ModelApprovalStatus"] == status
        assert "CustomerMetadataProperties" not in described


def test_packages_are_listed_by_group_and_approval(sagemaker: Any, group: str) -> None:
    first, second = (sagemaker.create_model_package(**package(group))["ModelPackageArn"] for _ in range(2))
    sagemaker.update_model_package(ModelPackageArn=first, ModelApprovalStatus="Approved")

    def listed(**request: Any) -> list[str]:
        found = sagemaker.list_model_packages(ModelPackageGroupName=group, **request)
        return [item["ModelPackageArn"] for item in found["ModelPackageSummaryList"]]

    assert listed(SortOrder="Ascending") == [first, second]
    assert listed(ModelApprovalStatus="Approved") == [first]
    assert listed(ModelApprovalStatus="Rejected") == []
    pages = sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=arn("ModelPackageGroup", group), PaginationConfig={"PageSize": 1}
    )
    assert [len(each["ModelPackageSummaryList"]) for each in pages] == [1, 1]


def test_packages_of_groups_are_versioned(sagemaker: Any, group: str) -> None:
    own = sagemaker.create_model_package(**package(group))["ModelPackageArn"]

    def listed(**request: Any) -> bool:
        pages = sagemaker.get_paginator("list_model_packages").paginate(**request)
        return own in [each["ModelPackageArn"] for page in pages for each in page["ModelPackageSummaryList"]]

    assert [listed(ModelPackageType=kind) for kind in ("Versioned", "Unversioned", "Both")] == [
        True,
        False,
        True,
    ]
    assert [listed(), listed(ModelPackageGroupName=group)] == [False, True]


@pytest.mark.parametrize("call", ["describe_model_package", "delete_model_package"])
def test_a_package_that_does_not_exist(sagemaker: Any, name: str, call: str) -> None:
    own = arn("ModelPackage", f"{name}/1")
    assert error_of(getattr(sagemaker, call), ModelPackageName=own) == (
        "ValidationException",
        f"ModelPackage {own} does not exist.",
    )


def test_packages_without_a_group_are_refused(sagemaker: Any, name: str) -> None:
    assert error_of(sagemaker.create_model_package, ModelPackageName=name) == (
        "ValidationException",
        "ModelPackageName is not supported by the local SageMaker: packages are versions in a group",
    )
    assert error_of(sagemaker.create_model_package) == (
        "ValidationException",
        "A model package needs a ModelPackageGroupName.",
    )


def test_updates_that_are_not_supported_are_refused_by_name(sagemaker: Any, group: str) -> None:
    own = sagemaker.create_model_package(**package(group))["ModelPackageArn"]
    assert error_of(
        sagemaker.update_model_package, ModelPackageArn=own, ModelPackageRegistrationType="Logged"
    ) == (
        "ValidationException",
        "ModelPackageRegistrationType is not supported by the local SageMaker: a package keeps its own",
    )
