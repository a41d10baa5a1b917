"""Errors about the customer's data: how many problems there are, and the first of them."""

from __future__ import annotations

from collections.abc import Sequence

from steps.container import ProgramError

_SHOWN = 5


def customer_error(heading: str, problems: Sequence[str]) -> ProgramError:
    """An error that begins as those of AWS's container do, and shows at most 5 problems."""
    lines = [f"Customer Error: {heading}", *problems[:_SHOWN]]
    if len(problems) > _SHOWN:
        lines.append(f"… and {len(problems) - _SHOWN} more")
    return ProgramError("\n  ".join(lines))
