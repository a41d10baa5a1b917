"""A data set with every defect that the checks know, at known places, among images that are sound."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from steps.validate.images.examination import MAX_BYTES
from steps.validate.settings import Settings

from .hostile import blank_png, chunk, exif, header, png, resized_header, text_bomb, with_chunk, without
from .scenes import encoded, scene, sound

SETTINGS = Settings((3, 48, 64), None, mini_batch_size=32, min_images_per_class=10, skip_corrupt=False)
"""Images of less than 64 x 48 pixels are too small."""

TINY = ((15, 20), (16, 20))
"""Widths and heights: a resize to 64 enlarges the first more than four times."""

CLASSES = ("cat", "dog", "fox")
TRAINED, VALIDATED = 120, 30
"""Sound images of each class."""


@dataclass(frozen=True)
class Case:
    """A file of a class and what is wrong with it.

    Attributes:
        path: With its split, such as train/cat/1.jpg.
        content: Its bytes.
        checks: What is told of it.
    """

    path: str
    content: bytes
    checks: tuple[str, ...] = ()


Found = tuple[str, str]
"""A check and what it tells of, such as train/cat/1.jpg, cat being a folder's name."""


def lay(root: Path) -> set[Found]:
    """Writes the data set to train/ and validation/ under a folder and returns what is to be found."""
    expected: set[Found] = set()
    for family in FAMILIES:
        for case in family():
            file = root / case.path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(case.content)
            expected |= {(check, case.path) for check in case.checks}
    return expected | _lay_odd(root) | _lay_classes(root)


def _sound() -> Iterator[Case]:
    """Ordinary images, and unusual ones that have nothing wrong with them."""
    for number, name in enumerate(CLASSES):
        for split, count in (("train", TRAINED), ("validation", VALIDATED)):
            for i in range(count):
                yield Case(
                    f"{split}/{name}/{i:03}.jpg", sound(10_000 * (split == "train") + 1000 * number + i)
                )
    for i, (suffix, content) in enumerate(_unusual()):
        yield Case(f"train/cat/sound-{i:02}{suffix}", content)


def _unusual() -> Iterator[tuple[str, bytes]]:
    image = map(scene, range(20_000, 21_000))
    yield ".JPG", encoded(next(image), progressive=True)
    yield ".jpeg", encoded(next(image), optimize=True, subsampling=0)
    yield ".jfif", encoded(next(image), subsampling=2, restart_marker_blocks=4)
    yield ".jpe", encoded(next(image).convert("L"))
    yield ".jpg", encoded(next(image), comment=b"a comment")
    yield ".jpg", encoded(next(image), exif=b"Exif\0\0" + exif(1))
    yield ".jpg", encoded(next(image)) + bytes(100)
    yield ".jpg", encoded(next(image)) + b"what some camera keeps behind the end"
    yield "", encoded(next(image))
    yield ".png", encoded(next(image), "PNG")
    yield ".PNG", encoded(next(image).convert("L"), "PNG")
    yield ".png", encoded(next(image).convert("1"), "PNG")
    yield ".png", encoded(next(image).convert("RGBA"), "PNG")
    yield ".png", encoded(next(image).convert("LA"), "PNG")
    yield ".png", with_chunk(encoded(next(image), "PNG"), chunk(b"eXIf", exif(1)))
    yield ".jpg", encoded(scene(21_000, (64, 48)))
    yield ".jpg", encoded(scene(21_001, (320, 80)))
    yield ".jpg", encoded(scene(21_002, (65, 257)))


