"""Where expressions lead: to properties that steps have, outputs that they declare, steps that run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.language import expressions
from pipeline.language.definition import Definition, Step
from pipeline.language.graph import Branch
from pipeline.language.names import dependencies, located
from pipeline.language.parameters import Value
from pipeline.language.paths import Path as PropertyPath
from pipeline.language.problem import Path, Problem, of_step
from pipeline.language.properties import NoPropertyError, resolve
from pipeline.suggestion import listed, suggestion

_NAMED: Mapping[PropertyPath, tuple[str, str]] = {
    ("ProcessingOutputConfig", "Outputs"): ("OutputName", "output"),
    ("ProcessingInputs",): ("InputName", "input"),
    ("InputDataConfig",): ("ChannelName", "channel"),
    ("ProductionVariants",): ("VariantName", "variant"),
}
"""Lists that the Describe operation repeats from the request: the key of an item's name, and what one is."""

_BUILT_IN_METRICS = (
    "train:accuracy",
    "validation:accuracy",
    "train:accuracy:epoch",
    "validation:accuracy:epoch",
)
"""Metrics of the built-in image-classification algorithm, as its jobs publish them."""


def problems(definition: Definition, _values: Mapping[str, Value]) -> Iterator[Problem]:
    """What is wrong with the references of a definition, besides names that name nothing."""
    for step in definition.steps.values():
        yield from of_step(step.name, _in_step(step, definition))
    yield from _unused(definition)


def _in_step(step: Step, definition: Definition) -> Iterator[Problem]:
    for path, reference in located(step):
        if isinstance(reference, expressions.Property) and reference.step in definition.steps:
            yield from _property_problems(reference, path, definition.steps[reference.step])
    yield from _never_together(step, definition)
    yield from _property_file_problems(step)
    yield from _unordered_reads(step)


def _property_problems(reference: expressions.Property, path: Path, step: Step) -> Iterator[Problem]:
    try:
        resolve(step, reference.path)
    except NoPropertyError as error:
        yield Problem("D304", path, str(error), error.hint)
        return
    yield from _item_problems(reference, path, step)
    if reference.path[0] == "FinalMetricDataList":
        yield from _metric_problems(reference, path, step)


def _item_problems(reference: expressions.Property, path: Path, step: Step) -> Iterator[Problem]:
    """A reference to an output, an input, a channel or a variant that its step does not declare."""
    for prefix, (key, noun) in _NAMED.items():
        size = len(prefix)
        if reference.path[:size] != prefix or len(reference.path) == size or step.type == "Endpoint":
            continue  # the variants of an endpoint are those of its configuration
        names = _names(_inside(step.arguments, prefix), key)
        part = reference.path[size]
        if names is None:
            continue
        if isinstance(part, str) and part not in names:
            message = f"step '{step.name}' declares no {noun} '{part}'"
            yield Problem("D305", path, message, suggestion(part, names, f"its {noun}s: {listed(names)}"))
        elif isinstance(part, int) and not 0 <= part < len(names):
            message = f"step '{step.name}' declares {len(names)} {noun}s, and there is none at [{part}]"
            yield Problem("D305", path, message, f"its {noun}s, from [0]: {listed(names)}")


def _inside(value: object, path: PropertyPath) -> object:
    """What stands at a path of the Arguments; an empty list where nothing does, None where nobody knows."""
    for part in path:
        if not isinstance(value, Mapping) or expressions.function_of(value):
            return None
        if part not in value:
            return []
        value = value[part]
    return value


def _names(items: object, key: str) -> list[str] | None:
    """The names in a list of the definition; None if not all are written out."""
    if not isinstance(items, list):
        return None
    names = [item.get(key) if isinstance(item, Mapping) else None for item in items]
    return names if all(isinstance(name, str) for name in names) else None  # type: ignore[return-value]


def _metric_problems(reference: expressions.Property, path: Path, step: Step) -> Iterator[Problem]:
    known, why = _metrics(step)
    name = reference.path[1] if len(reference.path) > 1 else None
    if known and isinstance(name, str) and name not in known:
        message = f"step '{step.name}' publishes no metric '{name}' as far as one can tell"
        hint = suggestion(name, known, f"its metrics: {listed(known)}")
        yield Problem("D306", path, message, hint, f"{why}; a step that reads it then fails", "warning")


