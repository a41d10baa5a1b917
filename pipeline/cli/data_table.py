"""What a check of images found, for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.cli import console
from pipeline.source import printable

if TYPE_CHECKING:
    from steps.validate.library import Finding, Judgement

_EXAMPLES = 2
_LONGEST = 120


def show(judgement: Judgement) -> None:
    """Prints what was found, errors first, how to fix it, and what it comes to."""
    from steps.validate.library import CHECKS, counted

    findings = sorted(judgement.findings, key=lambda found: found.severity != "error")
    if findings:
        heads = ("CODE", "CHECK", "SEVERITY", "SPLIT", "COUNT", "EXAMPLES")
        console.result(console.table([_row(found) for found in findings], heads))
        console.result("\nhow to fix:")
        hints = dict.fromkeys((CHECKS[found.check].code, CHECKS[found.check].hint) for found in findings)
        console.result("\n".join(f"  {code}  {hint}" for code, hint in hints) + "\n")
    census = judgement.census
    images = [census.splits[split].usable for split in ("train", "validation")]
    told = (
        f"{counted(len(census.classes), 'class')}, {images[0]:,} images to train, {images[1]:,} to validate"
    )
    console.result(_verdict(findings) + told)


def _row(found: Finding) -> Sequence[str]:
    from steps.validate.library import CHECKS

    told = [printable(str(one)) for one in found.examples[:_EXAMPLES]]
    examples = "; ".join(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…" for text in told)
    more = found.count - len(told)
    return (
        CHECKS[found.check].code,
        found.check,
        found.severity,
        found.split,
        f"{found.count:,}",
        f"{examples}; … and {more:,} more" if more else examples,
    )


def _verdict(findings: Sequence[Finding]) -> str:
    errors = len({found.check for found in findings if found.severity == "error"})
    if not errors:
        return "the images can be used: "
    return f"the images cannot be used, {errors} check{'s' * (errors != 1)} failed: "
