"""Selective execution: some steps run; what they need from others is taken from an execution of before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pipeline.language.definition import CONDITION, Definition
from pipeline.language.graph import Phase
from pipeline.language.selection import Selection, select
from pipeline.local import arns
from pipeline.local.errors import ApiError
from pipeline.local.execution.execution import EXECUTION
from pipeline.local.execution.run import STEP
from pipeline.local.records import Record, Records

_CAN_SERVE = ("Succeeded", "Failed", "Stopped")


def selection_of(definition: Definition, config: Mapping[str, Any]) -> Selection:
    """The steps that a SelectiveExecutionConfig selects.

    Raises:
        ApiError: ValidationException: they cannot run alone.
    """
    names = {item["StepName"] for item in config["SelectedSteps"]}
    if unknown := sorted(names - definition.steps.keys()):
        raise _invalid(f"Invalid SelectedSteps. The pipeline has no steps {_shown(unknown)}")
    selection = select(definition.graph, names)
    if selection.between:
        raise _invalid(
            f"Invalid SelectedSteps. The steps {_shown(selection.between)} lie on paths between selected "
            "steps and must be selected too"
        )
    if len(selection.islands) > 1:
        groups = " and ".join(_shown(island) for island in selection.islands)
        raise _invalid(
            f"Invalid SelectedSteps. The selected steps {groups} are not connected in the pipeline's graph"
        )
    return selection


def only_selected(definition: Definition, selection: Selection) -> Definition:
    """The definition with the selected steps only: no other is judged before the start."""
    return replace(definition, steps={name: definition.steps[name] for name in selection.selected})


_PHASES_LEFT = {
    "Succeeded": Phase.SUCCEEDED,
    "Executing": Phase.RUNNING,
    "Stopping": Phase.RUNNING,
    "Stopped": Phase.STOPPED,
}


def taken_steps(
    records: Records, pipeline: str, definition: Definition, selection: Selection, source: str | None
) -> list[Record]:
    """The records of the steps that a selective execution takes from another one.

    Args:
        records: The record store.
        pipeline: Name of the pipeline.
        definition: What is about to be executed.
        selection: The steps that run.
        source: SourcePipelineExecutionArn, if any.

    Raises:
        ApiError: The source cannot serve, or lacks a step.
    """
    if source is None:
        if not selection.needed:
            return []
        # The words of the service itself, "null" included.
        raise _invalid(
            f"Invalid SourcePipelineExecutionArn: null. The selected steps {_shown(selection.selected)} have "
            f"dependencies on {_shown(selection.needed)}"
        )
    name = _source_name(records, pipeline, source)
    found = {
        step: record
        for step in selection.upstream
        if (record := records.get(STEP, f"{name}/{step}")) and _can_stand_for(record, definition, step)
    }
    if missing := [step for step in selection.needed if step not in found]:
        raise _invalid(
            f"Invalid SourcePipelineExecutionArn: {source}. The selected steps {_shown(selection.selected)} "
            f"have dependencies on {_shown(missing)}, which did not succeed in it"
        )
    _check_branches(definition, selection, found, source)
    return [
        {**record, "SelectiveExecutionResult": {"SourcePipelineExecutionArn": source}}
        for record in found.values()
    ]


def keep_steps(records: Records, execution: str, steps: Sequence[Record], now: float) -> None:
    """Record steps as taken by an execution (`<pipeline>/<execution id>`): they begin and end at once."""
    for step in steps:
        record = {**step, "StartTime": now, "EndTime": now}
        records.create(STEP, f"{execution}/{step['StepName']}", record)


def phases_left(
    definition: Definition, record: Record, steps: Mapping[str, Record]
) -> tuple[dict[str, Phase], dict[str, bool]]:
    """Phases of the steps, and outcomes of Condition steps, of an execution that is to go on, or to begin.

    Args:
        definition: What is executed.
        record: The execution.
        steps: The records that it has of its steps, by name.
    """
    config = record.get("SelectiveExecutionConfig")
    selected = {item["StepName"] for item in config["SelectedSteps"]} if config else definition.graph.keys()
    phases = {
        name: _PHASES_LEFT.get(steps[name]["StepStatus"], Phase.FAILED)
        if name in steps
        else Phase.WAITING
        if name in selected
        else Phase.SKIPPED
        for name in definition.graph
    }
    outcomes = {
        name: _outcome(steps[name])
        for name, phase in phases.items()
        if phase is Phase.SUCCEEDED and definition.steps[name].type == CONDITION
    }
    return phases, outcomes


def _source_name(records: Records, pipeline: str, source: str) -> str:
    name = arns.name_of(EXECUTION, source)
    record = records.get(EXECUTION, name)
    if record is None:
        raise ApiError("ResourceNotFound", f"Pipeline execution with ARN {source} does not exist.")
    if name.partition("/")[0] != pipeline:
        raise _invalid(
            f"Invalid SourcePipelineExecutionArn: {source}. It is not an execution of pipeline {pipeline}"
        )
    status = record["PipelineExecutionStatus"]
    if status not in _CAN_SERVE:
        raise _invalid(
            f"Invalid SourcePipelineExecutionArn: {source}. It is in {status} status and must be in one of "
            f"{_shown(_CAN_SERVE)}"
        )
    return name


def _can_stand_for(record: Record, definition: Definition, step: str) -> bool:
    return record["StepStatus"] == "Succeeded" and record["StepType"] == definition.steps[step].type


def _check_branches(
    definition: Definition, selection: Selection, found: Mapping[str, Record], source: str
) -> None:
    for name in selection.selected:
        branch = definition.steps[name].branch
        if branch and branch.condition in found and _outcome(found[branch.condition]) is not branch.outcome:
            raise _invalid(
                f"Invalid SourcePipelineExecutionArn: {source}. The selected step [{name}] is in the branch "
                f"of [{branch.condition}] that was not chosen in it"
            )


def _outcome(step: Record) -> bool:
    return bool(step["Metadata"]["Condition"]["Outcome"] == "True")


def _shown(names: Sequence[str]) -> str:
    return f"[{', '.join(names)}]"


def _invalid(message: str) -> ApiError:
    return ApiError("ValidationException", message)
