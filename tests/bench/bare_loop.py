"""The least that an inspection can cost: of each image one read, a strict decode and two hashes.

`python -m tests.bench.bare_loop FOLDER PROCESSES` prints the number of images. It finds nothing else, ends at
the first damaged image, and keeps nothing.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import simplejpeg
from PIL import Image

from steps.validate.images.raster import LEAST_SIDE

_CHUNK = 128


def main(folder: str, processes: int) -> None:
    """Reads all images under a folder."""
    files = [str(path) for path in Path(folder).rglob("*.jpg")]
    chunks = [files[start : start + _CHUNK] for start in range(0, len(files), _CHUNK)]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        hashed = sum(len(digests) for digests, _ in pool.imap_unordered(_hash, chunks))
    sys.stdout.write(f"{hashed}\n")


def _hash(files: Sequence[str]) -> tuple[list[bytes], bytes]:
    canvas = Image.new("L", (9, 8 * len(files)))
    digests = []
    for place, file in enumerate(files):
        with open(file, "rb", buffering=0) as opened:  # noqa: PTH123 a bare loop
            data = opened.read()
        digests.append(hashlib.sha256(data).digest())
        # At the scale that the inspection decodes at.
        grey = simplejpeg.decode_jpeg(data, "GRAY", min_height=LEAST_SIDE, min_width=LEAST_SIDE)
        image = Image.frombuffer("L", grey.shape[1::-1], grey, "raw", "L", 0, 1)
        canvas.paste(image.resize((9, 8), Image.Resampling.BILINEAR), (0, 8 * place))
    pixels = np.asarray(canvas).reshape(-1, 8, 9)
    return digests, np.packbits(pixels[:, :, :-1] > pixels[:, :, 1:]).tobytes()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
