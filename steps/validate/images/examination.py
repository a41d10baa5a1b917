"""Finds out all that is to be known of the files of a chunk. Runs in a worker process."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType, ModuleType

import numpy as np
from PIL import Image

from steps.validate.images import jpeg, png
from steps.validate.images.facts import Channels, Facts, Flaw, Trait
from steps.validate.images.formats import HEAD_BYTES, found_format, named_format
from steps.validate.images.frames import count_frames
from steps.validate.images.look import Gallery, scaled
from steps.validate.images.raster import Raster, is_mistake, refusal
from steps.validate.processes.worker import Mark
from steps.validate.sources.source import Entry, Reader, Source
from steps.validate.wording import grouped

MAX_BYTES = 200_000_000
"""A larger file is not read at all: no image of at most MAX_PIXELS needs as much."""

# Colours are measured on what a network of the usual size sees, not on every pixel of a photograph.
_COLOUR_SIDE = 128
_LEVELS = np.arange(256) / 255
_DECODERS: Mapping[str, ModuleType] = MappingProxyType({"JPEG": jpeg, "PNG": png})


@dataclass(frozen=True)
class Examination:
    """The task of the workers: files of a source in, one Facts a file out.

    Attributes:
        source: Where the files are.
        smallest: Least (width, height) in pixels, or None when any size will do.
        sample: The colours of those images whose digest is less are measured: see
            `steps.validate.images.sampling`.
    """

    source: Source
    smallest: tuple[int, int] | None
    sample: bytes

    def start(self, mark: Mark) -> Callable[[Sequence[Entry]], list[Facts]]:
        """See Task."""
        reader, gallery = self.source.open(), Gallery()

        def examine(chunk: Sequence[Entry]) -> list[Facts]:
            images: list[Image.Image] = []
            with warnings.catch_warnings():
                # Pillow warns of odd metadata, which no algorithm reads.
                warnings.simplefilter("ignore")
                found = [self._facts(*each, images) for each in _contents(chunk, reader, mark)]
            looks = gallery.looks(images)
            return [facts._replace(look=next(looks)) if facts.width else facts for facts in found]

        return examine

    def _facts(self, entry: Entry, content: bytes | Flaw, images: list[Image.Image]) -> Facts:
        """All but the look; the image is added to `images` if it can be decoded."""
        if isinstance(content, Flaw):
            return Facts(flaw=content)
        digest = hashlib.sha256(content).digest()
        found = found_format(content[:HEAD_BYTES])
        if found is None or found not in _DECODERS:
            return Facts(format=found, digest=digest, flaw=_not_taken(content, found))
        try:
            raster = _DECODERS[found].decode(content)
            colours = _DECODERS[found].colours(content, _COLOUR_SIDE) if digest < self.sample else None
        # Decoders raise anything at all on mutilated bytes (struct.error, IndexError, SyntaxError), and one
        # file must not end the check of a million.
        except Exception as error:
            if is_mistake(error):
                raise
            return Facts(format=found, digest=digest, flaw=refusal(error, found, len(content)).flaw)
        images.append(scaled(raster.grey))
        return Facts(
            format=found,
            digest=digest,
            width=raster.width,
            height=raster.height,
            flaw=self._size_flaw(raster),
            traits=_traits(raster, entry.path, found),
            frames=raster.frames,
            channels=_sums(colours) if colours else None,
        )

    def _size_flaw(self, raster: Raster) -> Flaw | None:
        if self.smallest is None:
            return None
        width, height = self.smallest
        if raster.width >= width and raster.height >= height:
            return None
        return Flaw("image-too-small", f"{raster.width}x{raster.height}, at least {width}x{height}")


def _sums(image: Image.Image) -> Channels:
    counts = np.array(image.histogram(), dtype=np.float64).reshape(3, 256)
    red, green, blue = (counts @ _LEVELS).tolist()
    red_square, green_square, blue_square = (counts @ _LEVELS**2).tolist()
    pixels = image.width * image.height
    return Channels(pixels, (red, green, blue), (red_square, green_square, blue_square))


def _contents(chunk: Sequence[Entry], reader: Reader, mark: Mark) -> Iterator[tuple[Entry, bytes | Flaw]]:
    contents = reader.read([entry for entry in chunk if entry.size <= MAX_BYTES])
    for entry in chunk:
        mark.fetching()
        if entry.size <= MAX_BYTES:
            content = next(contents)
        else:
            reason = f"{grouped(entry.size)} bytes, at most {grouped(MAX_BYTES)}"
            content = Flaw("image-too-large", reason)
        mark.working()
        yield entry, content


def _traits(raster: Raster, path: str, found: str) -> Trait:
    return raster.traits if named_format(path) in (None, found) else raster.traits | Trait.WRONG_EXTENSION


def _not_taken(data: bytes, found: str | None) -> Flaw:
    if found is None:
        return Flaw("unreadable-image", "not an image" if data else "zero bytes")
    frames = count_frames(data, found)
    if frames == 1:
        return Flaw("unsupported-format", found)
    told = f"TIFF, {frames} pages" if found == "TIFF" else f"animated {found}, {grouped(frames)} frames"
    return Flaw("unsupported-format", told)
