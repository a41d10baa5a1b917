"""Finds out all that is to be known of the files of a chunk. Runs in a worker process."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType, ModuleType

import numpy as np
from PIL import Image

from steps.validate import jpeg, png
from steps.validate.facts import Channels, Facts, Flaw, Trait
from steps.validate.formats import HEAD_BYTES, found_format, named_format
from steps.validate.frames import count_frames
from steps.validate.look import Gallery
from steps.validate.raster import Raster, refusal
from steps.validate.source import Entry, Reader, Source
from steps.validate.wording import grouped
from steps.validate.workers import Mark

MAX_BYTES = 200_000_000
"""A larger file is not read at all: no image of at most MAX_PIXELS needs as much."""

# Colours are measured on what a network of the usual size sees, not on every pixel of a photograph.
_COLOUR_SIDE = 224
_LEVELS = np.arange(256) / 255
_DECODERS: Mapping[str, ModuleType] = MappingProxyType({"JPEG": jpeg, "PNG": png})


@dataclass(frozen=True)
class Examination:
    """The task of the workers: files of a source in, one Facts a file out.

    Attributes:
        source: Where the files are.
        smallest: Least (width, height) in pixels, or None when any size will do.
        sample: The colours of one image of so many are measured, chosen by its content.
    """

    source: Source
    smallest: tuple[int, int] | None
    sample: int

    def start(self, mark: Mark) -> Callable[[Sequence[Entry]], list[Facts]]:
        """See Task."""
        reader = self.source.open()

        def examine(chunk: Sequence[Entry]) -> list[Facts]:
            with warnings.catch_warnings():
                # Pillow warns of odd metadata, which no algorithm reads.
                warnings.simplefilter("ignore")
                return self._examine(chunk, reader, mark)

        return examine

    def _examine(self, chunk: Sequence[Entry], reader: Reader, mark: Mark) -> list[Facts]:
        gallery = Gallery(len(chunk))
        found: list[Facts] = []
        contents = reader.read([entry for entry in chunk if entry.size <= MAX_BYTES])
        for entry in chunk:
            mark.fetching()
            content = next(contents) if entry.size <= MAX_BYTES else _too_many_bytes(entry)
            mark.working()
            if isinstance(content, Flaw):
                found.append(Facts(flaw=content))
            else:
                found.append(self._facts(entry, content, gallery))
        looks = gallery.looks()
        return [replace(facts, look=next(looks)) if facts.width else facts for facts in found]

    def _facts(self, entry: Entry, data: bytes, gallery: Gallery) -> Facts:
        """All but the look, for which the image is hung in the gallery if it can be decoded."""
        digest = hashlib.sha256(data).digest()
        found = found_format(data[:HEAD_BYTES])
        decoder = _DECODERS.get(found or "")
        if found is None or decoder is None:
            return Facts(format=found, digest=digest, flaw=_not_taken(data, found))
        try:
            raster = decoder.decode(data)
            gallery.hang(raster.grey)
            channels = self._channels(digest, data, decoder)
        # Decoders raise anything at all on mutilated bytes (struct.error, IndexError, SyntaxError), and one
        # file must not end the check of a million.
        except Exception as error:
            return Facts(format=found, digest=digest, flaw=refusal(error, found, len(data)).flaw)
        traits = raster.traits
        if named_format(entry.path) not in (None, found):
            traits |= Trait.WRONG_EXTENSION
        return Facts(
            found,
            digest,
            raster.width,
            raster.height,
            self._size_flaw(raster),
            traits,
            raster.frames,
            channels=channels,
        )

    def _size_flaw(self, raster: Raster) -> Flaw | None:
        if self.smallest is None:
            return None
        width, height = self.smallest
        if raster.width >= width and raster.height >= height:
            return None
        return Flaw("image-too-small", f"{raster.width}x{raster.height}, at least {width}x{height}")

    def _channels(self, digest: bytes, data: bytes, decoder: ModuleType) -> Channels | None:
        if int.from_bytes(digest[:8], "big") % self.sample:
            return None
        return _sums(decoder.colours(data, _COLOUR_SIDE))


def _sums(image: Image.Image) -> Channels:
    counts = np.array(image.histogram(), dtype=np.float64).reshape(3, 256)
    red, green, blue = (counts @ _LEVELS).tolist()
    red_square, green_square, blue_square = (counts @ _LEVELS**2).tolist()
    pixels = image.width * image.height
    return Channels(pixels, (red, green, blue), (red_square, green_square, blue_square))


def _too_many_bytes(entry: Entry) -> Flaw:
    return Flaw("image-too-large", f"{grouped(entry.size)} bytes, at most {grouped(MAX_BYTES)}")


def _not_taken(data: bytes, found: str | None) -> Flaw:
    if found is None:
        return Flaw("unreadable-image", "not an image" if data else "zero bytes")
    frames = count_frames(data, found)
    if frames == 1:
        return Flaw("unsupported-format", found)
    told = f"TIFF, {frames} pages" if found == "TIFF" else f"animated {found}, {grouped(frames)} frames"
    return Flaw("unsupported-format", told)
