"""What someone may have meant by a name that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_MOST = 10
"""Names that an error lists before it only counts the rest."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like this one, if any is like it; upper and lower case do not matter.

    Of several, one that begins like it: 'retries' is nearer to 'retry' than to 'pretrained'.
    """
    names = list(known)
    by_lower = {item.lower(): item for item in reversed(names)}
    found = difflib.get_close_matches(name.lower(), list(by_lower), n=3)
    found.sort(key=lambda one: one[:1] != name[:1].lower())
    return by_lower[found[0]] if found else None


def suggestion(name: str, known: Iterable[str], otherwise: str | None = None) -> str | None:
    """The hint for a name that does not exist: the one that was probably meant, else `otherwise`."""
    near = nearest(name, known)
    return f"did you mean '{near}'?" if near else otherwise


def listed(names: Iterable[str]) -> str:
    """Names in a sentence: "a, b, … and 5 more", or "none"."""
    everything = list(names)
    more = f", … and {len(everything) - _MOST} more" if len(everything) > _MOST else ""
    return ", ".join(everything[:_MOST]) + more if everything else "none"
