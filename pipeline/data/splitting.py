"""A folder of classes divided into training and validation images, in a folder of its own."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from pipeline.data.dataset import SPLITS
from pipeline.data.images import flawed, readable
from pipeline.data.output_folder import appearing
from pipeline.errors import Finding, RunError
from steps.validate.library import Ledger, counted, divide, write_lst

_NO_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK})

# What nobody meant to be an image is no reason to look for images there.
_BESIDE = "SELECT count(*) FROM files WHERE place = 'stray'"

Place = Callable[[Path, Path], object]


def require_images(ledger: Ledger, name: str) -> None:
    """Checks that there is something to divide.

    Args:
        ledger: Looked at.
        name: The folder, as the user knows it.

    Raises:
        RunError: No image in a class folder can be used.
    """
    if any(True for split in SPLITS for _ in readable(ledger, split)):
        return
    ((beside,),) = ledger.query(_BESIDE)
    raise RunError(_nothing(name, beside, flawed(ledger)))


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
    with appearing(out) as folder:
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
    with appearing(out) as folder:
        for split in SPLITS:
            rows = ((index[name], path) for name, path in readable(ledger, split))
            write_lst(folder / f"{split}.lst", rows)


def _nothing(name: str, beside: int, unusable: int) -> Finding:
    reasons = [f"{counted(beside, 'file')} outside of class folders"] * bool(beside)
    reasons += [f"{counted(unusable, 'file')} in class folders that cannot be used"] * bool(unusable)
    layout = (
        f"lay images out in one folder a class: {name.rstrip('/')}/cat/1.jpg, {name.rstrip('/')}/dog/2.jpg"
    )
    return Finding(
        "R223",
        "nothing-to-divide",
        f"{name} has no images to divide",
        details=(("reason", " and ".join(reasons) or "it holds no files"),),
        hint=f"`imgpipe data check {name}` tells why, or {layout}" if unusable else layout,
    )
