"""What can be wrong with scores, and how it is told in the few lines that SageMaker keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from steps.container import REASON_LIMIT

HINTS: Mapping[str, str] = MappingProxyType(
    {
        "missing-score": "look into the log of ScoreValidation for what it said of these images",
        "unknown-score": "let ScoreValidation write to a prefix of its own, which nothing else writes to",
        "bad-score": "a model whose training diverged answers so; lower train.hyperparameters.learning_rate",
    }
)
"""How to fix it, by problem."""

_EXAMPLES = (3, 2, 1)
_LONGEST = 100


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        check: A key of HINTS.
        subject: Path of an image or of a score.
        reason: In words.
    """

    check: str
    subject: str
    reason: str

    def __str__(self) -> str:
        text = f"{self.subject}: {self.reason}"
        return text if len(text) <= _LONGEST else f"…{text[1 - _LONGEST :]}"


def scores_error(problems: Sequence[Problem], images: int) -> str:
    """The text of V002 for at least one problem, at most REASON_LIMIT characters."""
    groups: dict[str, list[Problem]] = {check: [] for check in HINTS}
    for problem in problems:
        groups[problem.check].append(problem)
    found = {check: group for check, group in groups.items() if group}
    head = f"error V002 scores-invalid: {len(problems)} of the scores of {images} images cannot be used"
    hints = [f"  hint: {HINTS[check]}" for check in found]
    for examples in _EXAMPLES:
        text = "\n".join([head, *(_line(check, group, examples) for check, group in found.items()), *hints])
        if len(text) <= REASON_LIMIT:
            break
    return text


def _line(check: str, problems: Sequence[Problem], examples: int) -> str:
    told = [str(problem) for problem in problems[:examples]]
    rest = len(problems) - len(told)
    if rest:
        told.append(f"… and {rest} more")
    return f"  {check}  {len(problems)} ({'; '.join(told)})"
