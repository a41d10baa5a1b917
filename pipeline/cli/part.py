"""--from-step, --only and --source: a start of some steps only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import typer

from pipeline import executions
from pipeline.cli import console
from pipeline.errors import UsageError
from pipeline.language import expressions
from pipeline.language.problem import Problem
from pipeline.language.selection import Selection
from pipeline.session import Session
from pipeline.starting.parameters import check_form
from pipeline.starting.selective import Source, bad_selection, choose, find_source
from pipeline.starting.stored import Stored

FromStep = Annotated[
    str | None,
    typer.Option(metavar="STEP", help="Run this step and all that follow; take the rest from --source."),
]
Only = Annotated[
    list[str] | None,
    typer.Option(metavar="STEP[,STEP]...", help="Run these steps only; take what they need from --source."),
]
SourceExecution = Annotated[
    str | None,
    typer.Option("--source", metavar="EXECUTION", help="Its id or ARN; else the newest that can serve."),
]

_NAME_STEPS = "add --from-step STEP or --only STEP"


@dataclass(frozen=True)
class Asked:
    """The options as they were given."""

    from_step: str | None
    only: list[str] | None
    source: str | None


@dataclass(frozen=True)
class Part:
    """The steps that a start runs, if not all, and the execution that the others are taken from."""

    selection: Selection
    source: Source | None

    @property
    def parameters(self) -> Mapping[str, str]:
        """What the source was started with."""
        return self.source.parameters if self.source else {}

    def reads(self, pipeline: Stored, parameter: str) -> bool:
        """Whether a step that is to run reads a parameter."""
        steps = (pipeline.definition.steps[step] for step in self.selection.selected)
        wanted = expressions.Parameter(parameter)
        return any(wanted in expressions.references(step.arguments) for step in steps)

    def concerns(self, pipeline: Stored, problem: Problem) -> bool:
        """Whether a problem is not that of a step that does not run."""
        around = [
            step for step in pipeline.definition.steps.values() if problem.path[: len(step.path)] == step.path
        ]
        # The steps of a branch lie inside their Condition step.
        return not around or max(around, key=lambda step: len(step.path)).name in self.selection.selected

    def to_json(self) -> dict[str, object]:
        """The part for programs."""
        return {"steps": self.selection.selected, "source": self.source.arn if self.source else None}


def find_part(session: Session, pipeline: Stored, given: Mapping[str, str], asked: Asked) -> Part | None:
    """The part of a pipeline that was asked for; None for the whole.

    Raises:
        UsageError: There are no such steps, they cannot run alone, or values are of no use.
        RunError: No execution has what they need.
    """
    if asked.from_step is None and asked.only is None:
        if asked.source is not None:
            raise UsageError(bad_selection("--source is given, but no steps", hint=_NAME_STEPS))
        return None
    only = [name for text in asked.only or () for name in text.split(",") if name]
    if asked.from_step is None and not only:
        raise UsageError(bad_selection("--only names no step", hint=_NAME_STEPS))
    selection = choose(pipeline, asked.from_step, only)
    # Before the look for a source, which takes calls.
    check_form(pipeline, given)
    named = executions.arn_of(session, pipeline.name, asked.source) if asked.source else None
    source = find_source(session, pipeline, selection, named)
    if source:
        _tell(selection, source)
    return Part(selection, source)


def _tell(selection: Selection, source: Source) -> None:
    console.note(f"taken from execution {source.id}: {', '.join(selection.upstream) or 'nothing'}")
    if source.parameters:
        kept = ", ".join(f"{name}={value}" for name, value in source.parameters.items())
        console.note(f"with its parameters: {kept}")
