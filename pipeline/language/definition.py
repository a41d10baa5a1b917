"""A pipeline definition, read from its JSON and checked.

Version 2020-12-01 as the SageMaker SDK writes it; Arguments are those of the matching Create* operation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.language import conditions, expressions, parameters
from pipeline.language.graph import Branch, Graph, Node, find_cycle
from pipeline.language.problem import Path

VERSION = "2020-12-01"
CONDITION = "Condition"

_TOP_KEYS = {"Version", "Metadata", "Parameters", "PipelineExperimentConfig", "MlflowConfig", "Steps"}
_STEP_NAME = re.compile(r"[A-Za-z0-9\-_]{1,64}")


class DefinitionError(ValueError):
    """A definition that no execution can follow; `problems` holds a sentence each, without a full stop."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class PropertyFile:
    """A JSON file among the outputs of a Processing step.

    Attributes:
        name: Its name in expressions.
        output: Name of the processing output.
        path: Path of the file inside that output.
    """

    name: str
    output: str
    path: str


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        name: Unique in the definition.
        type: Such as Training.
        arguments: Arguments as written, expressions unevaluated; of a Condition step without its branches.
        depends_on: DependsOn as written: names, or objects with Step and Trigger.
        branch: Its place, if it is inside a Condition step.
        property_files: PropertyFiles by name.
        display_name: DisplayName, if any.
        description: Description, if any.
        raw: The step as written, for the keys that only some executors know.
        path: Where the step stands in the document, such as ("Steps", 5, "Arguments", "IfSteps", 0).
    """

    name: str
    type: str
    arguments: Mapping[str, object]
    depends_on: tuple[object, ...]
    branch: Branch | None
    property_files: Mapping[str, PropertyFile]
    display_name: str | None
    description: str | None
    raw: Mapping[str, object]
    path: Path = ()


@dataclass(frozen=True)
class Definition:
    """A checked definition: parameters and steps by name, in order, branches flattened, and their graph."""

    parameters: Mapping[str, parameters.Declaration]
    steps: Mapping[str, Step]
    graph: Graph


def parse(text: str) -> Definition:
    """Read and check a definition.

    Raises:
        DefinitionError: Names all that is wrong.
    """
    try:
        raw = json.loads(text)
    except ValueError as error:
        raise DefinitionError([f"it is not JSON: {error}"]) from error
    if not isinstance(raw, dict):
        raise DefinitionError(["it must be a JSON object"])
    problems = list(_top_problems(raw))
    declared, found = parameters.parse(raw.get("Parameters") or [])
    problems += found
    steps: dict[str, Step] = {}
    problems += _collect(raw.get("Steps") or [], None, ("Steps",), steps)
    problems += _reference_problems(declared, steps)
    if problems:
        raise DefinitionError(problems)
    graph = {name: Node(frozenset(_waits_for(step)), step.branch) for name, step in steps.items()}
    if cycle := find_cycle(graph):
        raise DefinitionError([f"these steps wait for each other: {' → '.join(cycle)}"])
    return Definition(declared, steps, graph)


def _top_problems(raw: Mapping[str, object]) -> Iterator[str]:
    if raw.get("Version", VERSION) != VERSION:
        yield f"Version must be {VERSION}, not {json.dumps(raw['Version'])}"
    for key in sorted(set(raw) - _TOP_KEYS):
        yield f"unknown key '{key}'; there are {', '.join(sorted(_TOP_KEYS))}"
    if not raw.get("Steps"):
        yield "it has no Steps"


def _collect(items: object, branch: Branch | None, path: Path, steps: dict[str, Step]) -> Iterator[str]:
    """Add the steps of a list, and of the branches in it, to `steps`; yields what is wrong."""
    where = f"the branches of '{branch.condition}'" if branch else "Steps"
    if not isinstance(items, list):
        yield f"{where} must be a list"
        return
    for index, item in enumerate(items):
        found = list(_form_problems(item, f"{where}[{index}]"))
        yield from found
        if found:
            continue
        step = _step(item, branch, (*path, index))
        if step.name in steps:
            yield f"there are two steps named '{step.name}'"
        steps[step.name] = step
        if step.type == CONDITION:
            if branch:
                yield f"step '{step.name}': a Condition step cannot be inside another Condition step"
            for key, outcome in (("IfSteps", True), ("ElseSteps", False)):
                inside = branch or Branch(step.name, outcome)
                below = (*step.path, "Arguments", key)
                yield from _collect(item["Arguments"].get(key) or [], inside, below, steps)


def _form_problems(item: object, where: str) -> Iterator[str]:
    if not isinstance(item, Mapping):
        yield f"{where} must be an object"
        return
    name = item.get("Name")
    if not isinstance(name, str) or not _STEP_NAME.fullmatch(name):
        yield f"{where}: Name must be 1 to 64 letters, digits, '-' or '_', not {json.dumps(name)}"
        return
    if not isinstance(item.get("Type"), str):
        yield f"step '{name}' has no Type"
    if not isinstance(item.get("Arguments", {}), Mapping):
        yield f"step '{name}': Arguments must be an object"
    if not isinstance(item.get("DependsOn") or [], list):
        yield f"step '{name}': DependsOn must be a list"
    files = item.get("PropertyFiles") or []
    if not isinstance(files, list) or not all(_is_property_file(file) for file in files):
        yield f"step '{name}': PropertyFiles takes objects with PropertyFileName, OutputName and FilePath"
    if item.get("Type") == CONDITION and not (item.get("Arguments") or {}).get("Conditions"):
        yield f"step '{name}' has no Conditions"


def _is_property_file(file: object) -> bool:
    keys = ("PropertyFileName", "OutputName", "FilePath")
    return isinstance(file, Mapping) and all(isinstance(file.get(key), str) for key in keys)


def _step(item: Mapping[str, object], branch: Branch | None, path: Path) -> Step:
    arguments = item.get("Arguments") or {}
    files = item.get("PropertyFiles") or []
    depends_on = item.get("DependsOn") or []
    assert isinstance(arguments, Mapping)
    assert isinstance(files, list)
    assert isinstance(depends_on, list)
    if item["Type"] == CONDITION:
        arguments = {"Conditions": arguments["Conditions"]}
    display_name, description = item.get("DisplayName"), item.get("Description")
    return Step(
        name=str(item["Name"]),
        type=str(item["Type"]),
        arguments=arguments,
        depends_on=tuple(depends_on),
        branch=branch,
        property_files={
            file["PropertyFileName"]: PropertyFile(
                file["PropertyFileName"], file["OutputName"], file["FilePath"]
            )
            for file in files
        },
        display_name=display_name if isinstance(display_name, str) else None,
        description=description if isinstance(description, str) else None,
        raw=item,
        path=path,
    )


def _reference_problems(
    declared: Mapping[str, parameters.Declaration], steps: Mapping[str, Step]
) -> Iterator[str]:
    for step in steps.values():
        for problem in _problems_in(step, declared, steps):
            yield f"step '{step.name}': {problem}"


def _problems_in(
    step: Step, declared: Mapping[str, parameters.Declaration], steps: Mapping[str, Step]
) -> Iterator[str]:
    for name in step_names(step.depends_on):
        if name not in steps:
            yield f"DependsOn names '{name}', which is not a step"
    if step.type == CONDITION:
        yield from _condition_problems(step.arguments["Conditions"])
    try:
        found = list(expressions.references(step.arguments))
    except expressions.ExpressionError as error:
        yield str(error)
        return
    for reference in found:
        match reference:
            case expressions.Parameter(name) if name not in declared:
                yield f"there is no parameter '{name}'; there are {', '.join(declared) or 'none'}"
            case expressions.Property(name) | expressions.PropertyFile(name) if name not in steps:
                yield f"it refers to '{name}', which is not a step"
            case expressions.PropertyFile(name, file) if file not in steps[name].property_files:
                yield f"step '{name}' has no property file '{file}'"


def _condition_problems(items: object) -> Iterator[str]:
    if not isinstance(items, list):
        yield "Conditions must be a list"
        return
    for item in items:
        yield from conditions.problems(item)


def step_names(depends_on: Sequence[object]) -> Iterator[str]:
    """The names in a DependsOn, with or without a trigger."""
    for item in depends_on:
        yield str(item["Step"] if isinstance(item, Mapping) and "Step" in item else item)


def _waits_for(step: Step) -> Iterator[str]:
    yield from step_names(step.depends_on)
    if step.branch:
        yield step.branch.condition
    for reference in expressions.references(step.arguments):
        if isinstance(reference, expressions.Property | expressions.PropertyFile):
            yield reference.step
