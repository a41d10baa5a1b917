"""A data set in RecordIO: one file a split, which the algorithm reads faster than one an image.

https://docs.aws.amazon.com/sagemaker/latest/dg/image-classification.html
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from PIL import Image as Pillow

from pipeline.data.images import Image, shuffled
from pipeline.errors import Finding, RunError
from steps.recordio import Record, writing_records
from steps.validate.library import Flaw, Ledger, Source, cores, visible, write_lst

_AT_ONCE = 64


@dataclass(frozen=True)
class Scaling:
    """How images are made smaller.

    Attributes:
        side: Pixels of the shorter side; images that are no larger keep their bytes.
        quality: Of the JPEGs that the others become, 1 to 95.
    """

    side: int
    quality: int


def pack(
    ledger: Ledger, split: str, source: Source, classes: Sequence[str], scaling: Scaling | None, out: Path
) -> Iterator[int]:
    """Writes SPLIT/SPLIT.rec, .idx and .lst below a folder, all in the same order.

    Args:
        ledger: Checked.
        split: "train" or "validation".
        source: Where its images are.
        classes: In the order of their indices.
        scaling: None keeps all bytes as they are.
        out: The folder.

    Yields:
        Once for each image that is packed.

    Raises:
        RunError: An image is not what it was when it was checked.
    """
    index = {name: number for number, name in enumerate(classes)}
    file = out / split / split
    # Of Pillow's warnings the check told before what matters.
    with writing_records(file) as writer, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number, (image, content) in enumerate(_contents(source, shuffled(ledger, split), scaling)):
            writer.put(Record(number, (float(index[image.name]),), content))
            yield number
    listed = ((index[image.name], image.entry.path) for image in shuffled(ledger, split))
    write_lst(file.with_suffix(".lst"), listed)


def _contents(
    source: Source, images: Iterator[Image], scaling: Scaling | None
) -> Iterator[tuple[Image, bytes]]:
    reader = source.open()
    make = partial(_made, scaling=scaling)
    with ThreadPoolExecutor(cores()) as pool:
        while chunk := list(islice(images, _AT_ONCE)):
            contents = reader.read([image.entry for image in chunk])
            yield from zip(chunk, _results(pool, make, zip(chunk, contents, strict=True)), strict=True)


def _results(
    pool: ThreadPoolExecutor, make: partial[bytes], pairs: Iterable[tuple[Image, bytes | Flaw]]
) -> Iterator[bytes]:
    return pool.map(make, pairs)


def _made(pair: tuple[Image, bytes | Flaw], scaling: Scaling | None) -> bytes:
    image, content = pair
    if isinstance(content, Flaw):
        raise RunError(_not_packed(image, content.reason))
    if scaling is None:
        return content
    try:
        return scaled(content, scaling)
    # Only what was allowed to stay though it cannot be decoded comes here.
    except (OSError, ValueError, SyntaxError) as error:
        raise RunError(_not_packed(image, str(error))) from error


def scaled(content: bytes, scaling: Scaling) -> bytes:
    """An image with a shorter side of so many pixels, as JPEG; its own bytes if that is no longer."""
    with Pillow.open(io.BytesIO(content)) as image:
        shorter = min(image.size)
        if shorter <= scaling.side:
            return content
        width, height = (max(round(side * scaling.side / shorter), 1) for side in image.size)
        # 16 bits become 8 by their upper ones; Pillow would cut off all above 255.
        flat = image.point(lambda value: value * (1 / 256)).convert("L") if image.mode == "I;16" else image
        small = flat.convert("RGB").resize((width, height), Pillow.Resampling.LANCZOS, reducing_gap=3.0)
        made = io.BytesIO()
        # The orientation stays what it was for whoever heeds it.
        small.save(made, "JPEG", quality=scaling.quality, exif=image.info.get("exif", b""))
        return made.getvalue()


def _not_packed(image: Image, reason: str) -> Finding:
    return Finding(
        "R220",
        "not-packed",
        f"{visible(image.entry.path)} cannot be packed",
        details=(("reason", reason),),
        hint="run it again, which checks what has changed",
    )
