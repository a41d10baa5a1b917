"""Lays out a sample data set of real images: handwritten digits, one folder a class.

They are the test part of "Optical Recognition of Handwritten Digits" by E. Alpaydin and C. Kaynak, UCI
Machine Learning Repository, CC BY 4.0 (https://archive.ics.uci.edu/dataset/80), and ship in scikit-learn.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.errors import Finding, ImgpipeError

SIDE = 64
"""Width and height of the images in pixels. The originals have 8; a ResNet halves its input five times."""

HELD_OUT_PER_CLASS = 2
VALIDATION_SHARE = 5
"""Every fifth image of a class that is not held out validates; the others train."""

_GREATEST_LEVEL = 16
_EXAMPLES = 3


@dataclass(frozen=True)
class SampleSummary:
    """What lies in the folder now.

    Attributes:
        folder: Where.
        train: Number of images under train/.
        validation: Number of images under validation/.
        held_out: Number of images in held-out/.
        classes: Number of classes.
        written: False where all of it was there already.
    """

    folder: Path
    train: int
    validation: int
    held_out: int
    classes: int
    written: bool

    def __str__(self) -> str:
        images = (
            f"{self.train:,} images to train, {self.validation:,} to validate and {self.held_out:,} held out"
        )
        if self.written:
            return f"wrote {images} to {self.folder}"
        return f"nothing to do: {self.folder} has all {images}"

    def to_json(self) -> dict[str, Any]:
        """The summary for programs."""
        return {
            "folder": str(self.folder),
            "train": self.train,
            "validation": self.validation,
            "held_out": self.held_out,
            "classes": self.classes,
            "written": self.written,
        }


def write_digits(folder: Path) -> SampleSummary:
    """Writes train/<digit>/, validation/<digit>/ and held-out/<digit>_<number>.png, the same everywhere.

    No image is in two of them. The folder appears when it is complete; one that has all the images already
    is left as it is.

    Raises:
        ImgpipeError: The folder holds something else, or cannot be written.
    """
    files = _render_digits()
    try:
        written = _write(folder, files)
    except OSError as error:
        raise ImgpipeError(
            Finding(
                "V202",
                "sample-not-written",
                f"{folder}: {error.strerror or error}",
                hint="name another folder",
            )
        ) from error
    tops = [path.partition("/")[0] for path in files]
    return SampleSummary(
        folder=folder,
        train=tops.count("train"),
        validation=tops.count("validation"),
        held_out=tops.count("held-out"),
        classes=len({path.split("/")[1] for path in files if path.startswith("train/")}),
        written=written,
    )


def _write(folder: Path, files: Mapping[str, bytes]) -> bool:
    if folder.exists():
        there = {path.relative_to(folder).as_posix(): path for path in _visible_files(folder)}
        if there:
            _refuse_changes(folder, there, files)
            return False
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Beside the folder, so that the rename stays within one file system.
    partial = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        for path, data in files.items():
            file = partial / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        partial.chmod(0o755)
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return True


def _visible_files(folder: Path) -> Iterator[Path]:
    # File managers leave hidden files behind; they change nothing.
    return (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def _refuse_changes(folder: Path, there: Mapping[str, Path], files: Mapping[str, bytes]) -> None:
    changes = [
        *(f"{path} missing" for path in sorted(files.keys() - there.keys())),
        *(f"{path} added" for path in sorted(there.keys() - files.keys())),
        *(
            f"{path} changed"
            for path in sorted(files.keys() & there.keys())
            if _differs(there[path], files[path])
        ),
    ]
    if not changes:
        return
    rest = len(changes) - _EXAMPLES
    told = [*changes[:_EXAMPLES], *([f"… and {rest:,} more"] if rest > 0 else [])]
    raise ImgpipeError(
        Finding(
            "V201",
            "sample-changed",
            f"{folder} holds other files than the sample, and they are yours: nothing was written",
            details=(("differs", "; ".join(told)),),
            hint="to start afresh, move the folder away or name another one: imgpipe data sample FOLDER",
        )
    )


def _differs(file: Path, expected: bytes) -> bool:
    found = file.read_bytes()
    if found == expected:
        return False
    # Another version of zlib packs the same pixels into other bytes.
    try:
        with Image.open(BytesIO(found), formats=["PNG"]) as image, Image.open(BytesIO(expected)) as original:
            return image.size != original.size or image.tobytes() != original.tobytes()
    except (OSError, SyntaxError, ValueError):
        return True


def _render_digits() -> dict[str, bytes]:
    """All files by their paths under the folder."""
    # Takes a second, which no other command should wait for.
    from sklearn.datasets import load_digits

    digits = load_digits()
    files = {}
    for digit in range(10):
        members = [int(number) for number in np.flatnonzero(digits.target == digit)]
        for number, place in zip(members, _places(digit, len(members)), strict=True):
            files[f"{place}{number:04}.png"] = _render(digits.images[number])
    return files


def _places(digit: int, count: int) -> Iterator[str]:
    """Where each image of a class goes: the start of its path. Spread, as neighbours share a writer."""
    held_out = {(2 * i + 1) * count // (2 * HELD_OUT_PER_CLASS) for i in range(HELD_OUT_PER_CLASS)}
    others = 0
    for position in range(count):
        if position in held_out:
            yield f"held-out/{digit}_"
            continue
        others += 1
        yield f"{'train' if others % VALIDATION_SHARE else 'validation'}/{digit}/"


def _render(levels: NDArray[np.float64]) -> bytes:
    """A grey PNG of SIDE pixels from 8x8 levels of 0 to 16.

    Bicubic keeps strokes apart that bilinear would run together, without the ripples that Lanczos leaves on
    the black ground.
    """
    grey = Image.fromarray((levels * (255 / _GREATEST_LEVEL)).round().astype(np.uint8))
    buffer = BytesIO()
    grey.resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(buffer, "PNG")
    return buffer.getvalue()
