"""Commands in hints, made to go where the command went that failed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pipeline.errors import Finding

_COMMANDS = (
    r"plan|upsert|list|start|run|status|watch|logs|stop|retry|report|data push|models list|endpoint \w+|"
    r"predict"
)
_WITH_TARGET = re.compile(rf"`(imgpipe (?:{_COMMANDS})\b[^`]*)`")
_FLAGS = ("--local",)
_VALUED = ("--config", "-c", "--profile", "--region")


def completed(findings: Sequence[Finding], words: Sequence[str]) -> list[Finding]:
    """The findings with the target's options in every command of their hints.

    Args:
        findings: Their hints name commands as `imgpipe run`.
        words: The command line that failed.
    """
    options = _target_options(words)

    def fill(hint: str | None) -> str | None:
        return _WITH_TARGET.sub(lambda found: f"`{found[1]}{options}`", hint) if hint else hint

    return [replace(finding, hint=fill(finding.hint)) for finding in findings]


def _target_options(words: Sequence[str]) -> str:
    kept = []
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word in _FLAGS or ("=" in word and word.partition("=")[0] in _VALUED):
            kept.append(word)
        elif word in _VALUED:
            kept.append(f"{word} {following}")
    return "".join(f" {option}" for option in kept)
