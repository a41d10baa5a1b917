"""Tags of resources."""

from __future__ import annotations

from pipeline.local import arns
from pipeline.local.api.service import Handler, Request, Service
from pipeline.local.errors import ApiError
from pipeline.local.records import Record


def _checked(service: Service, arn: str) -> str:
    found = arns.parse(arn)
    if found is None or service.records.get(*found) is None:
        raise ApiError("ValidationException", f"Resource '{arn}' does not exist.")
    return arn


def add_tags(service: Service, request: Request) -> Record:
    """AddTags: a tag replaces the one with the same key."""
    arn = _checked(service, request["ResourceArn"])
    merged = {tag["Key"]: tag for tag in [*service.tags(arn), *request["Tags"]]}
    service.set_tags(arn, list(merged.values()))
    return {"Tags": list(merged.values())}


def list_tags(service: Service, request: Request) -> Record:
    """ListTags: a resource has 50 tags at most, so there is one page."""
    return {"Tags": service.tags(_checked(service, request["ResourceArn"]))}


def delete_tags(service: Service, request: Request) -> Record:
    """DeleteTags."""
    arn = _checked(service, request["ResourceArn"])
    service.set_tags(arn, [tag for tag in service.tags(arn) if tag["Key"] not in request["TagKeys"]])
    return {}


HANDLERS: dict[str, Handler] = {"AddTags": add_tags, "ListTags": list_tags, "DeleteTags": delete_tags}
