"""Executions of pipelines, and their steps."""

from __future__ import annotations

from pipeline.errors import ImgpipeError
from pipeline.language.parameters import ParameterError, Value, values_of
from pipeline.local import arns
from pipeline.local.api.listing import Listing, page
from pipeline.local.api.pipelines import find_pipeline, other_version, parsed
from pipeline.local.api.service import Handler, Request, Service, without
from pipeline.local.errors import ApiError
from pipeline.local.execution import archive
from pipeline.local.execution.checks import check_supported
from pipeline.local.execution.execution import EXECUTION
from pipeline.local.execution.run import STEP
from pipeline.local.records import Record

_ID_LENGTH = 12
# Kind of the records that make a repeated start harmless, named `<pipeline>/<ClientRequestToken>`.
_TOKEN = "StartToken"  # noqa: S105
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
    version = request.get("PipelineVersionId")
    if version is not None and version != pipeline["PipelineVersionId"]:
        raise other_version(pipeline, version)
    _check(service, pipeline, request)
    execution = f"{name}/{service.new_id(_ID_LENGTH)}"
    now = service.clock()
    # An execution follows the settings of its pipeline unless it is started with others.
    settings: Record = {
        key: pipeline[key] for key in ("ParallelismConfiguration", "RoleArn") if key in pipeline
    }
    record = {
        "PipelineExecutionDisplayName": f"execution-{int(now * 1000)}",
        **settings,
        **without(request, "PipelineName"),
        "PipelineArn": pipeline["PipelineArn"],
        "PipelineExecutionArn": arns.arn(EXECUTION, execution),
        "PipelineExecutionStatus": "Executing",
        "PipelineVersionId": pipeline["PipelineVersionId"],
        "DefinitionKey": archive.keep(service.records, pipeline["PipelineDefinition"]),
        "StartTime": now,
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": {},
        "LastModifiedBy": {},
    }
    service.records.create(EXECUTION, execution, record)
    service.records.create(_TOKEN, token, {"PipelineExecutionArn": record["PipelineExecutionArn"]})
    service.records.update("Pipeline", name, LastRunTime=now)
    service.executor.start(execution)
    return {"PipelineExecutionArn": record["PipelineExecutionArn"]}


def _check(service: Service, pipeline: Record, request: Request) -> None:
    given = {item["Name"]: item["Value"] for item in request.get("PipelineParameters") or []}
    definition = parsed(pipeline["PipelineDefinition"], {})
    try:
        values: dict[str, Value] = values_of(definition.parameters, given)
    except ParameterError as error:
        raise ApiError("ValidationException", "; ".join(error.problems)) from error
    parsed(pipeline["PipelineDefinition"], values)
    try:
        check_supported(definition, values, service.jobs.check)
    except ImgpipeError as error:
        raise ApiError("ValidationException", str(error)) from error


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


def describe_execution(service: Service, request: Request) -> Record:
    """DescribePipelineExecution."""
    return _find(service, request["PipelineExecutionArn"])


def describe_definition(service: Service, request: Request) -> Record:
    """DescribePipelineDefinitionForExecution: the definition as it was when the execution started."""
    record = _find(service, request["PipelineExecutionArn"])
    return {**record, "PipelineDefinition": archive.text_of(service.records, record["DefinitionKey"])}


def list_executions(service: Service, request: Request) -> Record:
    """ListPipelineExecutions of one pipeline."""
    name = find_pipeline(service, request["PipelineName"])["PipelineName"]
    records = [
        {**record, "PipelineExecutionFailureReason": record.get("FailureReason")}
        for record in service.records.list(EXECUTION, f"{name}/")
    ]
    return page(_EXECUTIONS, records, request)


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
    "DescribePipelineExecution": describe_execution,
    "DescribePipelineDefinitionForExecution": describe_definition,
    "ListPipelineExecutions": list_executions,
    "ListPipelineExecutionSteps": list_steps,
    "ListPipelineParametersForExecution": list_parameters,
}
