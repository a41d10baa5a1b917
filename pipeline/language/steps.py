"""All steps of a definition, out of the lists that they stand in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.language import forms
from pipeline.language.graph import Branch
from pipeline.language.problem import Path, Problem, of_step
from pipeline.language.step import CONDITION, FOR_EACH, Step

_NOT_IN_A_LOOP = (CONDITION, FOR_EACH, "Fail")
"""What a ForEachBody cannot hold: ForEachStep of the SDK."""


@dataclass(frozen=True)
class Surroundings:
    """Where a list of steps stands: in a branch, in a loop, or in neither.

    Attributes:
        path: Of the list.
        branch: The branch that it is.
        loop: The ForEach step whose body it is.
    """

    path: Path = ("Steps",)
    branch: Branch | None = None
    loop: str | None = None

    @property
    def called(self) -> str:
        """What errors call the list."""
        if self.branch:
            return f"the branches of '{self.branch.condition}'"
        return f"the body of '{self.loop}'" if self.loop else "Steps"


@dataclass
class Collected:
    """The steps found so far.

    Attributes:
        steps: In order, branches flattened; a name may come more than once.
        problems: What is wrong with their form and place.
    """

    steps: list[Step] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def collect(items: object) -> Collected:
    """The steps in the `Steps` of a definition and in the steps that hold others."""
    found = Collected()
    _collect(items, Surroundings(), found)
    found.problems += _repeated(found.steps)
    return found


def _collect(items: object, around: Surroundings, found: Collected) -> None:
    if not isinstance(items, list):
        found.problems.append(Problem("D121", around.path, f"{around.called} must be a list"))
        return
    for index, item in enumerate(items):
        path = (*around.path, index)
        where = f"{around.called}[{index}]"
        unnamed = forms.name_problem(item, where, path)
        if unnamed is not None:
            found.problems.append(unnamed)
        if isinstance(item, Mapping):
            # A step without a name is checked all the same, under that of its place.
            name = item.get("Name")
            _add(item if isinstance(name, str) else {**item, "Name": where}, path, around, found)


def _add(item: Mapping[str, Any], path: Path, around: Surroundings, found: Collected) -> None:
    step = forms.step(item, path, around.branch, around.loop)
    found.steps.append(step)
    found.problems += forms.problems(item, path)
    found.problems += of_step(step.name, _misplaced(step))
    arguments = item.get("Arguments")
    if not isinstance(arguments, Mapping):
        return
    for key in forms.INSIDE.get(step.type, ()):
        if arguments.get(key) is not None:
            _collect(arguments[key], _inside(step, key, around), found)


def _inside(step: Step, key: str, around: Surroundings) -> Surroundings:
    path = (*step.path, "Arguments", key)
    if step.type == FOR_EACH:
        return Surroundings(path, around.branch, step.name)
    return Surroundings(path, Branch(step.name, key == "IfSteps"), around.loop)


def _misplaced(step: Step) -> Iterator[Problem]:
    if step.branch and step.type == CONDITION:
        message = "a Condition step cannot be inside another Condition step"
        hint = "put its conditions into the outer one, or its branches into steps of their own"
        why = "the SageMaker guide says so, though pipelines with such steps have been seen to run"
        yield Problem("D126", step.path, message, hint, why, "warning")
    if step.loop and step.type in _NOT_IN_A_LOOP:
        yield Problem("D126", step.path, f"a {step.type} step cannot be inside a ForEach step")


def _repeated(steps: list[Step]) -> Iterator[Problem]:
    first: dict[str, Step] = {}
    for step in steps:
        if step.name not in first:
            first[step.name] = step
            continue
        yield replace(_twice(step, first[step.name]), path=(*step.path, "Name"))


def _twice(step: Step, first: Step) -> Problem:
    here, there = step.branch, first.branch
    hint = "a step stands in one place: give one of them another name"
    if here and there and here.condition == there.condition and here != there:
        message = f"step '{step.name}' stands in both branches of '{here.condition}'"
        return Problem("D124", (), message, f"{hint}, or move it out of the branches")
    if here != there and not (here and there):
        branch = here or there
        assert branch is not None
        message = (
            f"step '{step.name}' stands in a branch of '{branch.condition}' and in the list of the pipeline"
        )
        return Problem("D124", (), message, hint)
    return Problem("D123", (), f"there are two steps named '{step.name}'", "give one of them another name")
