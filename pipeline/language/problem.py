"""A problem with a definition, and where it stands in the document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

Path = tuple[str | int, ...]
"""Keys and indices from the top of the document, such as ("Steps", 0, "Arguments", "RoleArn")."""


@dataclass(frozen=True)
class Problem:
    """Something wrong with a definition.

    Attributes:
        code: Its code, such as D301; pipeline.language.codes and pipeline.config.codes name them.
        path: Where it stands. If what is missing is the culprit, the path of the value that lacks it.
        message: What is wrong, in one sentence without a full stop. It names the step where it is in one.
        hint: How to fix it.
        why: The reason or the evidence, where the message alone may not convince.
        severity: "error" or "warning".
        at_key: True if the last key of the path is the culprit, not its value.
    """

    code: str
    path: Path
    message: str
    hint: str | None = None
    why: str | None = None
    severity: str = "error"
    at_key: bool = False


def of_step(name: str, problems: Iterable[Problem]) -> Iterator[Problem]:
    """The same problems, each message naming its step; one that begins with "has" goes on from the name."""
    for problem in problems:
        between = " " if problem.message.startswith("has ") else ": "
        yield replace(problem, message=f"step '{name}'{between}{problem.message}")
