"""The environment that a copy of the project shares with the project."""

from __future__ import annotations

from pathlib import Path

STAMPS = {
    ".venv/installed": ("pyproject.toml", "constraints.txt"),
    ".venv/installed-dev": (".venv/installed",),
}
"""Files that make takes for the state of the environment, each with those that it must not be older than."""


def out_of_date(root: Path) -> str | None:
    """Why `make` would install into the environment, and what to do about it; None if it would not.

    In a copy of the project it would install the copy, and leave the developer's environment broken when the
    copy is gone.
    """
    for stamp, sources in STAMPS.items():
        if not (root / stamp).exists():
            return f"run `make test`: the environment has no {stamp}"
        for source in sources:
            if (root / source).stat().st_mtime_ns > (root / stamp).stat().st_mtime_ns:
                return f"run `make test`: the environment is older than {source}"
    return None
