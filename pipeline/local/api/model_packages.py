"""The model registry: groups and the versioned packages in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.local import arns
from pipeline.local.api.listing import Listing, page
from pipeline.local.api.service import Handler, Request, Service, without
from pipeline.local.errors import ApiError
from pipeline.local.records import Record

_GROUPS = Listing(
    "ModelPackageGroupSummaryList",
    "ModelPackageGroupName",
    never={"CrossAccountFilterOption": ("CrossAccount",)},
)
_PACKAGES = Listing(
    "ModelPackageSummaryList",
    "ModelPackageArn",
    "ModelPackageStatus",
    equals={
        "ModelPackageGroupName": "ModelPackageGroupName",
        "ModelApprovalStatus": "ModelApprovalStatus",
    },
    never={"ModelPackageType": ("Unversioned",)},
)
_REPLACED = (
    "ModelApprovalStatus",
    "ApprovalDescription",
    "InferenceSpecification",
    "SourceUri",
    "ModelCard",
    "ModelLifeCycle",
)


def create_group(service: Service, request: Request) -> Record:
    """CreateModelPackageGroup."""
    name = request["ModelPackageGroupName"]
    arn = arns.arn("ModelPackageGroup", name)
    record = {
        **without(request, "Tags"),
        "ModelPackageGroupArn": arn,
        "ModelPackageGroupStatus": "Completed",
        "CreationTime": service.clock(),
        "CreatedBy": {},
        # Versions are never used twice, not even after the newest package was deleted.
        "LastVersion": 0,
    }
    taken = ApiError("ValidationException", f"Model Package Group already exists: {arn}")
    service.create("ModelPackageGroup", name, record, taken, request.get("Tags"))
    return {"ModelPackageGroupArn": arn}


def describe_group(service: Service, request: Request) -> Record:
    """DescribeModelPackageGroup."""
    return _group(service, request)


def list_groups(service: Service, request: Request) -> Record:
    """ListModelPackageGroups."""
    return page(_GROUPS, service.records.list("ModelPackageGroup"), request)


def delete_group(service: Service, request: Request) -> Record:
    """DeleteModelPackageGroup: refused while there are packages in it."""
    name = _group(service, request)["ModelPackageGroupName"]
    if service.records.list("ModelPackage", f"{name}/"):
        raise ApiError(
            "ConflictException",
            f"Model Package Group {name} cannot be deleted because it still contains Model Packages.",
        )
    service.remove("ModelPackageGroup", name, _missing_group(name))
    return {}


def _missing_group(name: str) -> ApiError:
    arn = arns.arn("ModelPackageGroup", name)
    return ApiError("ValidationException", f"ModelPackageGroup {arn} does not exist.")


def _group(service: Service, request: Request) -> Record:
    name = arns.name_of("ModelPackageGroup", request["ModelPackageGroupName"])
    return service.find("ModelPackageGroup", name, _missing_group(name))


def create_package(service: Service, request: Request) -> Record:
    """CreateModelPackage: versioned packages only."""
    if not request.get("ModelPackageGroupName"):
        raise ApiError("ValidationException", "A model package needs a ModelPackageGroupName.")
    group = _group(service, request)["ModelPackageGroupName"]
    version = service.records.amend("ModelPackageGroup", group, _counted)["LastVersion"]
    name = f"{group}/{version}"
    arn = arns.arn("ModelPackage", name)
    now = service.clock()
    record = {
        "ModelApprovalStatus": "PendingManualApproval",
        **without(request, "Tags", "ClientToken"),
        "ModelPackageGroupName": group,
        "ModelPackageVersion": version,
        "ModelPackageArn": arn,
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        "CreationTime": now,
        "CreatedBy": {},
    }
    taken = ApiError("ConflictException", f"Model Package already exists: {arn}")
    service.create("ModelPackage", name, record, taken, request.get("Tags"))
    return {"ModelPackageArn": arn}


def _counted(group: Record) -> Record:
    return {**group, "LastVersion": group["LastVersion"] + 1}


def _package(service: Service, name_or_arn: str) -> Record:
    name = arns.name_of("ModelPackage", name_or_arn)
    missing = ApiError(
        "ValidationException", f"ModelPackage {arns.arn('ModelPackage', name)} does not exist."
    )
    return service.find("ModelPackage", name, missing)


def _key(package: Mapping[str, Any]) -> str:
    return f"{package['ModelPackageGroupName']}/{package['ModelPackageVersion']}"


def describe_package(service: Service, request: Request) -> Record:
    """DescribeModelPackage."""
    return _package(service, request["ModelPackageName"])


def list_packages(service: Service, request: Request) -> Record:
    """ListModelPackages: those of one group, or all; without group and type the unversioned ones: none."""
    group = request.get("ModelPackageGroupName")
    if not group:
        asked = {"ModelPackageType": "Unversioned", **request}
        return page(_PACKAGES, service.records.list("ModelPackage"), asked)
    name = _group(service, request)["ModelPackageGroupName"]
    packages = service.records.list("ModelPackage", f"{name}/")
    return page(_PACKAGES, packages, {**request, "ModelPackageGroupName": name})


def update_package(service: Service, request: Request) -> Record:
    """UpdateModelPackage: approval above all."""
    package = _package(service, request["ModelPackageArn"])

    def edit(record: Record) -> Record:
        metadata = {
            # Records of earlier versions may hold None.
            **(record.pop("CustomerMetadataProperties", None) or {}),
            **(request.get("CustomerMetadataProperties") or {}),
        }
        for key in request.get("CustomerMetadataPropertiesToRemove") or []:
            metadata.pop(key, None)
        if metadata:
            record["CustomerMetadataProperties"] = metadata
        changed = {key: request[key] for key in _REPLACED if request.get(key) is not None}
        times = {"LastModifiedTime": service.clock(), "LastModifiedBy": {}}
        return {**record, **changed, **times}

    service.records.amend("ModelPackage", _key(package), edit)
    return {"ModelPackageArn": package["ModelPackageArn"]}


def delete_package(service: Service, request: Request) -> Record:
    """DeleteModelPackage."""
    package = _package(service, request["ModelPackageName"])
    gone = ApiError("ValidationException", f"ModelPackage {package['ModelPackageArn']} does not exist.")
    service.remove("ModelPackage", _key(package), gone)
    return {}


HANDLERS: dict[str, Handler] = {
    "CreateModelPackageGroup": create_group,
    "DescribeModelPackageGroup": describe_group,
    "ListModelPackageGroups": list_groups,
    "DeleteModelPackageGroup": delete_group,
    "CreateModelPackage": create_package,
    "DescribeModelPackage": describe_package,
    "ListModelPackages": list_packages,
    "UpdateModelPackage": update_package,
    "DeleteModelPackage": delete_package,
}
