"""Executions of pipelines, and their steps."""

from __future__ import annotations

from pipeline.errors import ImgpipeError
from pipeline.language.parameters import ParameterError, Value, values_of
from pipeline.local import arns
from pipeline.local.api.listing import Listing, page
from pipeline.local.api.pipelines import parsed
from pipeline.local.api.service import Handler, Request, Service, without
from pipeline.local.api.versions import aliases_of, find_pipeline, find_version, with_execution
from pipeline.local.errors import ApiError
from pipeline.local.execution import archive
from pipeline.local.execution.checks import check_supported
from pipeline.local.execution.execution import EXECUTION
from pipeline.local.execution.reuse import keep_steps, only_selected, selection_of, taken_steps
from pipeline.local.execution.run import STEP
from pipeline.local.records import Record, RecordExists

_ID_LENGTH = 12
# Kinds of the records that make a repeated request harmless, named `<pipeline>/<ClientRequestToken>` and
# `<pipeline>/<execution id>/<ClientRequestToken>`.
_TOKEN = "StartToken"  # noqa: S105
_RETRY_TOKEN = "RetryToken"  # noqa: S105
_CAN_BE_RETRIED = ("Failed", "Stopped")
_EXECUTIONS = Listing("PipelineExecutionSummaries", "PipelineExecutionArn")
_STEPS = Listing("PipelineExecutionSteps", "StepName", sort_by="StartTime", page=20)
_PARAMETERS = Listing("PipelineParameters", "Name", sort_by="Name", descending=False)


def start_execution(service: Service, request: Request) -> Record:
    """StartPipelineExecution: refused before anything starts if a step of it is not supported here."""
    pipeline = find_pipeline(service, request["PipelineName"])
    name = pipeline["PipelineName"]
    token = f"{name}/{request['ClientRequestToken']}"
    if known := service.records.get(_TOKEN, token):
        return {"PipelineExecutionArn": known["PipelineExecutionArn"]}
    version = find_version(pipeline, request)
    taken = _check(service, archive.text_of(service.records, version["DefinitionKey"]), name, request)
    execution = f"{name}/{service.new_id(_ID_LENGTH)}"
    now = service.clock()
    record = _new_record(pipeline, version, execution, request, now)
    arn, number = record["PipelineExecutionArn"], version["PipelineVersionId"]
    try:
        # All or nothing: a request that is repeated after a kill must not start another one.
        with service.records.together():
            service.records.create(_TOKEN, token, {"PipelineExecutionArn": arn})
            service.records.create(EXECUTION, execution, record)
            keep_steps(service.records, execution, taken, now)
            service.records.amend("Pipeline", name, lambda before: with_execution(before, number, arn, now))
    except RecordExists:
        # The same request came twice at once, and the other was first.
        return start_execution(service, request)
    service.executor.start(execution)
    return {"PipelineExecutionArn": arn}


def _new_record(pipeline: Record, version: Record, execution: str, request: Request, now: float) -> Record:
    # An execution follows the settings of its pipeline unless it is started with others.
    settings: Record = {
        key: pipeline[key] for key in ("ParallelismConfiguration", "RoleArn") if key in pipeline
    }
    return {
        "PipelineExecutionDisplayName": f"execution-{int(now * 1000)}",
        **settings,
        **without(request, "PipelineName", "PipelineVersionAlias"),
        "PipelineArn": pipeline["PipelineArn"],
        "PipelineExecutionArn": arns.arn(EXECUTION, execution),
        "PipelineExecutionStatus": "Executing",
        "PipelineVersionId": version["PipelineVersionId"],
        "DefinitionKey": version["DefinitionKey"],
        "StartTime": now,
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": {},
        "LastModifiedBy": {},
    }


def _check(service: Service, text: str, pipeline: str, request: Request) -> list[Record]:
    """Judge a start; returns the steps that it takes from another execution."""
    given = {item["Name"]: item["Value"] for item in request.get("PipelineParameters") or []}
    definition = parsed(text, {})
    try:
        values: dict[str, Value] = values_of(definition.parameters, given)
    except ParameterError as error:
        raise ApiError("ValidationException", "; ".join(error.problems)) from error
    parsed(text, values)
    taken: list[Record] = []
    if config := request.get("SelectiveExecutionConfig"):
        selection = selection_of(definition, config)
        source = config.get("SourcePipelineExecutionArn")
        taken = taken_steps(service.records, pipeline, definition, selection, source)
        definition = only_selected(definition, selection)
    try:
        check_supported(definition, values, service.jobs.check)
    except ImgpipeError as error:
        raise ApiError("ValidationException", str(error)) from error
    return taken


def stop_execution(service: Service, request: Request) -> Record:
    """StopPipelineExecution: running jobs are stopped, further steps not started."""
    arn = request["PipelineExecutionArn"]
    name = _name(arn)

    def edit(record: Record) -> Record:
        status = record["PipelineExecutionStatus"]
        if status not in ("Executing", "Stopping"):
            raise ApiError(
                "ConflictException",
                f"Only executions in Executing status can be stopped: {arn} is in {status} status.",
            )
        return {**record, "PipelineExecutionStatus": "Stopping", "LastModifiedTime": service.clock()}

    _find(service, arn)
    service.records.amend(EXECUTION, name, edit)
    service.executor.stop(name)
    return {"PipelineExecutionArn": arn}


