"""Files made to break the validation: nothing crashes, hangs or bloats it, and no broken image passes."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from steps.validate import inspection
from steps.validate.images import jpeg
from steps.validate.images.examination import Examination
from steps.validate.images.facts import Facts, Flaw
from steps.validate.images.sampling import EVERY
from steps.validate.inspection import Inspection, inspect
from steps.validate.processes.worker import Mark
from steps.validate.processes.workers import Limits
from steps.validate.sources.folder import FolderSource
from steps.validate.sources.source import Entry

from .hostile import (
    PNG_SIGNATURE,
    blank_png,
    chunk,
    chunks_of,
    exif,
    huge_progressive,
    long_gif,
    many_scans,
    profile_bomb,
    resized_header,
    text_bomb,
    with_chunk,
    without,
)
from .proof import Silent, Weighed
from .scenes import encoded, scene, sound


def two(form: str, seed: int) -> bytes:
    """A file of two images."""
    # Saving leaves its traces in an image, so each is made anew.
    return encoded(scene(seed), form, save_all=True, append_images=[scene(60_000)])


JPEGS = {
    "plain": encoded(scene(60_002)),
    "progressive": encoded(scene(60_003), progressive=True),
    "grey": encoded(scene(60_004).convert("L")),
    "restarts": encoded(scene(60_005), restart_marker_blocks=3),
    "CMYK": encoded(scene(60_006).convert("CMYK")),
    "turned": encoded(scene(60_007), exif=b"Exif\0\0" + exif(6)),
    "several": two("MPO", 60_008),
}
PNGS = {
    "colour": encoded(scene(60_009), "PNG"),
    "palette": encoded(scene(60_010).quantize(60), "PNG", transparency=3),
    "bits": encoded(scene(60_011).convert("1"), "PNG"),
    "transparent": encoded(scene(60_012).convert("RGBA"), "PNG"),
    "animated": two("PNG", 60_013),
    "turned": with_chunk(encoded(scene(60_014), "PNG"), chunk(b"eXIf", exif(3)), chunk(b"tEXt", b"a\0b")),
}
OTHERS = {
    "GIF": two("GIF", 60_015),
    "WebP": two("WEBP", 60_016),
    "TIFF": two("TIFF", 60_017),
    "BMP": encoded(scene(60_018), "BMP"),
}
KINDS = [
    b"IHDR",
    b"PLTE",
    b"IDAT",
    b"IEND",
    b"tRNS",
    b"acTL",
    b"fcTL",
    b"fdAT",
    b"zTXt",
    b"iCCP",
    b"eXIf",
    b"zzZz",
]
# A header that was changed may ask for what takes the oracle too long.
MOST_PIXELS = 4_000_000


@dataclass(frozen=True)
class Given:
    """A source of one file in memory."""

    content: bytes
    uri: str = ""

    def entries(self) -> Iterator[Entry]:
        return iter(())

    def open(self) -> Given:
        return self

    def read(self, entries: Sequence[Entry]) -> Iterator[bytes | Flaw]:
        return (self.content for _ in entries)


def examined(content: bytes, pillow_only: bool = False) -> Facts:
    """What is found out, without the look."""
    with pytest.MonkeyPatch.context() as patch:
        if pillow_only:
            patch.setattr(jpeg, "TURBO", None)
        task = Examination(Given(content), None, EVERY)
        (facts,) = task.start(Mark())([Entry("1", "file", len(content), "")])
    return facts._replace(look=None, channels=None)


def refused(content: bytes, form: str) -> bool:
    """Whether Pillow refuses a file when it is made to look at all of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(io.BytesIO(content), formats=[form]) as image:
                if image.width * image.height > MOST_PIXELS:
                    return False
                image.verify()
            with Image.open(io.BytesIO(content), formats=[form]) as image:
                image.load()
        except Exception:
            return True
    return False


