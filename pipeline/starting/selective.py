"""Starts that run some steps only, and take from an earlier execution what those need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from pipeline.aws_errors import is_missing
from pipeline.errors import Finding, RunError, UsageError
from pipeline.language import definition as definitions
from pipeline.language.definition import Definition, DefinitionError
from pipeline.language.parameters import Declaration, ParameterError, values_of
from pipeline.language.selection import Selection, following, select
from pipeline.session import Session
from pipeline.starting.stored import Stored
from pipeline.suggestion import listed, suggestion

# SelectiveExecutionConfig of the API: SelectedSteps.
_MOST_STEPS = 50
# A source further back was made by another config most of the time, and each look is a throttled call.
_LOOKS = 20
_CAN_SERVE = ("Succeeded", "Failed", "Stopped")


@dataclass(frozen=True)
class Source:
    """The execution that a selective one takes from.

    Attributes:
        arn: Its ARN.
        parameters: What it was itself started with, other than the default values of that time.
    """

    arn: str
    parameters: Mapping[str, str]

    @property
    def id(self) -> str:
        """The last part of the ARN."""
        return self.arn.rsplit("/", 1)[-1]


def choose(stored: Stored, from_step: str | None, only: Sequence[str]) -> Selection:
    """The steps that were asked for.

    Args:
        stored: The pipeline.
        from_step: This one and all that follow; or else
        only: these.

    Raises:
        UsageError: There are no such steps, or they cannot run alone.
        RunError: The definition cannot be read here.
    """
    if from_step is not None and only:
        message = "--from-step and --only cannot be given together"
        raise UsageError(bad_selection(message, hint="name all steps by --only"))
    try:
        graph = stored.definition.graph
    except DefinitionError as error:
        raise RunError(_unreadable(stored, error)) from error
    named = [from_step] if from_step is not None else list(dict.fromkeys(only))
    if unknown := [name for name in named if name not in graph]:
        raise UsageError(*(_no_step(stored, name) for name in unknown))
    names = following(graph, named) if from_step is not None else named
    selection = select(graph, names)
    if findings := list(_form_findings(graph, selection)):
        raise UsageError(*findings)
    return selection


def find_source(session: Session, stored: Stored, selection: Selection, named: str | None) -> Source | None:
    """The execution to take from: the one that is named, else the newest that can serve.

    Returns:
        None if nothing needs to be taken, and none is named.

    Raises:
        RunError: None can serve.
    """
    if named is not None:
        lack = _foreign(stored.name, named) or _lack(session, stored.definition, selection, named)
        if lack:
            raise RunError(_cannot_serve(named, lack))
        return Source(named, _given_to(session, stored.definition, named))
    if not selection.needed:
        return None
    lacks: list[str] = []
    for arn in _ended(session, stored.name):
        lack = _lack(session, stored.definition, selection, arn)
        if lack is None:
            return Source(arn, _given_to(session, stored.definition, arn))
        lacks.append(f"{arn.rsplit('/', 1)[-1]}: {lack}")
    raise RunError(_no_source(stored, selection, lacks))


def _form_findings(graph: Iterable[str], selection: Selection) -> Iterator[Finding]:
    selected = selection.selected
    if selection.between:
        whole = ",".join(name for name in graph if name in (*selected, *selection.between))
        yield bad_selection(
            f"{listed(selection.between)} {_lies(selection.between)} between selected steps",
            why="SageMaker wants all steps on the ways between two selected ones selected too",
            hint=f"select them too: --only {whole}",
        )
    elif len(selection.islands) > 1:
        groups = " | ".join(",".join(island) for island in selection.islands)
        yield bad_selection(
            f"the selected steps are not connected: {groups}",
            why="SageMaker runs selected steps only if each is joined to another by what it waits for",
            hint="start them one after the other, or select what joins them",
        )
    if len(selected) > _MOST_STEPS:
        yield bad_selection(
            f"{len(selected)} steps are selected, and SageMaker takes {_MOST_STEPS}",
            hint="start all steps: leave out --from-step and --only",
        )


def _lies(names: Sequence[str]) -> str:
    return "lies" if len(names) == 1 else "lie"


def bad_selection(message: str, why: str | None = None, hint: str | None = None) -> Finding:
    """The finding for steps that cannot be run alone."""
    return Finding("R147", "bad-selection", message, details=(("why", why),) if why else (), hint=hint)


def _unreadable(stored: Stored, error: DefinitionError) -> Finding:
    return Finding(
        "R149",
        "unreadable-definition",
        f"the definition of '{stored.name}' cannot be read here, so its steps are not known",
        details=(("reason", str(error)),),
        hint="`imgpipe upsert` brings it to what the YAML says; `imgpipe start` alone runs all steps",
    )


def _no_step(stored: Stored, name: str) -> Finding:
    known = list(stored.definition.steps)
    return Finding(
        "R104",
        "no-step",
        f"pipeline '{stored.name}' has no step '{name}'",
        details=(("it has", listed(known)),),
        hint=suggestion(name, known),
    )


def _ended(session: Session, pipeline: str) -> Iterator[str]:
    """ARNs of executions that have ended, the newest first, as many as are worth a look."""
    pages = session.client("sagemaker").get_paginator("list_pipeline_executions")
    found = 0
    for page in pages.paginate(PipelineName=pipeline, SortBy="CreationTime", SortOrder="Descending"):
        for item in page["PipelineExecutionSummaries"]:
            if item["PipelineExecutionStatus"] in _CAN_SERVE:
                found += 1
                yield item["PipelineExecutionArn"]
            if found == _LOOKS:
                return


def _foreign(pipeline: str, arn: str) -> str | None:
    # SageMaker writes the names of pipelines in small letters in ARNs.
    if f":pipeline/{pipeline}/execution/".lower() in arn.lower():
        return None
    return f"it is not one of '{pipeline}'"


def _lack(session: Session, definition: Definition, selection: Selection, arn: str) -> str | None:
    """Why an execution cannot serve as the source of a selection; None if it can."""
    client = session.client("sagemaker")
    try:
        described = client.describe_pipeline_execution(PipelineExecutionArn=arn)
    except ClientError as error:
        if is_missing(error):
            return "it does not exist"
        raise
    status = described["PipelineExecutionStatus"]
    if status not in _CAN_SERVE:
        return f"it is at '{status}', and must have ended"
    pages = client.get_paginator("list_pipeline_execution_steps").paginate(PipelineExecutionArn=arn)
    steps = {item["StepName"]: item for page in pages for item in page["PipelineExecutionSteps"]}
    missing = [name for name in selection.needed if steps.get(name, {}).get("StepStatus") != "Succeeded"]
    if missing:
        return f"{listed(missing)} did not succeed in it"
    for name in selection.selected:
        branch = definition.steps[name].branch
        if branch and branch.condition in selection.needed:
            outcome = steps[branch.condition].get("Metadata", {}).get("Condition", {}).get("Outcome")
            if outcome is not None and (outcome == "True") is not branch.outcome:
                return f"its {branch.condition} did not lead to {name}"
    return None


def _given_to(session: Session, definition: Definition, arn: str) -> dict[str, str]:
    """What an execution was started with: its values that are not the default values of its own definition.

    Default values come from the newer definition, so that what was corrected there counts.
    """
    client = session.client("sagemaker")
    pages = client.get_paginator("list_pipeline_parameters_for_execution").paginate(PipelineExecutionArn=arn)
    values = {item["Name"]: item["Value"] for page in pages for item in page.get("PipelineParameters", [])}
    text = client.describe_pipeline_definition_for_execution(PipelineExecutionArn=arn)["PipelineDefinition"]
    try:
        declared: Mapping[str, Declaration] = definitions.parse(text).parameters
    except DefinitionError:
        declared = {}
    return {
        name: value
        for name, value in values.items()
        if name in definition.parameters and not _is_default(declared.get(name), value)
    }


def _is_default(declaration: Declaration | None, text: str) -> bool:
    if declaration is None:
        return False
    try:
        values: dict[str, Any] = dict(values_of({declaration.name: declaration}, {declaration.name: text}))
    except ParameterError:
        return False
    return bool(values[declaration.name] == declaration.default)


def _cannot_serve(arn: str, lack: str) -> Finding:
    return Finding(
        "R148",
        "no-source",
        f"execution {arn.rsplit('/', 1)[-1]} cannot be the source: {lack}",
        hint="leave out --source to take the newest that can serve",
    )


def _no_source(stored: Stored, selection: Selection, lacks: Sequence[str]) -> Finding:
    needs = f"{listed(selection.selected)} {'needs' if len(selection.selected) == 1 else 'need'}"
    tried = tuple(("tried" if not index else "", text) for index, text in enumerate(lacks[:3]))
    more = (("", f"… and {len(lacks) - 3} more"),) if len(lacks) > 3 else ()
    return Finding(
        "R148",
        "no-source",
        f"{needs} what {listed(selection.needed)} made, and no execution of '{stored.name}' has it",
        details=(*tried, *more),
        hint="`imgpipe start` runs all steps; --from-step goes on from an earlier one",
    )