def retry_execution(service: Service, request: Request) -> Record:
    """RetryPipelineExecution: go on with the steps that failed or were stopped; what succeeded is kept."""
    arn = request["PipelineExecutionArn"]
    name = _name(arn)
    _find(service, arn)
    settings = without(request, "PipelineExecutionArn", "ClientRequestToken")

    def edit(record: Record) -> Record:
        status = record["PipelineExecutionStatus"]
        if status not in _CAN_BE_RETRIED:
            raise ApiError(
                "ConflictException",
                f"Only executions in Failed or Stopped status can be retried: {arn} is in {status} status.",
            )
        again = {"PipelineExecutionStatus": "Executing", "LastModifiedTime": service.clock()}
        return {**without(record, "FailureReason"), **settings, **again}

    try:
        with service.records.together():
            service.records.create(_RETRY_TOKEN, f"{name}/{request['ClientRequestToken']}", {})
            service.records.amend(EXECUTION, name, edit)
            for step, record in service.records.items(STEP, f"{name}/"):
                if record["StepStatus"] != "Succeeded":
                    service.records.delete(STEP, step)
    except RecordExists:
        return {"PipelineExecutionArn": arn}
    service.executor.start(name)
    return {"PipelineExecutionArn": arn}


def update_execution(service: Service, request: Request) -> Record:
    """UpdatePipelineExecution: its names, and how many steps may run at once from the next one's end on."""
    arn = request["PipelineExecutionArn"]
    _find(service, arn)
    changes = without(request, "PipelineExecutionArn")
    service.records.update(EXECUTION, _name(arn), **changes, LastModifiedTime=service.clock())
    return {"PipelineExecutionArn": arn}


def describe_execution(service: Service, request: Request) -> Record:
    """DescribePipelineExecution."""
    record = _find(service, request["PipelineExecutionArn"])
    pipeline = find_pipeline(service, record["PipelineArn"])
    return {**record, **_aliases(pipeline, record)}


def _aliases(pipeline: Record, execution: Record) -> Record:
    """The aliases of the version that an execution ran, as they are now."""
    # Executions of pipelines that are older than versions ran one that is not kept.
    known = {version["PipelineVersionId"] for version in pipeline["Versions"]}
    number = execution["PipelineVersionId"]
    names = aliases_of(pipeline, number) if number in known else []
    return {"PipelineVersionAliases": names} if names else {}


def describe_definition(service: Service, request: Request) -> Record:
    """DescribePipelineDefinitionForExecution: the definition as it was when the execution started."""
    record = _find(service, request["PipelineExecutionArn"])
    return {**record, "PipelineDefinition": archive.text_of(service.records, record["DefinitionKey"])}


def list_executions(service: Service, request: Request) -> Record:
    """ListPipelineExecutions of one pipeline, or of the version that has an alias."""
    pipeline = find_pipeline(service, request["PipelineName"])
    wanted = find_version(pipeline, request) if request.get("PipelineVersionAlias") else None
    records = [
        record
        for record in service.records.list(EXECUTION, f"{pipeline['PipelineName']}/")
        if wanted is None or record["PipelineVersionId"] == wanted["PipelineVersionId"]
    ]
    listed = page(_EXECUTIONS, records, request)
    summaries = [
        {
            **record,
            **_aliases(pipeline, record),
            "PipelineExecutionFailureReason": record.get("FailureReason"),
        }
        for record in listed[_EXECUTIONS.result]
    ]
    return {**listed, _EXECUTIONS.result: summaries}


def list_steps(service: Service, request: Request) -> Record:
    """ListPipelineExecutionSteps: the steps that have started, the newest first."""
    _find(service, request["PipelineExecutionArn"])
    steps = service.records.list(STEP, f"{_name(request['PipelineExecutionArn'])}/")
    return page(_STEPS, steps, request)


def list_parameters(service: Service, request: Request) -> Record:
    """ListPipelineParametersForExecution: every parameter of the definition with its value."""
    record = _find(service, request["PipelineExecutionArn"])
    given = {item["Name"]: item["Value"] for item in record.get("PipelineParameters", [])}
    definition = parsed(archive.text_of(service.records, record["DefinitionKey"]), {})
    values = values_of(definition.parameters, given)
    items = [{"Name": name, "Value": given.get(name, _text(value))} for name, value in values.items()]
    return page(_PARAMETERS, items, request)


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _name(arn: str) -> str:
    return arns.name_of(EXECUTION, arn)


def _find(service: Service, arn: str) -> Record:
    missing = ApiError("ResourceNotFound", f"Pipeline execution with ARN {arn} does not exist.")
    return service.find(EXECUTION, _name(arn), missing)


HANDLERS: dict[str, Handler] = {
    "StartPipelineExecution": start_execution,
    "StopPipelineExecution": stop_execution,
    "RetryPipelineExecution": retry_execution,
    "UpdatePipelineExecution": update_execution,
    "DescribePipelineExecution": describe_execution,
    "DescribePipelineDefinitionForExecution": describe_definition,
    "ListPipelineExecutions": list_executions,
    "ListPipelineExecutionSteps": list_steps,
    "ListPipelineParametersForExecution": list_parameters,
}
