"""The values of parameters that an execution is to be started with, judged by the pipeline's definition."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pipeline.errors import Finding, UsageError
from pipeline.language import expressions
from pipeline.language.parameters import Declaration, ParameterError, Value, values_of
from pipeline.language.problem import Path, Problem
from pipeline.starting.stored import Stored
from pipeline.suggestion import listed, suggestion

# StartPipelineExecution of the API: PipelineParameters and the Value of each.
_MOST = 200
_LONGEST = 1024

FindProblems = Callable[[str, Mapping[str, str]], Sequence[Problem]]
"""All that is wrong with a definition, given its text and values of parameters."""


def check_form(stored: Stored, given: Mapping[str, str]) -> None:
    """Refuse values that do not fit what the pipeline declares.

    Raises:
        UsageError: Names all of them.
    """
    if findings := list(_form_findings(stored, given)):
        raise UsageError(*findings)


def check(stored: Stored, given: Mapping[str, str], find_problems: FindProblems) -> list[Finding]:
    """Refuse values that do not fit, are missing, or with which a step must fail.

    What is wrong with the definition itself is not told again.

    Returns:
        Warnings.

    Raises:
        UsageError: Names all of them.
    """
    findings = [*_form_findings(stored, given), *_missing_findings(stored, given)]
    declared = stored.definition.parameters
    fitting = {name: text for name, text in given.items() if name in declared and _fits(declared[name], text)}
    findings += _content_findings(stored, fitting, find_problems)
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        raise UsageError(*errors)
    return findings


def _form_findings(stored: Stored, given: Mapping[str, str]) -> Iterator[Finding]:
    declared = stored.definition.parameters
    if len(given) > _MOST:
        yield Finding(
            "R143",
            "parameter-limit",
            f"{len(given)} parameters are given, and SageMaker takes {_MOST}",
            hint="leave out those that keep their default value",
        )
    for name, text in given.items():
        if name not in declared:
            yield _unknown(stored, name)
        elif len(text) > _LONGEST:
            yield Finding(
                "R143",
                "parameter-limit",
                f"parameter '{name}' has {len(text):,} characters, and SageMaker takes {_LONGEST:,}",
                hint="put it in a file on S3 and give the file's URI",
            )
        else:
            yield from _value_findings(declared[name], text)


def _missing_findings(stored: Stored, given: Mapping[str, str]) -> Iterator[Finding]:
    for name, declaration in stored.definition.parameters.items():
        if declaration.default is None and name not in given:
            yield Finding(
                "R145",
                "parameter-missing",
                f"parameter '{name}' of pipeline '{stored.name}' has no default value",
                hint=f"add -p {name}=VALUE",
            )


def _content_findings(
    stored: Stored, given: Mapping[str, str], find_problems: FindProblems
) -> Iterator[Finding]:
    if not given:
        return
    known = {(problem.code, problem.path, problem.message) for problem in find_problems(stored.text, {})}
    document = json.loads(stored.text)
    for problem in find_problems(stored.text, given):
        if (problem.code, problem.path, problem.message) not in known:
            yield _broken(problem, _culprits(document, problem.path, given))


def _unknown(stored: Stored, name: str) -> Finding:
    known = sorted(stored.definition.parameters)
    return Finding(
        "R140",
        "unknown-parameter",
        f"pipeline '{stored.name}' has no parameter '{name}'",
        details=(("it has", listed(known)),),
        hint=suggestion(
            name, known, "the pipeline is as it was last upserted; `imgpipe upsert` brings it up to date"
        ),
    )


def _value_findings(declaration: Declaration, text: str) -> Iterator[Finding]:
    name = declaration.name
    if not _is_of_type(declaration, text):
        yield Finding(
            "R141",
            "parameter-type",
            f"parameter '{name}' is of type {declaration.type}, and '{text}' is none",
            hint=_example(declaration),
        )
    elif declaration.choices and not _fits(declaration, text):
        choices = [_written(choice) for choice in declaration.choices]
        yield Finding(
            "R142",
            "parameter-choice",
            f"parameter '{name}' cannot be '{text}'",
            details=(("choices", ", ".join(choices)),),
            hint=suggestion(text, choices, "take one of them, or add it to the YAML and `imgpipe upsert`"),
        )


def _is_of_type(declaration: Declaration, text: str) -> bool:
    return _fits(replace(declaration, choices=()), text)


def _fits(declaration: Declaration, text: str) -> bool:
    try:
        values_of({declaration.name: declaration}, {declaration.name: text})
    except ParameterError:
        return False
    return True


def _example(declaration: Declaration) -> str:
    examples = {"Integer": "10", "Float": "0.5", "Boolean": "true"}
    default = declaration.default
    value = examples.get(declaration.type, "TEXT") if default is None else _written(default)
    return f"write it as {declaration.name}={value}"


def _written(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _culprits(document: Any, path: Path, given: Mapping[str, str]) -> dict[str, str]:
    """The given values that are read at the place of a problem or, as none is, nearest around it."""
    around = [document]
    for key in path:
        try:
            around.append(around[-1][key])
        except (LookupError, TypeError):
            break
    for value in reversed(around):
        read = _parameters_in(value)
        if found := {name: text for name, text in given.items() if name in read}:
            return found
    return dict(given)


def _parameters_in(value: object) -> set[str]:
    try:
        references = list(expressions.references(value))
    except expressions.ExpressionError:
        # It may be wrong here, or no expression at all.
        return set()
    return {item.name for item in references if isinstance(item, expressions.Parameter)}


def _broken(problem: Problem, culprits: Mapping[str, str]) -> Finding:
    # Imported here: only a wrong value pays for the tables.
    from pipeline.codes import CODES

    said = ", ".join(f"{name}={text}" for name, text in culprits.items())
    details = [("given", said), *([("why", problem.why)] if problem.why else [])]
    return Finding(
        problem.code,
        CODES[problem.code].slug,
        problem.message,
        details=tuple(details),
        hint=problem.hint or f"give another value of {', '.join(culprits)}",
        severity=problem.severity,
    )
