"""The images of a channel, decoded once by all cores and kept in memory as far as it goes."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import PurePath
from typing import Protocol

from steps.model.preprocessing import ImageError, Pixels
from steps.train.problems import customer_error

Decode = Callable[[bytes], Pixels]

_CHUNK = 256  # images that are in flight
_REPORT_EVERY = 10.0  # seconds

_log = logging.getLogger(__name__)


class Source(Protocol):
    """Where the bytes of an image are: a pathlib.Path, or a place in a RecordIO file."""

    @property
    def parent(self) -> PurePath:
        """What it lies in."""

    @property
    def name(self) -> str:
        """What it is called in there."""

    def read_bytes(self) -> bytes:
        """The bytes of an image file, read anew; from any thread."""


@dataclass(frozen=True)
class Images:
    """Decoded images, [h, w, 3] uint8 each, by position in the list file or RecordIO file.

    Attributes:
        sources: Where they are.
        decode: A file's bytes to pixels.
        kept: The pixels, or None where they did not fit into memory and are decoded anew each time.
    """

    sources: tuple[Source, ...]
    decode: Decode
    kept: tuple[Pixels | None, ...]

    def __len__(self) -> int:
        return len(self.sources)

    def __getitem__(self, index: int) -> Pixels:
        pixels = self.kept[index]
        return self.decode(self.sources[index].read_bytes()) if pixels is None else pixels

    @property
    def kept_bytes(self) -> int:
        """The memory that the kept pixels take."""
        return sum(pixels.nbytes for pixels in self.kept if pixels is not None)


def threads() -> int:
    """The cores that this process may use: Pillow decodes outside Python's lock, so threads fill them."""
    # macOS has no affinity.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def decode_all(sources: Sequence[Source], decode: Decode, channel: str, memory: int) -> Images:
    """Decode every image once, so that a bad one is found before training starts.

    Args:
        sources: Where the images are.
        decode: A file's bytes to pixels; raises ImageError.
        channel: For messages.
        memory: Bytes of pixels to keep at most. The images beyond it are decoded again when needed.

    Raises:
        ProgramError: Images cannot be decoded; the text counts them and names the first.
    """
    started = reported = time.monotonic()
    kept: list[Pixels | None] = []
    problems: list[str] = []
    room = memory
    with ThreadPoolExecutor(threads()) as pool:
        # Not all at once: the pool would hold the results of a set that does not fit.
        for start in range(0, len(sources), _CHUNK):
            chunk = sources[start : start + _CHUNK]
            for source, result in zip(chunk, pool.map(lambda one: _try(one, decode), chunk), strict=True):
                if isinstance(result, str):
                    problems.append(f"{source.parent.name}/{source.name}: {result}")
                    continue
                room -= result.nbytes
                kept.append(result if room >= 0 else None)
            if time.monotonic() - reported >= _REPORT_EVERY:
                reported = time.monotonic()
                _log.info("Decoding the %s images: %d of %d", channel, len(kept), len(sources))
    if problems:
        counts = f"{len(problems)} of {len(sources)} images in the {channel} channel cannot be used"
        raise customer_error(counts, problems)
    images = Images(tuple(sources), decode, tuple(kept))
    _report(images, channel, time.monotonic() - started)
    return images


def _try(source: Source, decode: Decode) -> Pixels | str:
    try:
        return decode(source.read_bytes())
    except ImageError as error:
        return str(error)
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def _report(images: Images, channel: str, seconds: float) -> None:
    count = len(images)
    missing = sum(pixels is None for pixels in images.kept)
    _log.info(
        "Decoded %d %s images in %.1f s (%.0f samples/sec, %d threads); %.0f MiB kept in memory%s",
        count, channel, seconds, count / max(seconds, 1e-9), threads(), images.kept_bytes / 2**20,
        f", {missing} images do not fit and are decoded in every epoch" if missing else "",
    )  # fmt: skip
