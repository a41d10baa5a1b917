"""A pipeline definition, read from its JSON and checked.

Version 2020-12-01 as the SageMaker SDK writes it; Arguments are those of the matching Create* operation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from pipeline.language import document, expressions, parameters
from pipeline.language.document import brief
from pipeline.language.graph import Graph, Node, cycles
from pipeline.language.names import Names, dependencies, located
from pipeline.language.problem import Problem, of_step
from pipeline.language.step import CONDITION, FAIL, PropertyFile, Step, step_names
from pipeline.language.steps import collect
from pipeline.suggestion import suggestion

__all__ = [
    "CONDITION",
    "VERSION",
    "Definition",
    "DefinitionError",
    "PropertyFile",
    "Reading",
    "Step",
    "parse",
    "read",
    "step_names",
]

VERSION = "2020-12-01"

_TOP_KEYS = ("Metadata", "MlflowConfig", "Parameters", "PipelineExperimentConfig", "Steps", "Version")
_CONFIGS = ("PipelineExperimentConfig", "MlflowConfig")
"""Keys at the top that may hold expressions."""


class DefinitionError(ValueError):
    """A definition that no execution can follow; `problems` are all that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Definition:
    """A definition: parameters and steps by name, in order, branches flattened, and their graph.

    Attributes:
        parameters: By name.
        steps: By name.
        graph: What each step waits for.
        configs: PipelineExperimentConfig and MlflowConfig as written, where they are there.
    """

    parameters: Mapping[str, parameters.Declaration]
    steps: Mapping[str, Step]
    graph: Graph
    configs: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """What could be read of a text.

    Attributes:
        definition: All that can be read, for further checks: without what is malformed. No execution follows
            it if there are errors. None if the text is no JSON object.
        problems: All that is wrong with its form, and the names in it that name nothing; warnings too.
    """

    definition: Definition | None
    problems: tuple[Problem, ...]


def parse(text: str) -> Definition:
    """Read a definition that can be executed.

    Raises:
        DefinitionError: Names all that is wrong.
    """
    reading = read(text)
    errors = [problem for problem in reading.problems if problem.severity == "error"]
    if errors or reading.definition is None:
        raise DefinitionError(errors)
    return reading.definition


def read(text: str) -> Reading:
    """Read what can be read of a definition, and say all that is wrong with it."""
    raw, found = document.load(text)
    problems = list(found)
    if not isinstance(raw, dict):
        if not problems:
            problems.append(Problem("D112", (), "it must be a JSON object"))
        return Reading(None, tuple(problems))
    problems += _top_problems(raw)
    declared, found_here = parameters.parse([] if raw.get("Parameters") is None else raw["Parameters"])
    problems += found_here
    collected = collect(raw.get("Steps") or [])
    problems += collected.problems
    steps = {step.name: step for step in reversed(collected.steps)}
    steps = {name: steps[name] for name in dict.fromkeys(step.name for step in collected.steps)}
    configs = {key: expressions.mended(raw[key]) for key in _CONFIGS if raw.get(key) is not None}
    names = Names(declared, steps)
    for step in collected.steps:
        problems += of_step(step.name, names.problems(step))
    for key, value in configs.items():
        for path, reference in expressions.located(value, (key,)):
            problems += names.reference_problems(path, reference)
    graph = {name: _node(step, steps) for name, step in steps.items()}
    problems += _cycle_problems(graph, steps)
    return Reading(Definition(declared, steps, graph, configs), tuple(problems))


def _top_problems(raw: Mapping[str, object]) -> Iterator[Problem]:
    if raw.get("Version", VERSION) != VERSION:
        message = f"Version must be {VERSION}, not {brief(raw['Version'])}"
        yield Problem("D114", ("Version",), message, f'write "{VERSION}"')
    for key in sorted(set(raw) - set(_TOP_KEYS)):
        message = f"unknown key '{key}'; there are {', '.join(_TOP_KEYS)}"
        yield Problem("D113", (key,), message, suggestion(key, _TOP_KEYS), at_key=True)
    if not raw.get("Steps"):
        yield Problem("D115", ("Steps",) if "Steps" in raw else (), "it has no Steps")
    for key in _CONFIGS:
        yield from expressions.problems(raw.get(key), (key,))


def _node(step: Step, steps: Mapping[str, Step]) -> Node:
    triggers = {
        entry["Step"]: entry["Trigger"]
        for entry in step.depends_on
        if isinstance(entry, Mapping) and "Trigger" in entry
    }
    return Node(frozenset(_waits_for(step, steps)), step.branch, triggers, is_final=step.type == FAIL)


def _waits_for(step: Step, steps: Mapping[str, Step]) -> Iterator[str]:
    """The steps that a step waits for; names that name nothing are told elsewhere."""
    if step.branch:
        yield step.branch.condition
    if step.loop:
        yield step.loop
    names = [name for _, name in dependencies(step)] + [
        reference.step
        for _, reference in located(step)
        if isinstance(reference, expressions.Property | expressions.PropertyFile)
    ]
    yield from (name for name in names if name in steps)


def _cycle_problems(graph: Graph, steps: Mapping[str, Step]) -> Iterator[Problem]:
    for cycle in cycles(graph):
        message = f"these steps wait for each other: {' → '.join(cycle)}"
        reasons = (_reason(steps[later], earlier) for earlier, later in pairwise(cycle))
        yield Problem("D128", steps[cycle[0]].path, message, "cut one of these", why="; ".join(reasons))


def _reason(step: Step, other: str) -> str:
    """Why a step waits for another."""
    if any(name == other for _, name in dependencies(step)):
        return f"{step.name} has {other} in its DependsOn"
    for path, reference in located(step):
        if isinstance(reference, expressions.Property | expressions.PropertyFile) and reference.step == other:
            return f"{step.name} takes {document.shown(path[len(step.path) : -1])} from {other}"
    return f"{step.name} is inside of {other}"
