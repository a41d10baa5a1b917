"""Pipelines: named definitions, each update a new version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.aws_model import service_model
from pipeline.errors import ImgpipeError
from pipeline.language import definition as definitions
from pipeline.language.definition import Definition, DefinitionError
from pipeline.language.evaluation import UNKNOWN
from pipeline.language.parameters import Value
from pipeline.local import arns
from pipeline.local.api import shapes
from pipeline.local.api.listing import Listing, page
from pipeline.local.api.service import Handler, Request, Service, without
from pipeline.local.api.versions import find_pipeline, find_version, missing_pipeline, with_version
from pipeline.local.errors import ApiError
from pipeline.local.execution import archive
from pipeline.local.execution.caching import RESULT
from pipeline.local.execution.checks import step_problems
from pipeline.local.records import Record

_LISTING = Listing(
    "PipelineSummaries",
    "PipelineName",
    prefixes={"PipelineNamePrefix": "PipelineName"},
    never={"ManagedBy": ("AWS",)},
)
_RUNNING = ("Executing", "Stopping")
# Members of a request that belong to the version that it makes, not to the pipeline.
_OF_THE_VERSION = ("PipelineDefinitionS3Location", "PipelineVersionAliases")


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
    text = _definition_text(service, request)
    record = {
        **without(request, "Tags", *_OF_THE_VERSION),
        "PipelineDefinition": text,
        "PipelineArn": arn,
        "PipelineStatus": "Active",
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": {},
        "LastModifiedBy": {},
    }
    aliases = request.get("PipelineVersionAliases") or []
    record = with_version(record, archive.keep(service.records, text), aliases, now)
    service.create("Pipeline", name, record, taken, request.get("Tags"))
    return {"PipelineArn": arn}


def update_pipeline(service: Service, request: Request) -> Record:
    """UpdatePipeline: a definition makes a new version."""
    record = find_pipeline(service, request["PipelineName"])
    changes = without(request, "PipelineName", *_OF_THE_VERSION)
    aliases = request.get("PipelineVersionAliases") or []
    key = None
    if request.get("PipelineDefinition") or request.get("PipelineDefinitionS3Location"):
        changes["PipelineDefinition"] = text = _definition_text(service, request)
        key = archive.keep(service.records, text)
    elif aliases:
        raise ApiError(
            "ValidationException",
            "PipelineVersionAliases can be specified only when the update changes the pipeline definition.",
        )

    def edit(before: Record) -> Record:
        now = service.clock()
        after = {**before, **changes, "LastModifiedTime": now}
        return after if key is None else with_version(after, key, aliases, now)

    after = service.records.amend("Pipeline", record["PipelineName"], edit)
    return {"PipelineArn": after["PipelineArn"], "PipelineVersionId": after["PipelineVersionId"]}


def describe_pipeline(service: Service, request: Request) -> Record:
    """DescribePipeline: the newest version, or the one that is named."""
    record = find_pipeline(service, request["PipelineName"])
    version = find_version(record, request)
    text = archive.text_of(service.records, version["DefinitionKey"])
    return {**record, **_told_of(version), "PipelineDefinition": text}


def _told_of(version: Record) -> Record:
    """What DescribePipeline says of a version besides its definition; an empty list is left out."""
    told = ("PipelineVersionDisplayName", "PipelineVersionDescription", "PipelineVersionAliases")
    return {member: version[member] for member in told if version.get(member)}


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
    service.remove("Pipeline", name, missing_pipeline(name))
    for kind in ("PipelineExecution", "PipelineExecutionStep", "StartToken", "RetryToken", RESULT):
        for key, _ in service.records.items(kind, f"{name}/"):
            service.records.delete(kind, key)
    return {"PipelineArn": arn}


def check_shape(operation: str, request: Mapping[str, Any]) -> None:
    """Judge the request of an operation, what is not known yet left aside; raises ApiError."""
    shapes.check(service_model.operation(operation).input_shape, request, skip=UNKNOWN)


def parsed(text: str, values: Mapping[str, Value]) -> Definition:
    """Read a definition and check it with the parameters that are known.

    Raises:
        ApiError: ValidationException, naming all that is wrong.
    """
    try:
        definition = definitions.parse(text)
    except DefinitionError as error:
        raise _unreadable([problem.message for problem in error.problems]) from error
    if problems := list(step_problems(definition, values, check_shape)):
        raise _unreadable(problems)
    return definition


def _unreadable(problems: Sequence[str]) -> ApiError:
    return ApiError("ValidationException", "Unable to parse pipeline definition. " + "; ".join(problems))


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