def _unreadable() -> Iterator[Case]:
    photo, drawing = encoded(scene(30_000), progressive=False), encoded(scene(30_001), "PNG")
    waves = encoded(scene(30_002), progressive=True)
    half, start = len(photo) // 2, photo.index(b"\xff\xda") + 14
    data = drawing.index(b"IDAT") + 4
    contents = {
        "half.jpg": photo[:half],
        "half-progressive.jpg": waves[: len(waves) // 2],
        "half-ended.jpg": photo[:half] + b"\xff\xd9",
        "cut-1.jpg": photo[:-1],
        "cut-2.jpg": photo[:-2],
        "cut-64.jpg": photo[:-64],
        "header.jpg": photo[:start],
        "signature.jpg": photo[:3],
        "zero-middle.jpg": photo[:half] + bytes(400) + photo[half + 400 :],
        "zero-end.jpg": photo[:half] + bytes(len(photo) - half),
        "zero-tail.jpg": photo[:-32] + bytes(32),
        "garbage-tail.jpg": photo[:half] + np.random.default_rng(1).bytes(len(photo) - half),
        "text-tail.jpg": photo[:half] + b"<html>502 Bad Gateway</html>" * 9,
        "checksum.png": drawing[:-5] + b"!" + drawing[-4:],
        "checksum-data.png": drawing[: data + 40] + b"????" + drawing[data + 44 :],
        "half.png": drawing[: len(drawing) // 2],
        "cut-1.png": drawing[:-1],
        "cut-12.png": drawing[:-12],
        "no-end.png": without(drawing, b"IEND"),
        "no-data.png": without(drawing, b"IDAT"),
        "no-header.png": without(drawing, b"IHDR"),
        "signature.png": drawing[:8],
        "claims-more.jpg": resized_header(photo, 960, 720),
        "less-data.png": png(header(96, 72), chunk(b"IDAT", b"")),
        "bomb.png": text_bomb(80),
        "empty.jpg": b"",
        "empty.png": b"",
        "text.jpg": b"404 not found\n",
        "labels.txt": b"cat\n",
        "zeros.jpg": bytes(5000),
        "noise.jpg": np.random.default_rng(2).bytes(5000),
    }
    for name, content in contents.items():
        yield Case(f"train/cat/unreadable-{name}", content, ("unreadable-image",))
    yield Case("validation/dog/unreadable.jpg", photo[:half], ("unreadable-image",))


def _unsupported() -> Iterator[Case]:
    image, frames = scene(31_000), [scene(seed).convert("P") for seed in (31_001, 31_002)]
    contents = {
        "still.gif": encoded(image.convert("P"), "GIF"),
        "moving.gif": encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        "gif.jpg": encoded(image.convert("P"), "GIF"),
        "still.webp": encoded(image, "WEBP"),
        "moving.webp": encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:]),
        "webp.jpg": encoded(image, "WEBP"),
        "still.bmp": encoded(image, "BMP"),
        "still.tif": encoded(image, "TIFF"),
        "pages.tif": encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:]),
        "still.heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64),
        "heic.jpg": b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic" + bytes(64),
        "still.avif": b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + bytes(64),
        "vector.svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        "document.jpg": b"%PDF-1.7\n",
        "archive.png": b"PK\x03\x04" + bytes(40),
    }
    for name, content in contents.items():
        yield Case(f"train/dog/unsupported-{name}", content, ("unsupported-format",))


def _sizes() -> Iterator[Case]:
    yield Case("train/fox/large.png", blank_png(20_000, 20_000, 1), ("image-too-large",))
    yield Case("train/fox/large.jpg", resized_header(sound(32_000), 65_000, 65_000), ("image-too-large",))
    for width, height in ((63, 72), (96, 47), (20, 20), (1, 1)):
        small = encoded(scene(width, (width, height)))
        yield Case(f"train/fox/small-{width}x{height}.jpg", small, ("image-too-small",))
    yield Case("train/fox/small.png", encoded(scene(32_002, (63, 47)), "PNG"), ("image-too-small",))
    for width, height in TINY:
        tiny = encoded(scene(32_100 + width, (width, height)))
        yield Case(f"train/fox/tiny-{width}x{height}.jpg", tiny, ("image-too-small",))
    for i, size in enumerate(((480, 80), (64, 320))):
        yield Case(f"train/fox/long-{i}.jpg", encoded(scene(32_010 + i, size)), ("extreme-aspect",))


