"""Versions of pipelines: each definition that a pipeline has had, under a number and names of one's own.

They are kept in the pipeline's record, so that a version and its aliases change in one step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipeline.local import arns
from pipeline.local.api.listing import Listing, page
from pipeline.local.api.service import Handler, Request, Service
from pipeline.local.errors import ApiError
from pipeline.local.execution import archive
from pipeline.local.records import Record, Records

_LISTING = Listing("PipelineVersionSummaries", "PipelineVersionId")
_MEMBER = "Versions"
# UpdatePipelineVersion of the API: "a version can have up to 10 aliases".
_MOST_ALIASES = 10


def adopt(records: Records) -> None:
    """Give pipelines that are older than this module their newest version; for the start of the server."""
    for pipeline in records.list("Pipeline"):
        if _MEMBER not in pipeline:
            key = archive.keep(records, pipeline["PipelineDefinition"])
            version = {
                "PipelineVersionId": pipeline["PipelineVersionId"],
                "CreationTime": pipeline["LastModifiedTime"],
                "DefinitionKey": key,
            }
            records.update("Pipeline", pipeline["PipelineName"], **{_MEMBER: [version]})


def with_version(pipeline: Record, key: str, aliases: Iterable[str], now: float) -> Record:
    """A pipeline's record with one more version.

    Args:
        pipeline: The record; that of a new pipeline has no version yet.
        key: The definition's key in the archive.
        aliases: The version's aliases.
        now: Seconds since the epoch.

    Raises:
        ApiError: An alias cannot be used.
    """
    number = pipeline.get("PipelineVersionId", 0) + 1
    version: Record = {"PipelineVersionId": number, "CreationTime": now, "DefinitionKey": key}
    after = {**pipeline, "PipelineVersionId": number, _MEMBER: [*pipeline.get(_MEMBER, []), version]}
    return _with_aliases(after, number, add=aliases)


def find_version(pipeline: Record, request: Request) -> Record:
    """The version that a request names by PipelineVersionId or PipelineVersionAlias; else the newest.

    Raises:
        ApiError: There is none, or both are given.
    """
    number, alias = request.get("PipelineVersionId"), request.get("PipelineVersionAlias")
    if number is not None and alias is not None:
        raise ApiError(
            "ValidationException", "PipelineVersionId and PipelineVersionAlias cannot be specified together."
        )
    if alias is not None:
        return _with_alias(pipeline, alias)
    return _with_number(pipeline, pipeline["PipelineVersionId"] if number is None else number)


def aliases_of(pipeline: Record, number: int) -> list[str]:
    """The aliases that a version has now."""
    return list(_with_number(pipeline, number).get("PipelineVersionAliases", []))


def with_execution(pipeline: Record, number: int, arn: str, now: float) -> Record:
    """A pipeline's record after an execution of one of its versions has started."""
    ran = {"LastExecutionPipelineExecutionArn": arn}
    return {**_with_changes(pipeline, number, ran), "LastRunTime": now}


def _with_number(pipeline: Record, number: int) -> Record:
    for version in pipeline[_MEMBER]:
        if version["PipelineVersionId"] == number:
            found: Record = version
            return found
    raise ApiError(
        "ResourceNotFound", f"Pipeline version '{number}' of pipeline '{_arn(pipeline)}' does not exist."
    )


def _with_alias(pipeline: Record, alias: str) -> Record:
    for version in pipeline[_MEMBER]:
        if alias in version.get("PipelineVersionAliases", []):
            found: Record = version
            return found
    raise ApiError("ResourceNotFound", f"No version of pipeline '{_arn(pipeline)}' has the alias '{alias}'.")


def _with_changes(pipeline: Record, number: int, changes: Record) -> Record:
    version = {**_with_number(pipeline, number), **changes}
    versions = [version if item["PipelineVersionId"] == number else item for item in pipeline[_MEMBER]]
    return {**pipeline, _MEMBER: versions}