@st.composite
def mutilated(draw: st.DrawFn, images: Mapping[str, bytes]) -> bytes:
    """An image with bytes changed, cut out, put in, moved or repeated."""
    data = bytearray(images[draw(st.sampled_from(sorted(images)))])
    for _ in range(draw(st.integers(1, 4))):
        # Half of them in the first part, where the headers are.
        end = draw(st.sampled_from([min(700, len(data)), len(data)]))
        start = draw(st.integers(0, max(0, end - 1)))
        length = draw(st.sampled_from([1, 2, 8, 100, 1000]))
        there = data[start : start + length]
        change = draw(st.sampled_from(["flip", "set", "cut", "end", "repeat", "zeros", "insert", "splice"]))
        if change == "flip" and there:
            data[start] ^= 1 << draw(st.integers(0, 7))
        elif change == "set":
            data[start : start + 2] = draw(st.binary(min_size=2, max_size=2))
        elif change == "cut":
            del data[start : start + length]
        elif change == "end":
            del data[start:]
        elif change == "repeat":
            data[start:start] = there * draw(st.integers(1, 50))
        elif change == "zeros":
            data[start : start + length] = bytes(len(there))
        elif change == "insert":
            data[start:start] = b"\xff" + draw(st.binary(min_size=1, max_size=8))
        else:
            other = images[draw(st.sampled_from(sorted(images)))]
            data[start:] = other[draw(st.integers(0, len(other))) :]
    return bytes(data)


@st.composite
def rearranged(draw: st.DrawFn) -> bytes:
    """A PNG whose chunks are changed, dropped, repeated or moved, with checksums that are right."""
    data = PNGS[draw(st.sampled_from(sorted(PNGS)))]
    parts = [(kind, data[start + 8 : end - 4]) for kind, start, end in chunks_of(data)]
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(parts) - 1))
        kind, content = parts[place]
        change = draw(st.sampled_from(["kind", "cut", "longer", "byte", "repeat", "move", "drop"]))
        if change == "kind":
            parts[place] = (draw(st.sampled_from(KINDS)), content)
        elif change == "cut":
            parts[place] = (kind, content[: draw(st.integers(0, len(content)))])
        elif change == "longer":
            parts[place] = (kind, content + draw(st.binary(max_size=20)))
        elif change == "byte" and content:
            at = draw(st.integers(0, len(content) - 1))
            parts[place] = (kind, content[:at] + draw(st.binary(min_size=1, max_size=1)) + content[at + 1 :])
        elif change == "drop" and len(parts) > 1:
            del parts[place]
        else:
            moved = parts[place] if change == "repeat" else parts.pop(place)
            parts.insert(draw(st.integers(0, len(parts))), moved)
    return PNG_SIGNATURE + b"".join(chunk(*part) for part in parts)


class TestMutilated:
    @settings(max_examples=300)
    @given(content=mutilated(JPEGS))
    def test_jpeg_that_pillow_refuses_does_not_pass(self, content: bytes) -> None:
        by_turbo, by_pillow = examined(content), examined(content, pillow_only=True)
        if refused(content, "JPEG"):
            assert by_turbo.flaw is not None
            assert by_pillow.flaw is not None
        if by_turbo.flaw is None:
            # simplejpeg finds more damage; of what passes, both tell the same.
            assert by_pillow == by_turbo

    @settings(max_examples=300)
    @given(content=st.one_of(mutilated(PNGS), rearranged()))
    def test_png_that_pillow_refuses_does_not_pass(self, content: bytes) -> None:
        facts = examined(content)
        assert facts.flaw is not None or not refused(content, "PNG")

    @settings(max_examples=300)
    @given(content=mutilated(OTHERS))
    def test_other_formats_never_pass(self, content: bytes) -> None:
        assert examined(content).flaw is not None


def inspected(folder: Path, contents: Mapping[str, bytes]) -> tuple[dict[str, str | None], float]:
    """Reasons by file, and the most memory that a process took, in MB, all but for its last image."""
    root, scales = folder / "files", folder / "scales"
    root.mkdir()
    scales.mkdir()
    for name, content in contents.items():
        (root / name).write_bytes(content)
    source = Weighed(FolderSource("", root), scales)
    task = Inspection({"train": source}, None, EVERY)
    files = sorted(("train", entry) for entry in source.entries())
    found = {
        entry.path: facts.flaw.reason if facts.flaw else None
        for _, some in inspect(task, files, 1, Silent())
        for entry, facts in some
    }
    return found, max(int(file.read_text()) for file in scales.iterdir()) / 1000