def _traits() -> Iterator[Case]:
    image = map(scene, range(33_000, 34_000))
    for turn in range(2, 9):
        order = "<>"[turn % 2]
        content = encoded(next(image), exif=b"Exif\0\0" + exif(turn, order))
        yield Case(f"train/cat/turned-{turn}.jpg", content, ("rotated-image",))
    content = with_chunk(encoded(next(image), "PNG"), chunk(b"eXIf", exif(6)))
    yield Case("train/cat/turned.png", content, ("rotated-image",))

    frames = {"append_images": [next(image)], "save_all": True}
    yield Case("train/cat/moving.png", encoded(next(image), "PNG", **frames), ("animated-image",))
    yield Case("train/cat/stereo.jpg", encoded(next(image), "MPO", **frames), ("animated-image",))

    printed = encoded(next(image).convert("CMYK"))
    yield Case("train/dog/printed.jpg", printed, ("cmyk-image",))
    adobe = encoded(next(image).convert("CMYK"))
    place = adobe.index(b"\xff\xee")
    length = 2 + int.from_bytes(adobe[place + 2 : place + 4], "big")
    yield Case("train/dog/plain.jpg", adobe[:place] + adobe[place + length :], ("cmyk-image",))
    ycck = bytearray(encoded(next(image).convert("CMYK")))
    ycck[place + length - 1] = 2
    yield Case("train/dog/ycck.jpg", bytes(ycck), ("cmyk-image",))

    yield from _png_traits(image)
    yield Case("train/dog/png.jpg", encoded(next(image), "PNG"), ("wrong-extension",))
    yield Case("train/dog/jpeg.png", encoded(next(image)), ("wrong-extension",))
    yield Case("train/dog/jpeg.gif", encoded(next(image)), ("wrong-extension",))
    both = encoded(next(image).quantize(64), "PNG", transparency=0)
    yield Case("train/dog/all.jpeg", both, ("wrong-extension", "palette-image", "transparent-image"))


def _png_traits(image: Iterator[Image.Image]) -> Iterator[Case]:
    glass = next(image)
    glass.putalpha(Image.linear_gradient("L").resize(glass.size))
    yield Case("train/dog/glass.png", encoded(glass, "PNG"), ("transparent-image",))
    hole = next(image).convert("LA")
    hole.putpixel((5, 5), (100, 0))
    yield Case("train/dog/hole.png", encoded(hole, "PNG"), ("transparent-image",))
    grey = next(image).convert("L")
    keyed = encoded(grey, "PNG", transparency=grey.getpixel((3, 3)))
    yield Case("train/dog/keyed.png", keyed, ("transparent-image",))
    deep = (np.asarray(next(image).convert("L"), np.uint16) * 257).astype(np.uint16)
    yield Case("train/dog/deep.png", encoded(Image.fromarray(deep), "PNG"), ("sixteen-bit-image",))
    colours = next(image).quantize(200)
    yield Case("train/dog/palette.png", encoded(colours, "PNG"), ("palette-image",))
    clear = encoded(next(image).quantize(100), "PNG", transparency=bytes([0, 128]))
    yield Case("train/dog/clear.png", clear, ("palette-image", "transparent-image"))
    opaque = encoded(next(image).quantize(100), "PNG", transparency=b"\xff\xff")
    yield Case("train/dog/opaque.png", opaque, ("palette-image",))


