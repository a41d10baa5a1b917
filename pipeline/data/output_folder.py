"""A folder that something is made in: it takes nothing else, and appears when all of it is there."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import Finding, UsageError


def require_empty(out: Path, root: Path | None) -> None:
    """Checks that a folder can take what is made.

    Args:
        out: The folder.
        root: The folder of the images; None where they are on S3.

    Raises:
        UsageError: It holds something, or lies among the images.
    """
    out = out.resolve()
    if root and (out.is_relative_to(root) or root.is_relative_to(out)):
        raise UsageError(_refused(out, f"it and {root} lie one within the other", "name a place beside it"))
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(_refused(out, "it is not empty", "name another place, or delete what is there"))


@contextmanager
def appearing(out: Path) -> Iterator[Path]:
    """A folder that gets its name when the block ends, and goes if it fails."""
    out = out.resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
    try:
        yield folder
        folder.chmod(0o755)
        folder.replace(out)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _refused(out: Path, reason: str, hint: str) -> Finding:
    return Finding("R221", "out-in-use", f"nothing can be made in {out}: {reason}", hint=hint)
