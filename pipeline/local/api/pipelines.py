"""Pipelines: named definitions, each update a new version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.errors import ImgpipeError
from pipeline.language import definition as definitions
from pipeline.language.definition import Definition, DefinitionError
from pipeline.language.expressions import UNKNOWN
from pipeline.language.parameters import Value
from pipeline.local import arns
from pipeline.local.api import shapes
from pipeline.local.api.listing import Listing, page
from pipeline.local.api.service import Handler, Request, Service, without
from pipeline.local.errors import ApiError
from pipeline.local.execution.checks import check_arguments, check_types
from pipeline.local.records import Record

_LISTING = Listing("PipelineSummaries", "PipelineName", prefixes={"PipelineNamePrefix": "PipelineName"})
_RUNNING = ("Executing", "Stopping")


def create_pipeline(service: Service, request: Request) -> Record:
    """CreatePipeline."""
    name = request["PipelineName"]
    arn = arns.arn("Pipeline", name)
    existing = service.records.get("Pipeline", name)
    if existing is not None and existing["ClientRequestToken"] == request["ClientRequestToken"]:
        return {"PipelineArn": arn}
    taken = ApiError(
        "ValidationException",
        "Pipeline names must be unique within an AWS account and region. "
        f"Pipeline with name ({name}) already exists.",
    )
    if existing is not None:
        raise taken
    now = service.clock()
    record = {
        **without(request, "Tags", "PipelineDefinitionS3Location"),
        "PipelineDefinition": _definition_text(service, request),
        "PipelineArn": arn,
        "PipelineStatus": "Active",
        "PipelineVersionId": 1,
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": {},
        "LastModifiedBy": {},
    }
    service.create("Pipeline", name, record, taken)
    service.set_tags(arn, list(request.get("Tags") or []))
    return {"PipelineArn": arn}


def update_pipeline(service: Service, request: Request) -> Record:
    """UpdatePipeline."""
    record = find_pipeline(service, request["PipelineName"])
    changes = without(request, "PipelineName", "PipelineDefinitionS3Location")
    if request.get("PipelineDefinition") or request.get("PipelineDefinitionS3Location"):
        changes["PipelineDefinition"] = _definition_text(service, request)

    def edit(before: Record) -> Record:
        version = before["PipelineVersionId"] + ("PipelineDefinition" in changes)
        return {**before, **changes, "PipelineVersionId": version, "LastModifiedTime": service.clock()}

    after = service.records.amend("Pipeline", record["PipelineName"], edit)
    return {"PipelineArn": after["PipelineArn"], "PipelineVersionId": after["PipelineVersionId"]}


def describe_pipeline(service: Service, request: Request) -> Record:
    """DescribePipeline: the newest version."""
    record = find_pipeline(service, request["PipelineName"])
    version = request.get("PipelineVersionId")
    if version is not None and version != record["PipelineVersionId"]:
        raise other_version(record, version)
    return record


def list_pipelines(service: Service, request: Request) -> Record:
    """ListPipelines."""
    records = [
        {**record, "LastExecutionTime": record.get("LastRunTime")}
        for record in service.records.list("Pipeline")
    ]
    return page(_LISTING, records, request)


def delete_pipeline(service: Service, request: Request) -> Record:
    """DeletePipeline: its executions go with it; refused while one runs."""
    record = find_pipeline(service, request["PipelineName"])
    name, arn = record["PipelineName"], record["PipelineArn"]
    executions = service.records.list("PipelineExecution", f"{name}/")
    running = [
        item["PipelineExecutionArn"] for item in executions if item["PipelineExecutionStatus"] in _RUNNING
    ]
    if running:
        raise ApiError(
            "ConflictException", f"Pipeline {arn} has running executions: {', '.join(sorted(running))}"
        )
    service.remove("Pipeline", name, _missing(name))
    for kind in ("PipelineExecution", "PipelineExecutionStep", "StartToken"):
        for key, _ in service.records.items(kind, f"{name}/"):
            service.records.delete(kind, key)
    return {"PipelineArn": arn}


def find_pipeline(service: Service, name_or_arn: str) -> Record:
    """The record of a pipeline given by name or ARN.

    Raises:
        ApiError: ResourceNotFound.
    """
    name = arns.name_of("Pipeline", name_or_arn)
    return service.find("Pipeline", name, _missing(name))


def _missing(name: str) -> ApiError:
    return ApiError("ResourceNotFound", f"Pipeline '{arns.arn('Pipeline', name)}' does not exist.")


def other_version(pipeline: Record, version: int) -> ApiError:
    """The error for a version that is not kept."""
    return ApiError(
        "ValidationException",
        f"Pipeline {pipeline['PipelineName']} is at version {pipeline['PipelineVersionId']}; the local "
        f"SageMaker keeps the newest version only, not version {version}.",
    )


def check_shape(operation: str, request: Mapping[str, Any]) -> None:
    """Judge the request of an operation, what is not known yet left aside; raises ApiError."""
    shapes.check(shapes.operation(operation).input_shape, request, skip=UNKNOWN)


def parsed(text: str, values: Mapping[str, Value]) -> Definition:
    """Read a definition and check it with the parameters that are known.

    Raises:
        ApiError: ValidationException, naming all that is wrong.
    """
    try:
        definition = definitions.parse(text)
        check_types(definition)
        check_arguments(definition, values, check_shape)
    except DefinitionError as error:
        raise ApiError(
            "ValidationException", "Unable to parse pipeline definition. " + "; ".join(error.problems)
        ) from error
    return definition


def _definition_text(service: Service, request: Request) -> str:
    location = request.get("PipelineDefinitionS3Location")
    text = request.get("PipelineDefinition")
    if (location is None) == (text is None):
        raise ApiError(
            "ValidationException",
            "Exactly one of PipelineDefinition and PipelineDefinitionS3Location must be given.",
        )
    if location is not None:
        text = _read(service, location)
    assert isinstance(text, str)
    parsed(text, {})
    return text


def _read(service: Service, location: Mapping[str, str]) -> str:
    bucket, key = location["Bucket"], location["ObjectKey"]
    if location.get("VersionId"):
        raise ApiError(
            "ValidationException",
            "The local SageMaker reads the newest version of a definition: no VersionId.",
        )
    try:
        return service.objects.read(bucket, key).decode()
    except (ImgpipeError, UnicodeDecodeError) as error:
        why = error.findings[0].message if isinstance(error, ImgpipeError) else str(error)
        raise ApiError(
            "ValidationException", f"Cannot read the pipeline definition s3://{bucket}/{key}: {why}"
        ) from error


HANDLERS: dict[str, Handler] = {
    "CreatePipeline": create_pipeline,
    "UpdatePipeline": update_pipeline,
    "DescribePipeline": describe_pipeline,
    "ListPipelines": list_pipelines,
    "DeletePipeline": delete_pipeline,
}