def _with_aliases(
    pipeline: Record, number: int, add: Iterable[str] = (), remove: Iterable[str] = ()
) -> Record:
    own = aliases_of(pipeline, number)
    for alias in remove:
        if alias not in own:
            raise ApiError(
                "ResourceNotFound",
                f"Version {number} of pipeline '{_arn(pipeline)}' does not have the alias '{alias}'.",
            )
        own.remove(alias)
    for alias in add:
        _check_alias(pipeline, number, alias)
        if alias not in own:
            own.append(alias)
    if len(own) > _MOST_ALIASES:
        raise ApiError(
            "ValidationException",
            f"A pipeline version can have up to {_MOST_ALIASES} aliases, not {len(own)}.",
        )
    return _with_changes(pipeline, number, {"PipelineVersionAliases": own})


def _check_alias(pipeline: Record, number: int, alias: str) -> None:
    # CreatePipeline of the API: an alias "can't consist of numbers only".
    if alias.isdigit():
        raise ApiError(
            "ValidationException", f"Pipeline version alias '{alias}' cannot consist of numbers only."
        )
    for other in pipeline[_MEMBER]:
        if other["PipelineVersionId"] != number and alias in other.get("PipelineVersionAliases", []):
            raise ApiError(
                "ConflictException",
                f"Alias '{alias}' is assigned to version {other['PipelineVersionId']} of pipeline "
                f"'{_arn(pipeline)}'. Remove it there first.",
            )


def _arn(pipeline: Record) -> str:
    return str(pipeline["PipelineArn"])


def missing_pipeline(name: str) -> ApiError:
    """The error for a pipeline that does not exist."""
    return ApiError("ResourceNotFound", f"Pipeline '{arns.arn('Pipeline', name)}' does not exist.")


def find_pipeline(service: Service, name_or_arn: str) -> Record:
    """The record of a pipeline given by name or ARN.

    Raises:
        ApiError: ResourceNotFound.
    """
    name = arns.name_of("Pipeline", name_or_arn)
    return service.find("Pipeline", name, missing_pipeline(name))


def list_versions(service: Service, request: Request) -> Record:
    """ListPipelineVersions: the newest first."""
    pipeline = find_pipeline(service, request["PipelineName"])
    summaries = [{**version, "PipelineArn": _arn(pipeline)} for version in pipeline[_MEMBER]]
    return page(_LISTING, summaries, request)


def search_records(records: Records) -> Iterator[Record]:
    """Each version of each pipeline, with what Search tells of its last execution."""
    for pipeline in records.list("Pipeline"):
        for version in pipeline[_MEMBER]:
            yield {
                "LastModifiedTime": version["CreationTime"],
                **version,
                **_last_execution(records, version),
                "PipelineArn": _arn(pipeline),
                # No member of the answer, but what tells versions apart.
                "PipelineVersionArn": f"{_arn(pipeline)}/version/{version['PipelineVersionId']:09}",
            }


def _last_execution(records: Records, version: Record) -> Record:
    arn = version.get("LastExecutionPipelineExecutionArn")
    execution = records.get("PipelineExecution", arns.name_of("PipelineExecution", arn)) if arn else None
    members = ("PipelineExecutionArn", "PipelineExecutionDisplayName", "PipelineExecutionStatus")
    return {f"LastExecuted{member}": execution.get(member) for member in members} if execution else {}


def update_version(service: Service, request: Request) -> Record:
    """UpdatePipelineVersion: names, description and aliases; the definition of a version never changes."""
    pipeline = find_pipeline(service, request["PipelineArn"])
    number = request["PipelineVersionId"]
    operations = request.get("PipelineVersionAliasOperations") or {}
    told = ("PipelineVersionDisplayName", "PipelineVersionDescription")
    changes = {member: request[member] for member in told if request.get(member) is not None}

    def edit(before: Record) -> Record:
        after = _with_changes(before, number, changes)
        return _with_aliases(after, number, operations.get("Add") or [], operations.get("Remove") or [])

    service.records.amend("Pipeline", pipeline["PipelineName"], edit)
    return {"PipelineArn": _arn(pipeline), "PipelineVersionId": number}


HANDLERS: dict[str, Handler] = {
    "ListPipelineVersions": list_versions,
    "UpdatePipelineVersion": update_version,
}
