"""A folder of classes divided into training and validation images, in a folder of its own."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pipeline.data.dataset import SPLITS
from pipeline.data.images import readable
from pipeline.errors import Finding, UsageError
from steps.validate.library import Ledger, divide, write_lst

_NO_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK})

Place = Callable[[Path, Path], object]


def divided(ledger: Ledger, share: float) -> Mapping[str, int]:
    """Divides a ledger; returns how many images each split has."""
    divide(ledger, share)
    return {split: sum(1 for _ in readable(ledger, split)) for split in SPLITS}


def link(source: Path, target: Path) -> None:
    """Gives a file a second name, or copies it to where that cannot be."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        shutil.copy2(source, target)


def lay_out(ledger: Ledger, root: Path, out: Path, place: Place) -> Iterator[str]:
    """Makes OUT/train and OUT/validation; they appear when all is done. The source is only read.

    Args:
        ledger: Divided.
        root: Where the images are.
        out: Must not exist, or be empty.
        place: Puts a file into its place: `link`, or `shutil.copy2`.

    Yields:
        Each path that was put into its place.
    """
    with _appearing(out) as folder:
        for split in SPLITS:
            (folder / split).mkdir()
            for _, path in readable(ledger, split):
                target = folder / split / path
                target.parent.mkdir(parents=True, exist_ok=True)
                place(root / path, target)
                yield path


def write_lists(ledger: Ledger, out: Path) -> None:
    """Writes OUT/train.lst and OUT/validation.lst with paths relative to the images' folder."""
    names = sorted({name for split in SPLITS for name, _ in readable(ledger, split)})
    index = {name: number for number, name in enumerate(names)}
    for split in SPLITS:
        rows = ((index[name], path) for name, path in readable(ledger, split))
        write_lst(out / f"{split}.lst", rows)


def require_empty(out: Path, root: Path) -> None:
    """Checks that a folder can take what is made.

    Raises:
        UsageError: It holds something, or lies among the images.
    """
    out = out.resolve()
    if out.is_relative_to(root) or root.is_relative_to(out):
        raise UsageError(_refused(out, f"it and {root} lie one within the other", "name a place beside it"))
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(_refused(out, "it is not empty", "name another place, or delete what is there"))


@contextmanager
def _appearing(out: Path) -> Iterator[Path]:
    """A folder that gets its name when the block ends, and goes if it fails."""
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
