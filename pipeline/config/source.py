"""Findings at places of a config file."""

from __future__ import annotations

from pipeline.config.codes import CODES
from pipeline.errors import Finding, Place
from pipeline.source import Mark, Source, printable

__all__ = ["Mark", "Source", "finding", "printable"]


def finding(
    code: str,
    message: str,
    mark: Mark | Place | None = None,
    *,
    hint: str | None = None,
    details: tuple[tuple[str, str], ...] = (),
    severity: str = "error",
) -> Finding:
    """A finding with the words of its code and the excerpt of its place."""
    return Finding(
        code=code,
        slug=CODES[code].slug,
        message=printable(message),
        place=mark.place if isinstance(mark, Mark) else mark,
        excerpt=mark.excerpt() if isinstance(mark, Mark) else None,
        details=details,
        hint=printable(hint) if hint else None,
        severity=severity,
    )