def odd_marker() -> bytes:
    return JPEGS["plain"][:20] + b"\xff\x01" + JPEGS["plain"][20:]


def frames_first() -> bytes:
    data = PNGS["animated"]
    found = [(kind, data[start:end]) for kind, start, end in chunks_of(data)]
    order = [b"IHDR", b"fcTL", b"fdAT", b"acTL", b"IDAT", b"IEND"]
    return PNG_SIGNATURE + b"".join(part for kind in order for name, part in found if name == kind)


def no_palette() -> bytes:
    return without(PNGS["palette"], b"PLTE")


def frames_only() -> bytes:
    return without(PNGS["animated"], b"IDAT")


@pytest.mark.parametrize("content", [odd_marker, frames_first, frames_only, no_palette])
def test_what_some_decoders_pass(content: Callable[[], bytes]) -> None:
    for pillow_only in (False, True):
        flaw = examined(content(), pillow_only).flaw
        assert flaw
        assert flaw.check == "unreadable-image"


@pytest.mark.usefixtures("spawnable")
class TestLimits:
    def test_bombs_take_little(self, tmp_path: Path) -> None:
        waves = encoded(scene(60_020), progressive=True)
        printed = encoded(scene(60_021).convert("CMYK"))
        too_early = "damaged JPEG: its coded data ends too early"
        bomb = "damaged PNG: Decompressed data too large for PngImagePlugin.MAX_TEXT_CHUNK"
        cases: dict[str, tuple[bytes, str | None]] = {
            "comment.png": (text_bomb(300), bomb),
            "profile.png": (profile_bomb(300), bomb),
            "pixels.png": (blank_png(20_000, 20_000, 1), "over 100 000 000 pixels"),
            "side.png": (blank_png(2**31 - 1, 1, 1), "over 100 000 000 pixels"),
            "nearly.png": (blank_png(7000, 7000, 1), None),
            "claims.jpg": (resized_header(sound(60_022), 65_500, 65_500), "over 100 000 000 pixels"),
            "less.jpg": (resized_header(sound(60_022), 9000, 9000), too_early),
            "waves.jpg": (resized_header(waves, 4000, 4000), too_early),
            "printed.jpg": (resized_header(printed, 4000, 4000), too_early),
            "scans.jpg": (many_scans(5000), None),
            "scans-large.jpg": (huge_progressive(2000, 60), None),
            "long.gif": (long_gif(100_000), "animated GIF, 100 000 frames"),
            "zz-last.jpg": (sound(60_022), None),
        }
        found, peak = inspected(tmp_path, {name: content for name, (content, _) in cases.items()})
        assert found == {name: reason for name, (_, reason) in cases.items()}
        assert peak < 450

    def test_memory_of_one_image(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(inspection, "LIMITS", Limits(seconds=30, bytes=120 << 20))
        contents = {"a.jpg": sound(1), "b.png": blank_png(9000, 9000, 1), "c.jpg": sound(2)}
        found, peak = inspected(tmp_path, contents)
        reason = "decoding it takes more memory than one image may take"
        assert found == {"a.jpg": None, "b.png": reason, "c.jpg": None}
        assert peak < 250


def test_image_that_ends_grey_is_whole() -> None:
    """What libjpeg puts where data is missing may be what the image shows."""
    image = scene(60_023)
    image.paste((128, 128, 128), (40, 30, 96, 72))
    for options in ({}, {"progressive": True}, {"restart_marker_blocks": 2}):
        content = encoded(image, **options)
        assert np.asarray(Image.open(io.BytesIO(content)))[-1, -1].tolist() == [128, 128, 128]
        assert examined(content, pillow_only=True).flaw is None