def _metrics(step: Step) -> tuple[tuple[str, ...], str]:
    algorithm = _inside(step.arguments, ("AlgorithmSpecification",))
    if not isinstance(algorithm, Mapping):
        return (), ""
    names = _names(algorithm.get("MetricDefinitions"), "Name")
    if names:
        return tuple(names), "these are the MetricDefinitions of its algorithm"
    if "/image-classification:" in str(algorithm.get("TrainingImage")):
        return (
            _BUILT_IN_METRICS,
            "these are the metrics that the built-in image-classification algorithm is seen to publish",
        )
    return (), ""


def _never_together(step: Step, definition: Definition) -> Iterator[Problem]:
    told: set[str] = set()
    own = {branch.condition: branch.outcome for branch in _branches(step, definition)}
    for path, name in _read_steps(step):
        if name in definition.steps and name not in told:
            told.add(name)
            others = _branches(definition.steps[name], definition)
            wrong = [
                branch
                for branch in others
                if own.get(branch.condition) is not branch.outcome and branch.condition != step.name
            ]
            if wrong:
                yield _apart(name, wrong[0], path, wrong[0].condition in own)


def _branches(step: Step, definition: Definition) -> list[Branch]:
    """The branches that a step is inside of, the innermost first."""
    found: list[Branch] = []
    around = step.branch
    while around is not None and around not in found:
        found.append(around)
        outer = definition.steps.get(around.condition)
        around = outer.branch if outer else None
    return found


def _apart(name: str, branch: Branch, path: Path, is_other: bool) -> Problem:
    if is_other:
        message = f"it waits for '{name}', which stands in the other branch of '{branch.condition}'"
        hint = f"put both into one branch, or wait for a step before '{branch.condition}'"
        return Problem("D307", path, message, hint, "only one of the two branches runs: it would never run")
    when = "holds" if branch.outcome else "does not hold"
    message = f"it waits for '{name}', which runs only if '{branch.condition}' {when}"
    why = "SageMaker Pipelines runs a step when all that it waits for has completed"
    hint = "put it into the same branch, or give each branch such a step"
    return Problem("D308", path, message, hint, why, "warning")


def _read_steps(step: Step) -> Iterator[tuple[Path, str]]:
    """The steps that a step waits for, unless it says itself that they may end otherwise."""
    yield from ((path, name) for path, name in dependencies(step) if path[-1] != "Step")
    for path, reference in located(step):
        if isinstance(reference, expressions.Property | expressions.PropertyFile):
            yield path, reference.step


def _property_file_problems(step: Step) -> Iterator[Problem]:
    outputs = _names(_inside(step.arguments, ("ProcessingOutputConfig", "Outputs")), "OutputName")
    files: Any = step.raw.get("PropertyFiles")
    if step.type != "Processing" or outputs is None or not isinstance(files, list):
        return
    for index, item in enumerate(files):
        name = item.get("PropertyFileName") if isinstance(item, Mapping) else None
        file = step.property_files.get(name) if isinstance(name, str) else None
        if file is not None and file.output not in outputs:
            message = (
                f"property file '{file.name}' is in output '{file.output}', which the step does not declare"
            )
            hint = suggestion(file.output, outputs, f"its outputs: {listed(outputs)}")
            yield Problem("D309", (*step.path, "PropertyFiles", index, "OutputName"), message, hint)


def _unordered_reads(step: Step) -> Iterator[Problem]:
    """Files on S3 that are read without waiting for whoever writes them."""
    if any(True for _ in dependencies(step)):
        return
    for path, value in _json_gets(step.arguments, (*step.path, "Arguments")):
        source = value.get("S3Uri")
        if source is not None and not any(
            isinstance(reference, expressions.Property) for reference in expressions.references(source)
        ):
            message = "Std:JsonGet reads a file on S3, and the step waits for nobody to write it"
            hint = "name the step that writes it in DependsOn, if a step of this pipeline does"
            yield Problem("D310", path, message, hint, severity="warning")


def _json_gets(value: object, path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    if isinstance(value, Mapping):
        if set(value) == {"Std:JsonGet"}:
            yield (*path, "Std:JsonGet"), value["Std:JsonGet"]
        for key, item in value.items():
            yield from _json_gets(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _json_gets(item, (*path, index))


def _unused(definition: Definition) -> Iterator[Problem]:
    used = {
        reference.name
        for step in definition.steps.values()
        for _, reference in located(step)
        if isinstance(reference, expressions.Parameter)
    }
    used |= {
        reference.name
        for reference in expressions.references(dict(definition.configs))
        if isinstance(reference, expressions.Parameter)
    }
    for name, declaration in definition.parameters.items():
        if name not in used:
            message = f"parameter '{name}' is declared and never used"
            path = (*declaration.path, "Name")
            yield Problem("D311", path, message, "remove it, or refer to it", severity="warning")
