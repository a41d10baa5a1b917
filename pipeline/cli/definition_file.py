"""Any file with a pipeline definition, checked."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from pipeline.checks import engine
from pipeline.checks.places import findings
from pipeline.codes import CODES
from pipeline.errors import Finding, UsageError
from pipeline.language.problem import Problem
from pipeline.source import printable

STDIN = "-"

_MOST_BYTES = 16 * 1024 * 1024
"""A definition has 1 MiB of characters at most; escaped in an answer of AWS, each may take several bytes."""


@dataclass(frozen=True)
class Checked:
    """A definition file and what was found in it.

    Attributes:
        name: What the findings call it.
        findings: In the order of the text.
    """

    name: str
    findings: tuple[Finding, ...]


def check(file: str) -> Checked:
    """Check the definition in a file; "-" is stdin.

    Raises:
        UsageError: C002: it cannot be read as text.
    """
    name = "<stdin>" if file == STDIN else file
    text = _text(file, name)
    inner = _described(text)
    if inner is not None:
        name, text = f"{name}(PipelineDefinition)", inner
    problems = _with_kinder_hints(engine.problems(text), text)
    return Checked(name, findings(problems, text, name, CODES))


def _described(text: str) -> str | None:
    """The definition in an answer of DescribePipeline, which holds it as text."""
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return None
    inner = answer.get("PipelineDefinition") if isinstance(answer, dict) and "Steps" not in answer else None
    return inner if isinstance(inner, str) else None


def _with_kinder_hints(problems: Iterable[Problem], text: str) -> Iterator[Problem]:
    looks_like_json = text.lstrip()[:1] in ("{", "[", '"', "")
    for problem in problems:
        if problem.code == "D110" and not looks_like_json:
            hint = "a definition is JSON; `imgpipe validate -c FILE` checks a YAML config"
            yield replace(problem, hint=hint)
        else:
            yield problem


def _text(file: str, name: str) -> str:
    if file == STDIN:
        return _decoded(_read(sys.stdin.buffer, name), name)
    path = Path(file)
    if path.is_dir():
        raise _unreadable(name, "is a folder", "name the JSON file in it")
    try:
        with path.open("rb") as stream:
            return _decoded(_read(stream, name), name)
    except FileNotFoundError as error:
        raise _unreadable(name, "does not exist", "check the path") from error
    except (OSError, ValueError) as error:  # ValueError: the path holds a NUL
        raise _unreadable(
            name, f"cannot be read: {_reason(error)}", "check the path and its rights"
        ) from error


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _read(stream: BinaryIO, name: str) -> bytes:
    content = stream.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        hint = "SageMaker takes a definition of 1 MiB; is this the right file?"
        raise _unreadable(name, f"is larger than {_MOST_BYTES // 1024**2} MiB", hint)
    return content


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        reason = f"is not text in UTF-8: byte 0x{content[error.start]:02x} in line {line}"
        raise _unreadable(name, reason, "a definition is JSON; save it as UTF-8") from error


def _unreadable(name: str, reason: str, hint: str) -> UsageError:
    return UsageError(Finding("C002", CODES["C002"].slug, printable(f"{name} {reason}"), hint=hint))
