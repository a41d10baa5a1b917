"""The reason of a failed validation, in the few lines that SageMaker keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from steps.container import REASON_LIMIT
from steps.validate.findings import CHECKS, Culprit, Finding
from steps.validate.wording import counted, grouped, plural, shortened

_MOST_EXAMPLES = 3
_LONGEST_EXAMPLE = 160
_SHORT_EXAMPLE = 60


@dataclass(frozen=True)
class _Line:
    check: str
    count: int
    examples: tuple[Culprit, ...]

    def text(self, examples: int, longest: int, width: int = 0, number_width: int = 0) -> str:
        told = [shortened(str(culprit), longest) for culprit in self.examples[:examples]]
        rest = self.count - len(told)
        if rest:
            told.append(f"… and {grouped(rest)} more")
        unit = plural(self.count, CHECKS[self.check].unit)
        return f"{self.check:<{width}} {grouped(self.count):>{number_width}} {unit} ({'; '.join(told)})"


def dataset_error(findings: Sequence[Finding], faulty: int, files: int, uris: Sequence[str]) -> str:
    """The text of V001 for findings that hold at least one error, at most REASON_LIMIT characters.

    Args:
        findings: All findings; warnings are left out.
        faulty: How many files an error was found in.
        files: How many files were looked at.
        uris: The prefixes that they came from.
    """
    lines = _merge(findings)
    head = f"error V001 dataset-invalid: {_scope(lines, faulty, files, uris)}"
    for examples in range(_MOST_EXAMPLES, 0, -1):
        text = "\n".join([head, *_table(lines, examples, _LONGEST_EXAMPLE)])
        if len(text) <= REASON_LIMIT:
            return _with_hints(text, lines)
    return _cut(head, _table(lines, 1, _SHORT_EXAMPLE))


def warning_line(finding: Finding) -> str:
    """A warning in one line, for the log."""
    line = _Line(finding.check, finding.count, finding.examples)
    return f"{CHECKS[finding.check].code} {line.text(_MOST_EXAMPLES, _LONGEST_EXAMPLE)}"


def _merge(findings: Sequence[Finding]) -> list[_Line]:
    lines: dict[str, _Line] = {}
    for found in findings:
        if found.severity == "error":
            sofar = lines.get(found.check, _Line(found.check, 0, ()))
            lines[found.check] = _Line(
                found.check, sofar.count + found.count, sofar.examples + found.examples
            )
    return list(lines.values())


def _scope(lines: Sequence[_Line], faulty: int, files: int, uris: Sequence[str]) -> str:
    of = f"{grouped(faulty)} of {counted(files, 'file')}" if faulty else counted(files, "file")
    # The prefixes are the user's own and may be long; the findings matter more.
    places = " and ".join(shortened(uri, 200) for uri in uris)
    return f"{counted(len(lines), 'check')} failed on {of} under {places}"


def _table(lines: Sequence[_Line], examples: int, longest: int) -> list[str]:
    width = max(len(line.check) for line in lines)
    number_width = max(len(grouped(line.count)) for line in lines) + 1
    return [f"  {line.text(examples, longest, width, number_width)}" for line in lines]


def _with_hints(text: str, lines: Sequence[_Line]) -> str:
    for hint in dict.fromkeys(CHECKS[line.check].hint for line in lines):
        longer = f"{text}\n  hint: {hint}"
        if len(longer) <= REASON_LIMIT:
            text = longer
    return text


def _cut(head: str, table: Sequence[str]) -> str:
    for kept in range(len(table), -1, -1):
        rest = [f"  … and {len(table) - kept} more"] if kept < len(table) else []
        text = "\n".join([head, *table[:kept], *rest])
        if len(text) <= REASON_LIMIT:
            break
    return text
