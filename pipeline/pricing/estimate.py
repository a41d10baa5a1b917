"""What a definition would cost: its machines, their prices, and how long they ran before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pipeline.aws_errors import AWS_ERRORS
from pipeline.config.loader import Loaded
from pipeline.language.definition import Step, parse
from pipeline.pricing.costs import Costs, Job, Machines
from pipeline.pricing.price_list import price
from pipeline.session import Session

if TYPE_CHECKING:
    from pipeline.definition import Definition

_HOUR = 3600


def costs(session: Session, loaded: Loaded, definition: Definition) -> Costs:
    """What the definition would cost, by today's prices and the newest execution that succeeded.

    Whatever cannot be asked is told as unknown; nothing is raised because of what AWS answers.
    """
    if session.is_local:
        return Costs(local=True)
    parsed = parse(definition.text)
    defaults = {name: declared.default for name, declared in parsed.parameters.items()}
    execution, hours = _history(session, loaded.config.name)
    jobs, endpoints = [], []
    for step in parsed.steps.values():
        for kind, resources, count in _resources(step):
            name = str(_value(resources["InstanceType"], defaults))
            number = int(str(_value(resources[count], defaults)))
            hourly = price(session, loaded.facts.region, kind, name)
            machines = Machines(step.name, kind, name, number, hourly)
            if kind == "endpoint":
                endpoints.append(machines)
            else:
                jobs.append(_job(step, machines, hours.get(step.name), defaults))
    return Costs(tuple(jobs), tuple(endpoints), execution)


def _resources(step: Step) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """Kind of machine, what asks for it, and the key of its count."""
    arguments: Mapping[str, Any] = step.arguments
    if step.type == "Processing":
        yield "processing", arguments["ProcessingResources"]["ClusterConfig"], "InstanceCount"
    elif step.type == "Training":
        yield "training", arguments["ResourceConfig"], "InstanceCount"
    elif step.type == "Transform":
        yield "transform", arguments["TransformResources"], "InstanceCount"
    elif step.type == "EndpointConfig":
        for variant in arguments["ProductionVariants"]:
            yield "endpoint", variant, "InitialInstanceCount"


def _value(written: object, defaults: Mapping[str, object]) -> object:
    """A value as it is without the values that an execution is started with."""
    if isinstance(written, Mapping):
        return defaults[str(written["Get"]).removeprefix("Parameters.")]
    return written


def _job(step: Step, machines: Machines, hours: float | None, defaults: Mapping[str, object]) -> Job:
    arguments: Mapping[str, Any] = step.arguments
    limit = arguments.get("StoppingCondition", {}).get("MaxRuntimeInSeconds")
    return Job(
        machines=machines,
        hours=hours,
        limit=float(str(_value(limit, defaults))) / _HOUR if limit is not None else None,
        spot=_value(arguments.get("EnableManagedSpotTraining"), defaults) in (True, "true", "True"),
    )


def _history(session: Session, pipeline: str) -> tuple[str | None, dict[str, float]]:
    """The newest execution that succeeded, and the hours of each of its steps that really ran."""
    client = session.client("sagemaker")
    try:
        page = client.list_pipeline_executions(
            PipelineName=pipeline, SortBy="CreationTime", SortOrder="Descending", MaxResults=100
        )
        arns = [
            one["PipelineExecutionArn"]
            for one in page["PipelineExecutionSummaries"]
            if one["PipelineExecutionStatus"] == "Succeeded"
        ]
        if not arns:
            return None, {}
        pages = client.get_paginator("list_pipeline_execution_steps").paginate(PipelineExecutionArn=arns[0])
        steps = [step for page in pages for step in page["PipelineExecutionSteps"]]
    except AWS_ERRORS:
        # Without a history the costs have a limit only, and say so.
        return None, {}
    ran = [one for one in steps if "EndTime" in one and "CacheHitResult" not in one]
    return arns[0], {
        one["StepName"]: (one["EndTime"] - one["StartTime"]).total_seconds() / _HOUR for one in ran
    }
