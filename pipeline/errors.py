"""What can go wrong, as values: one tree of errors and the findings that they carry."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit statuses of `imgpipe`."""

    DONE = 0
    FAILED = 1
    """The thing itself failed: an execution, an image, a refused request."""
    USAGE = 2
    """Wrong usage or config."""
    BUG = 3
    INTERRUPTED = 130


@dataclass(frozen=True)
class Place:
    """A position in a text file. Lines and columns count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Finding:
    """One problem: what, where, why and how to fix it.

    Attributes:
        code: Stable code, such as C102. Its letter names the area: C config, D definition, L local SageMaker,
            R run, V data.
        slug: The code in words, such as unknown-key.
        message: What is wrong, in one sentence without a full stop.
        place: Where it is, if it is in a file.
        excerpt: The lines around `place` with a marker under the culprit, ready to print.
        details: Further (label, text) lines in the order to show them, such as ("reason", "…"). A line
            without a label goes on from the one above.
        hint: How to fix it.
        severity: "error" or "warning".
    """

    code: str
    slug: str
    message: str
    place: Place | None = None
    excerpt: str | None = None
    details: tuple[tuple[str, str], ...] = ()
    hint: str | None = None
    severity: str = "error"

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        lines = [f"{where}{self.severity} {self.code} {self.slug}: {self.message}"]
        if self.excerpt:
            lines.append(self.excerpt)
        notes = [*self.details, *([("hint", self.hint)] if self.hint else [])]
        width = max((len(label) for label, _ in notes), default=0) + 1
        for label, text in notes:
            body = text.replace("\n", "\n" + " " * (width + 3))
            head = f"{label}:" if label else ""
            lines.append(f"  {head:<{width}} {body}")
        return "\n".join(lines)

    def to_json(self) -> dict[str, object]:
        """The finding for programs, as `--json` prints it."""
        place = self.place
        return {
            "code": self.code,
            "name": self.slug,
            "severity": self.severity,
            "message": self.message,
            "file": place.file if place else None,
            "line": place.line if place else None,
            "column": place.column if place else None,
            "details": [{"label": label, "text": text} for label, text in self.details],
            "hint": self.hint,
        }


@dataclass(frozen=True)
class Code:
    """What a code stands for.

    Attributes:
        slug: The code in words.
        meaning: One line for the table of codes.
        aws_only: Whether it is about AWS's machines and images, and so of no concern to the local SageMaker.
    """

    slug: str
    meaning: str
    aws_only: bool = False


class ImgpipeError(Exception):
    """The root of all expected errors: one or more findings and the exit code that they mean."""

    exit_code = ExitCode.FAILED

    def __init__(self, *findings: Finding) -> None:
        super().__init__("\n\n".join(str(finding) for finding in findings))
        self.findings = findings


class ConfigError(ImgpipeError):
    """The YAML cannot be used as it is."""

    exit_code = ExitCode.USAGE


class UsageError(ImgpipeError):
    """The command line cannot be used as it is."""

    exit_code = ExitCode.USAGE


class RunError(ImgpipeError):
    """An execution, an endpoint or a request to the service failed."""


class BugError(ImgpipeError):
    """imgpipe itself is wrong."""

    exit_code = ExitCode.BUG
