"""Small pictures for report pages: coded anew, so that no byte of the original gets into a page."""

from __future__ import annotations

import base64
import io
import warnings
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageOps

# Far above any photograph; a thumbnail must not take the memory of the job.
_MAX_PIXELS = 100_000_000


def data_uri(file: Path | BinaryIO, side: int) -> str | None:
    """A JPEG or PNG as a JPEG in a data URI, upright; None where it cannot be read.

    Args:
        file: The original.
        side: Pixels of the longer side at most.
    """
    try:
        with warnings.catch_warnings():
            # Pillow warns of odd metadata and of large images, which are refused here anyway.
            warnings.simplefilter("ignore")
            return _encode(file, side)
    # Decoders raise anything at all on bad bytes, and a report without one thumbnail is still a report.
    except Exception:
        return None


def _encode(file: Path | BinaryIO, side: int) -> str | None:
    with Image.open(file, formats=["JPEG", "PNG"]) as image:
        if image.width * image.height > _MAX_PIXELS:
            return None
        # Leaves twice the size, from which the resize takes a clean half.
        image.draft("RGB", (2 * side, 2 * side))
        upright = ImageOps.exif_transpose(image).convert("RGB")
    upright.thumbnail((side, side))
    # Pillow would take the comment of the original along.
    upright.info.clear()
    buffer = io.BytesIO()
    upright.save(buffer, "JPEG", quality=82)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
