"""Small data sets, listed and inspected, for the tests of what is written about them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from steps.validate.findings import Culprit, Finding, Grade
from steps.validate.images.facts import Channels, Facts, Flaw
from steps.validate.ledger.ledger import Ledger
from steps.validate.settings import Settings
from steps.validate.sources.folder import FolderSource

URIS = {"train": "s3://b/train", "validation": "s3://b/validation"}
SETTINGS = Settings((3, 224, 224), None, 32, 20, False)
BROKEN = b"not an image"


def jpeg(width: int = 40, height: int = 30, colour: tuple[int, int, int] = (200, 100, 0)) -> bytes:
    """An image of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, "JPEG")
    return buffer.getvalue()


@dataclass(frozen=True)
class Dataset:
    """Files on disk and the ledger of them.

    Attributes:
        ledger: Everything is listed and inspected; BROKEN ones are left out as unreadable.
        sources: By split.
    """

    ledger: Ledger
    sources: Mapping[str, FolderSource]


def dataset(folder: Path, files: Mapping[str, bytes]) -> Dataset:
    """Lays files out, such as train/cat/1.jpg, and makes the ledger that inspecting them leads to."""
    for name, content in files.items():
        file = folder / "data" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    sources = {split: FolderSource(uri, folder / "data" / split) for split, uri in URIS.items()}
    ledger = Ledger(folder / "ledger", URIS)
    for split, source in sources.items():
        ledger.list_entries(split, source.entries())
        ledger.keep(
            split,
            [(one, _facts((source.root / one.path).read_bytes())) for one in ledger.uninspected(split)],
        )
    ledger.change("UPDATE files SET left_out = flaw WHERE flaw IS NOT NULL")
    return Dataset(ledger, sources)


def _facts(content: bytes) -> Facts:
    digest = hashlib.sha256(content).digest()
    if content == BROKEN:
        return Facts(digest=digest, flaw=Flaw("unreadable-image", "not an image"))
    with Image.open(io.BytesIO(content)) as image:
        pixels = image.width * image.height
        channels = Channels(pixels, (pixels / 2, pixels / 4, 0.0), (pixels / 2, pixels / 8, 0.0))
        return Facts(image.format, digest, image.width, image.height, channels=channels)


def finding(check: str, *culprits: Culprit, severity: Grade = "error", count: int = 0) -> Finding:
    """A finding of the split that the first culprit is in."""
    return Finding(check, culprits[0].split, severity, count or len(culprits), culprits)
