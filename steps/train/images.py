"""The images of a channel, decoded once by all cores and kept in memory as far as it goes."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from steps.container import ProgramError
from steps.model.preprocessing import ImageError, Pixels

Decode = Callable[[bytes], Pixels]

_SHOWN = 5
_CHUNK = 256  # images that are in flight
_REPORT_EVERY = 10.0  # seconds

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Images:
    """Decoded images, [h, w, 3] uint8 each, by position in the list file.

    Attributes:
        paths: Of the files.
        decode: A file's bytes to pixels.
        kept: The pixels, or None where they did not fit into memory and are decoded anew each time.
    """

    paths: tuple[Path, ...]
    decode: Decode
    kept: tuple[Pixels | None, ...]

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> Pixels:
        pixels = self.kept[index]
        return self.decode(self.paths[index].read_bytes()) if pixels is None else pixels

    @property
    def kept_bytes(self) -> int:
        """The memory that the kept pixels take."""
        return sum(pixels.nbytes for pixels in self.kept if pixels is not None)


def threads() -> int:
    """The cores that this process may use: Pillow decodes outside Python's lock, so threads fill them."""
    # macOS has no affinity.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def decode_all(paths: Sequence[Path], decode: Decode, channel: str, memory: int) -> Images:
    """Decode every image once, so that a bad one is found before training starts.

    Args:
        paths: Of the files.
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
        for start in range(0, len(paths), _CHUNK):
            chunk = paths[start : start + _CHUNK]
            for path, result in zip(chunk, pool.map(lambda path: _try(path, decode), chunk), strict=True):
                if isinstance(result, str):
                    problems.append(f"{path.parent.name}/{path.name}: {result}")
                    continue
                room -= result.nbytes
                kept.append(result if room >= 0 else None)
            if time.monotonic() - reported >= _REPORT_EVERY:
                reported = time.monotonic()
                _log.info("Decoding the %s images: %d of %d", channel, len(kept), len(paths))
    if problems:
        raise _unusable(channel, len(paths), problems)
    images = Images(tuple(paths), decode, tuple(kept))
    _report(images, channel, time.monotonic() - started)
    return images


def _try(path: Path, decode: Decode) -> Pixels | str:
    try:
        return decode(path.read_bytes())
    except ImageError as error:
        return str(error)
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def _unusable(channel: str, count: int, problems: list[str]) -> ProgramError:
    lines = [f"Customer Error: {len(problems)} of {count} images in the {channel} channel cannot be used"]
    lines += problems[:_SHOWN]
    if len(problems) > _SHOWN:
        lines.append(f"… and {len(problems) - _SHOWN} more")
    return ProgramError("\n  ".join(lines))


def _report(images: Images, channel: str, seconds: float) -> None:
    count = len(images)
    missing = sum(pixels is None for pixels in images.kept)
    _log.info(
        "Decoded %d %s images in %.1f s (%.0f samples/sec, %d threads); %.0f MiB kept in memory%s",
        count, channel, seconds, count / max(seconds, 1e-9), threads(), images.kept_bytes / 2**20,
        f", {missing} images do not fit and are decoded in every epoch" if missing else "",
    )  # fmt: skip