def _poor() -> Iterator[Case]:
    dark = ImageEnhance.Brightness(scene(34_000)).enhance(0.06)
    darker = ImageEnhance.Brightness(scene(34_001)).enhance(0.12)
    card = Image.new("RGB", (320, 240), "white")
    ImageDraw.Draw(card).text((100, 110), "no image", "black")
    test = Image.new("RGB", (192, 144), "red")
    ImageDraw.Draw(test).rectangle((150, 0, 192, 40), "blue")
    pictures: dict[str, tuple[Image.Image, str]] = {
        "white": (Image.new("RGB", (96, 72), "white"), "blank-image"),
        "black": (Image.new("L", (100, 80), 0), "blank-image"),
        "grey": (Image.new("RGB", (120, 80), (128, 128, 127)), "blank-image"),
        "nearly": (Image.eval(scene(34_002), lambda value: 128 + value // 64), "blank-image"),
        "dark": (dark, "dark-image"),
        "darker": (darker, "dark-image"),
        "blurred": (scene(34_003).filter(ImageFilter.GaussianBlur(6)), "blurred-image"),
        "enlarged": (scene(34_004, (6, 5)).resize((192, 144), Image.Resampling.BICUBIC), "blurred-image"),
        "card": (card, "low-information"),
        "test": (test, "low-information"),
    }
    for name, (image, check) in pictures.items():
        yield Case(f"train/fox/poor-{name}.jpg", encoded(image), (check,))
        yield Case(f"validation/fox/poor-{name}.png", encoded(_varied(image), "PNG"), (check,))


def _varied(image: Image.Image) -> Image.Image:
    """The same defect in another image: mirrored, and of another size."""
    return image.transpose(Image.Transpose.ROTATE_180).resize((image.width + 8, image.height + 6))


def _copies() -> Iterator[Case]:
    one, two, three, four = (sound(35_000 + i) for i in range(4))
    yield Case("train/cat/same-1.jpg", one)
    yield Case("train/cat/same-2.jpg", one, ("duplicate-image",))
    yield Case("train/cat/same-3.jpg", one, ("duplicate-image",))
    yield Case("validation/dog/same-1.jpg", two)
    yield Case("validation/dog/same-2.jpg", two, ("duplicate-image",))
    yield Case("train/cat/conflict.jpg", three)
    yield Case("train/dog/conflict.jpg", three, ("label-conflict",))
    yield Case("train/fox/conflict.jpg", three, ("label-conflict",))
    yield Case("validation/fox/leak.jpg", four)
    yield Case("train/fox/leak.jpg", four, ("leak",))
    both = sound(35_010, "PNG")
    yield Case("validation/cat/both.png", both)
    yield Case("train/dog/both.png", both, ("label-conflict",))


def _near() -> Iterator[Case]:
    changes: dict[str, Callable[[Image.Image], bytes]] = {
        "saved.jpg": lambda image: encoded(image, quality=60),
        "resized.jpg": lambda image: encoded(image.resize((80, 60), Image.Resampling.LANCZOS)),
        "enlarged.jpg": lambda image: encoded(image.resize((200, 150), Image.Resampling.BICUBIC)),
        "copy.png": lambda image: encoded(image, "PNG"),
        "brighter.jpg": lambda image: encoded(ImageEnhance.Brightness(image).enhance(1.04)),
        "grey.jpg": lambda image: encoded(image.convert("L")),
    }
    places = {
        "near-duplicate": ("train/cat", "train/cat"),
        "near-label-conflict": ("train/cat", "train/dog"),
        "near-leak": ("validation/fox", "train/fox"),
    }
    seed = 36_000
    for check, (one, other) in places.items():
        for name, change in changes.items():
            seed += 1
            original = sound(seed)
            yield Case(f"{one}/near-1-{check}-{name}.jpg", original)
            with Image.open(io.BytesIO(original)) as image:
                yield Case(f"{other}/near-2-{check}-{name}", change(image), (check,))


def _troubled() -> Iterator[Case]:
    """Files with names that `proof.Troubled` knows."""
    changed = ("changed-while-scanning",)
    yield Case("train/cat/will-change.jpg", sound(39_000), changed)
    yield Case("train/cat/will-grow.jpg", sound(39_001), changed)
    yield Case("validation/cat/will-vanish.jpg", sound(39_002), changed)
    yield Case("train/dog/locked.jpg", sound(39_003), ("no-permission",))


def _nested() -> Iterator[Case]:
    for i in range(2):
        yield Case(f"train/cat/tabby/{i}.jpg", sound(37_000 + i))
    yield Case("train/dog/a/b/1.jpg", sound(37_002))


FAMILIES: tuple[Callable[[], Iterator[Case]], ...] = (
    _sound,
    _unreadable,
    _unsupported,
    _sizes,
    _traits,
    _poor,
    _copies,
    _near,
    _troubled,
    _nested,
)


def _lay_classes(root: Path) -> set[Found]:
    """Classes that something is wrong with as a whole."""
    counts = {
        "train/rare": 11,
        "validation/rare": 5,
        "train/tiny": 3,
        "validation/tiny": 5,
        "train/owl": 20,
        "validation/yak": 15,
        "train/void": 0,
        "validation/void": 0,
    }
    for number, (folder, count) in enumerate(counts.items()):
        (root / folder).mkdir(parents=True)
        for i in range(count):
            (root / folder / f"{i}.jpg").write_bytes(sound(40_000 + 100 * number + i))
    return {
        ("class-imbalance", "train/rare"),
        ("class-imbalance", "train/tiny"),
        ("class-too-small", "train/tiny"),
        ("class-mismatch", "train/owl"),
        ("class-mismatch", "validation/yak"),
        ("empty-class", "train/void"),
        ("empty-class", "validation/void"),
        ("nested-folder", "train/cat/tabby"),
        ("nested-folder", "train/dog/a"),
    }


def _lay_odd(root: Path) -> set[Found]:
    """What is not an image of a class, or has a name that cannot be listed."""
    names = ("a\tb.jpg", "a\nb.jpg", "a\rb.jpg", "end.jpg ", "bell\a.jpg", "\udcff.jpg")
    for number, name in enumerate(names):
        (root / "train/dog" / name).write_bytes(sound(38_000 + number))
    for path in (
        ".DS_Store",
        "cat/.1.jpg",
        "cat/Thumbs.db",
        ".git/config",
        "__MACOSX/cat/1.jpg",
        "dog/.cache/1",
    ):
        file = root / "train" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(sound(38_100))
    (root / "train/readme.txt").write_text("photographs of animals\n")
    (root / "train/lost.jpg").write_bytes(sound(38_200))
    (root / "validation/lost.gif").write_bytes(b"GIF89a")
    (root / "train/_SUCCESS").touch()
    os.mkfifo(root / "train/cat/pipe.jpg")
    with (root / "train/fox/large-file.jpg").open("wb") as large:
        large.write(sound(38_300))
        # No disk is taken by what was not written.
        large.truncate(MAX_BYTES + 1)
    hidden = (".DS_Store", "cat/.1.jpg", "cat/Thumbs.db", ".git", "__MACOSX", "dog/.cache")
    return {
        *(("unsafe-name", f"train/dog/{name}") for name in names),
        *(("hidden-file", f"train/{path}") for path in hidden),
        ("stray-file", "train/readme.txt"),
        ("stray-file", "train/lost.jpg"),
        ("stray-file", "validation/lost.gif"),
        ("stray-file", "train/cat/pipe.jpg"),
        ("image-too-large", "train/fox/large-file.jpg"),
    }


def lay_links(root: Path) -> set[Found]:
    """Symbolic links, which are told where links are asked for."""
    targets: dict[str, Any] = {
        "train/cat/to-file.jpg": "000.jpg",
        "train/cat/to-folder": root / "train/dog",
        "train/cat/round": root / "train",
        "train/cat/dangling.jpg": "nothing.jpg",
        "train/cat/circle.jpg": "circle.jpg",
        "train/linked": root / "train/dog",
    }
    for path, target in targets.items():
        (root / path).symlink_to(target)
    return {("symlink", path) for path in targets}
