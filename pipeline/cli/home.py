"""Where imgpipe keeps what is its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def home(environ: Mapping[str, str]) -> Path:
    """$IMGPIPE_HOME, else ~/.imgpipe."""
    return Path(environ.get("IMGPIPE_HOME") or Path.home() / ".imgpipe")
