"""Whether the names in a definition name something: parameters, steps and property files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.language import expressions
from pipeline.language.forms import with_expressions
from pipeline.language.parameters import Declaration
from pipeline.language.problem import Path, Problem
from pipeline.language.step import Step
from pipeline.suggestion import listed, suggestion


def located(step: Step) -> Iterator[tuple[Path, expressions.Reference]]:
    """Every reference of a step, with the path of its text in the document."""
    for path, value in with_expressions(step.raw):
        yield from expressions.located(value, (*step.path, *path))


def dependencies(step: Step) -> Iterator[tuple[Path, str]]:
    """Every step that the DependsOn of a step names, with the path of the name."""
    entries = step.raw.get("DependsOn")
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        path = (*step.path, "DependsOn", index)
        if isinstance(entry, str):
            yield path, entry
        elif isinstance(entry, Mapping) and isinstance(entry.get("Step"), str):
            yield (*path, "Step"), entry["Step"]


@dataclass(frozen=True)
class Names:
    """What there is to name.

    Attributes:
        parameters: By name.
        steps: By name.
    """

    parameters: Mapping[str, Declaration]
    steps: Mapping[str, Step]

    def problems(self, step: Step) -> Iterator[Problem]:
        """The names in a step that name nothing."""
        for path, name in dependencies(step):
            if name not in self.steps:
                message = f"DependsOn names '{name}', which is not a step"
                yield Problem("D302", path, message, suggestion(name, self.steps))
        for path, reference in located(step):
            yield from self.reference_problems(path, reference)

    def reference_problems(self, path: Path, reference: expressions.Reference) -> Iterator[Problem]:
        """Why a reference whose text stands at a path refers to nothing, if so."""
        match reference:
            case expressions.Parameter(name) if name not in self.parameters:
                message = f"there is no parameter '{name}'; there are {listed(self.parameters)}"
                yield Problem("D301", path, message, suggestion(name, self.parameters, "declare it"))
            case expressions.Property(name) | expressions.PropertyFile(name) | expressions.Output(name) if (
                name not in self.steps
            ):
                message = f"it refers to '{name}', which is not a step"
                hint = suggestion(name, self.steps, f"there are {listed(self.steps)}")
                yield Problem("D302", path, message, hint)
            case expressions.PropertyFile(name, file) if file not in self.steps[name].property_files:
                files = self.steps[name].property_files
                message = f"step '{name}' has no property file '{file}'"
                yield Problem("D303", path, message, suggestion(file, files, _files_hint(self.steps[name])))


def _files_hint(step: Step) -> str:
    if step.type != "Processing":
        return f"only Processing steps have PropertyFiles, and it is a {step.type} step"
    return f"its PropertyFiles: {listed(step.property_files)}"
