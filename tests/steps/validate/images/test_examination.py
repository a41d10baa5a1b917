import hashlib
import io
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from steps.validate.images import jpeg
from steps.validate.images.examination import MAX_BYTES, Examination
from steps.validate.images.facts import Facts, Flaw, Trait
from steps.validate.images.raster import MAX_PIXELS
from steps.validate.images.sampling import EVERY
from steps.validate.processes.worker import Mark
from steps.validate.report.statistics import measure_colours
from steps.validate.sources.source import Entry
from tests.steps.validate.conftest import Picture


@dataclass(frozen=True)
class Given:
    """A source of files in memory."""

    contents: dict[str, bytes | Flaw]
    uri: str = "s3://b/train"

    def entries(self) -> Iterator[Entry]:
        return iter(())

    def open(self) -> "Given":
        return self

    def read(self, entries: Sequence[Entry]) -> Iterator[bytes | Flaw]:
        return (self.contents[entry.path] for entry in entries)


Examine = Callable[..., Facts]


@pytest.fixture(params=["simplejpeg", "Pillow"])
def examine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Examine:
    """What is found out about one file; both with simplejpeg and without."""
    if request.param == "Pillow":
        monkeypatch.setattr(jpeg, "TURBO", None)
    else:
        assert jpeg.TURBO is not None

    def look(
        content: bytes | Flaw, name: str = "1", smallest: tuple[int, int] | None = None, sample: bytes = b""
    ) -> Facts:
        size = len(content) if isinstance(content, bytes) else 1
        task = Examination(Given({name: content}), smallest, sample)
        (facts,) = task.start(Mark())([Entry(name, "file", size, "")])
        return facts

    return look


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def png(width: int, height: int, *chunks: tuple[bytes, bytes], depth: int = 8, colour: int = 0) -> bytes:
    """A PNG made of chunks between its header and its end."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n"
    for kind, body in ((b"IHDR", header), *chunks, (b"IEND", b"")):
        data += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return data


def photo(width: int = 300, height: int = 200, seed: int = 0) -> Image.Image:
    rough = np.random.default_rng(seed).integers(0, 256, (height // 10, width // 10, 3), dtype=np.uint8)
    return Image.fromarray(rough).resize((width, height), Image.Resampling.BICUBIC)


def thousands(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def unreadable(reason: str) -> Flaw:
    return Flaw("unreadable-image", reason)


class TestGood:
    @pytest.mark.parametrize("form", ["JPEG", "PNG"])
    @pytest.mark.parametrize("mode", ["RGB", "L"])
    def test_facts(self, examine: Examine, picture: Picture, form: str, mode: str) -> None:
        data = picture(form, 40, 30, mode)
        facts = examine(data)
        expected = Facts(form, hashlib.sha256(data).digest(), 40, 30)
        assert facts._replace(look=None) == expected
        assert facts.look is not None

    @pytest.mark.parametrize("mode", ["RGBA", "P", "1", "LA", "I;16"])
    def test_png_modes(self, examine: Examine, mode: str) -> None:
        assert examine(saved(Image.new(mode, (9, 7)), "PNG")).flaw is None

    @pytest.mark.parametrize("progressive", [False, True], ids=["baseline", "progressive"])
    @pytest.mark.parametrize("subsampling", [0, 1, 2])
    @pytest.mark.parametrize("size", [(1, 1), (300, 200), (63, 900)], ids=str)
    def test_jpeg_kinds(
        self, examine: Examine, progressive: bool, subsampling: int, size: tuple[int, int]
    ) -> None:
        data = saved(photo().resize(size), "JPEG", progressive=progressive, subsampling=subsampling)
        assert examine(data).flaw is None

    @pytest.mark.parametrize("behind", [bytes(500), b"\xff\xd8\xffmaker's own data"], ids=["zeros", "other"])
    def test_what_is_behind_the_end_marker_does_no_harm(
        self, examine: Examine, picture: Picture, behind: bytes
    ) -> None:
        assert examine(picture() + behind).flaw is None

    @pytest.mark.filterwarnings("error")
    def test_pillow_warnings_are_no_flaws(self, examine: Examine, picture: Picture) -> None:
        data = picture()
        broken_exif = b"\xff\xe1\x00\x10Exif\x00\x00II*\x00\xff\xff\xff\xff"
        assert examine(data[:2] + broken_exif + data[2:]).flaw is None

    def test_size_that_is_just_enough(self, examine: Examine, picture: Picture) -> None:
        assert examine(picture(width=40, height=30), smallest=(40, 30)).flaw is None


class TestUnreadable:
    def test_what_the_reader_says(self, examine: Examine) -> None:
        flaw = Flaw("no-permission", "cannot be read: Permission denied")
        assert examine(flaw) == Facts(flaw=flaw)

    def test_zero_bytes(self, examine: Examine) -> None:
        assert examine(b"").flaw == unreadable("zero bytes")

    def test_text(self, examine: Examine) -> None:
        data = b"hello\n"
        assert examine(data, "1.jpg") == Facts(
            digest=hashlib.sha256(data).digest(), flaw=unreadable("not an image")
        )

    @pytest.mark.parametrize("form", ["JPEG", "PNG"])
    @pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.9, 0.97])
    def test_truncated(self, examine: Examine, form: str, share: float) -> None:
        data = saved(photo(), form)
        cut = int(len(data) * share)
        facts = examine(data[:cut])
        assert facts.flaw == unreadable(f"truncated at byte {thousands(cut)}")
        assert (facts.format, facts.width, facts.look) == (form, None, None)

    @pytest.mark.parametrize("form", ["JPEG", "PNG"])
    @pytest.mark.parametrize("cut", [2, 3, 7, 12])
    def test_truncated_in_its_first_bytes(
        self, examine: Examine, picture: Picture, form: str, cut: int
    ) -> None:
        assert examine(picture(form)[:cut]).flaw == unreadable(f"truncated at byte {cut}")

    @pytest.mark.parametrize(
        ("form", "lost"), [("PNG", 2), ("PNG", 4), ("PNG", 12), ("JPEG", 1), ("JPEG", 2)]
    )
    def test_without_its_end(self, examine: Examine, picture: Picture, form: str, lost: int) -> None:
        data = picture(form)[:-lost]
        assert examine(data).flaw == unreadable(f"truncated at byte {len(data)}")

    @pytest.mark.parametrize("progressive", [False, True], ids=["baseline", "progressive"])
    def test_jpeg_filled_with_zeros(self, examine: Examine, progressive: bool) -> None:
        data = saved(photo(), "JPEG", progressive=progressive)
        cut = len(data) // 2
        while data[cut - 1] == 0:
            cut -= 1
        found = examine(data[:cut] + bytes(100_000)).flaw
        assert found == unreadable(f"only zeros from byte {thousands(cut)} on")

    @pytest.mark.parametrize("form", ["JPEG", "PNG"])
    @pytest.mark.parametrize("seed", range(5))
    def test_garbage_at_its_end(self, examine: Examine, form: str, seed: int) -> None:
        data = saved(photo(), form)
        cut = len(data) // 2
        found = examine(data[:cut] + np.random.default_rng(seed).bytes(len(data) - cut)).flaw
        assert found is not None
        assert found.reason.startswith((f"damaged {form}", "truncated"))

    def test_wrong_checksum(self, examine: Examine, picture: Picture) -> None:
        data = bytearray(picture("PNG"))
        data[-17] ^= 1
        found = examine(bytes(data)).flaw
        assert found == unreadable("damaged PNG: broken PNG file (wrong checksum of b'IDAT')")

    def test_png_whose_data_ends_early(self, examine: Examine) -> None:
        data = png(90, 90, (b"IDAT", zlib.compress(bytes(91 * 90))[:-9]))
        found = examine(data).flaw
        assert found is not None
        assert found.check == "unreadable-image"


def test_damage_within_a_jpeg_is_told_by_simplejpeg() -> None:
    data = saved(photo(), "JPEG")
    middle = len(data) // 2
    task = Examination(Given({"1": data[:middle] + data[middle + 50 :]}), None, EVERY)
    (facts,) = task.start(Mark())([Entry("1", "file", len(data), "")])
    assert facts.flaw == unreadable("damaged JPEG: Corrupt JPEG data: premature end of data segment")


class TestRefused:
    @pytest.mark.parametrize(
        ("form", "name"), [("GIF", "GIF"), ("BMP", "BMP"), ("TIFF", "TIFF"), ("WEBP", "WebP")]
    )
    def test_format_is_named(self, examine: Examine, picture: Picture, form: str, name: str) -> None:
        facts = examine(picture(form))
        assert (facts.format, facts.flaw) == (name, Flaw("unsupported-format", name))

    @pytest.mark.parametrize(
        ("form", "reason"),
        [("GIF", "animated GIF, 3 frames"), ("WEBP", "animated WebP, 3 frames"), ("TIFF", "TIFF, 3 pages")],
    )
    def test_animations_are_named(self, examine: Examine, form: str, reason: str) -> None:
        images = [Image.new("RGB", (9, 7), (80 * place, 0, 0)) for place in range(3)]
        data = saved(images[0], form, save_all=True, append_images=images[1:])
        assert examine(data).flaw == Flaw("unsupported-format", reason)

    @pytest.mark.parametrize("side", [10_001, 20_000, 60_000])
    def test_png_of_too_many_pixels(self, examine: Examine, side: int) -> None:
        assert side * side > MAX_PIXELS
        data = png(side, side, (b"IDAT", zlib.compress(bytes(1000))))
        assert examine(data).flaw == Flaw("image-too-large", "over 100 000 000 pixels")

    def test_jpeg_of_too_many_pixels(self, examine: Examine, picture: Picture) -> None:
        data = bytearray(picture())
        start = data.index(b"\xff\xc0") + 5
        data[start : start + 4] = struct.pack(">HH", 10_001, 10_001)
        assert examine(bytes(data)).flaw == Flaw("image-too-large", "over 100 000 000 pixels")

    def test_file_of_too_many_bytes_is_not_read(self) -> None:
        task = Examination(Given({}), None, EVERY)
        (facts,) = task.start(Mark())([Entry("1.jpg", "file", MAX_BYTES + 1, "")])
        reason = "200 000 001 bytes, at most 200 000 000"
        assert facts == Facts(flaw=Flaw("image-too-large", reason))

    @pytest.mark.parametrize("smallest", [(41, 30), (40, 31)], ids=["too narrow", "too low"])
    def test_too_small(self, examine: Examine, picture: Picture, smallest: tuple[int, int]) -> None:
        width, height = smallest
        facts = examine(picture(width=40, height=30), smallest=smallest)
        assert facts.flaw == Flaw("image-too-small", f"40x30, at least {width}x{height}")
        assert facts.look is not None


def _exif(turn: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = turn
    return exif


def _faint() -> Image.Image:
    image = Image.new("RGBA", (9, 7), (9, 9, 9, 255))
    image.putpixel((3, 3), (9, 9, 9, 254))
    return image


class TestTraits:
    @pytest.mark.parametrize(
        ("image", "form", "options", "traits"),
        [
            pytest.param(Image.new("RGB", (9, 7)), "JPEG", {}, Trait(0), id="plain JPEG"),
            pytest.param(Image.new("RGB", (9, 7)), "PNG", {}, Trait(0), id="plain PNG"),
            pytest.param(Image.new("CMYK", (9, 7)), "JPEG", {}, Trait.CMYK, id="CMYK"),
            pytest.param(
                Image.new("RGB", (9, 7)), "JPEG", {"exif": _exif(6)}, Trait.ROTATED, id="rotated JPEG"
            ),
            pytest.param(Image.new("RGB", (9, 7)), "JPEG", {"exif": _exif(1)}, Trait(0), id="upright JPEG"),
            pytest.param(
                Image.new("RGB", (9, 7)), "PNG", {"exif": _exif(3)}, Trait.ROTATED, id="rotated PNG"
            ),
            pytest.param(_faint(), "PNG", {}, Trait.TRANSPARENT, id="transparent"),
            pytest.param(Image.new("RGBA", (9, 7), (9, 9, 9, 255)), "PNG", {}, Trait(0), id="opaque"),
            pytest.param(
                Image.new("LA", (9, 7), (9, 0)), "PNG", {}, Trait.TRANSPARENT, id="transparent grey"
            ),
            pytest.param(Image.new("P", (9, 7)), "PNG", {}, Trait.PALETTE, id="palette"),
            pytest.param(
                Image.new("P", (9, 7)),
                "PNG",
                {"transparency": 0},
                Trait.PALETTE | Trait.TRANSPARENT,
                id="transparent palette",
            ),
            pytest.param(
                Image.new("RGB", (9, 7)),
                "PNG",
                {"transparency": (0, 0, 0)},
                Trait.TRANSPARENT,
                id="transparent colour",
            ),
            pytest.param(Image.new("I;16", (9, 7)), "PNG", {}, Trait.SIXTEEN_BIT, id="16 bit"),
        ],
    )
    def test_told(
        self, examine: Examine, image: Image.Image, form: str, options: dict[str, object], traits: Trait
    ) -> None:
        facts = examine(saved(image, form, **options))
        assert (facts.flaw, facts.traits, facts.frames) == (None, traits, 1)

    @pytest.mark.parametrize("form", ["PNG", "MPO"])
    def test_several_images(self, examine: Examine, form: str) -> None:
        images = [Image.new("RGB", (9, 7), color) for color in ("red", "green", "blue")]
        facts = examine(saved(images[0], form, save_all=True, append_images=images[1:]))
        assert (facts.flaw, facts.traits, facts.frames) == (None, Trait.ANIMATED, 3)

    @pytest.mark.parametrize("broken", [b"MPF\0II*\0\xff\xff\xff\xff", b"MPF\0"], ids=["no list", "nothing"])
    def test_broken_list_of_images(self, examine: Examine, picture: Picture, broken: bytes) -> None:
        data = picture()
        segment = b"\xff\xe2" + struct.pack(">H", 2 + len(broken)) + broken
        facts = examine(data[:2] + segment + data[2:])
        assert (facts.flaw, facts.traits, facts.frames) == (None, Trait(0), 1)

    @pytest.mark.parametrize(
        ("name", "wrong"),
        [
            ("1.jpg", False),
            ("1.JPEG", False),
            ("1.png", True),
            ("1.gif", True),
            ("1", False),
            ("1.v2", False),
        ],
    )
    def test_extension(self, examine: Examine, picture: Picture, name: str, wrong: bool) -> None:
        assert examine(picture(), name).traits == (Trait.WRONG_EXTENSION if wrong else Trait(0))


class TestColours:
    @pytest.mark.parametrize("form", ["JPEG", "PNG"])
    @pytest.mark.parametrize("mode", ["RGB", "L"])
    def test_sums(self, examine: Examine, form: str, mode: str) -> None:
        data = saved(photo(150, 130).convert(mode), form)
        channels = examine(data, sample=EVERY).channels
        pixels = (
            np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), dtype=np.float64).reshape(-1, 3) / 255
        )
        assert channels is not None
        assert channels.pixels == 150 * 130
        assert channels.sums == pytest.approx(tuple(pixels.sum(0)))
        assert channels.squares == pytest.approx(tuple((pixels**2).sum(0)))

    def test_cmyk(self, examine: Examine) -> None:
        channels = examine(saved(Image.new("CMYK", (8, 8), (0, 0, 0, 0)), "JPEG"), sample=EVERY).channels
        assert channels is not None
        assert channels.sums == pytest.approx((64, 64, 64))

    @pytest.mark.parametrize("form", ["JPEG", "PNG"])
    def test_large_image_is_measured_scaled_down(self, examine: Examine, form: str) -> None:
        channels = examine(saved(photo(1300, 1000), form), sample=EVERY).channels
        assert channels is not None
        assert channels.pixels == 325 * 250

    @pytest.mark.parametrize("mode", ["RGBA", "P", "LA", "I;16"])
    def test_large_png_of_any_mode(self, examine: Examine, mode: str) -> None:
        channels = examine(saved(Image.new(mode, (1001, 1000)), "PNG"), sample=EVERY).channels
        assert channels is not None
        assert (channels.pixels, channels.sums) == (251 * 250, (0, 0, 0))

    @pytest.mark.parametrize(
        ("bright", "dark"),
        [
            (("PNG", 1000), ("JPEG", 1000)),
            (("JPEG", 1000), ("PNG", 1000)),
            (("PNG", 40), ("PNG", 1000)),
            (("JPEG", 1000), ("JPEG", 40)),
        ],
        ids=str,
    )
    def test_neither_format_nor_size_weighs(
        self, examine: Examine, bright: tuple[str, int], dark: tuple[str, int]
    ) -> None:
        sample = []
        for (form, side), grey in ((bright, 230), (dark, 23)):
            channels = examine(
                saved(Image.new("RGB", (side, side), (grey,) * 3), form), sample=EVERY
            ).channels
            assert channels is not None
            sample.append(channels)
        found = measure_colours(sample)
        assert found is not None
        assert found.mean == pytest.approx([(230 + 23) / 2 / 255] * 3)
        assert found.std == pytest.approx([(230 - 23) / 2 / 255] * 3)

    def test_sample_is_chosen_by_content(self, examine: Examine) -> None:
        files = [saved(Image.new("L", (2, 2), grey), "PNG") for grey in range(256)]
        chosen = [data for data in files if examine(data, sample=b"\x40").channels is not None]
        assert 40 < len(chosen) < 90
        assert chosen == [data for data in files if hashlib.sha256(data).digest()[0] < 0x40]


def test_both_decoders_tell_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    shapes = [(300, 200), (64, 64), (129, 255), (40, 30), (640, 480)]
    data = {
        f"{size}{mode}{options}": saved(photo().resize(size).convert(mode), "JPEG", **options)
        for size in shapes
        for mode in ("RGB", "L", "CMYK")
        for options in ({"quality": 60}, {"progressive": True}, {"subsampling": 0})
    }
    entries = [Entry(name, "file", len(content), "") for name, content in data.items()]
    found = []
    for turbo in (jpeg.TURBO, None):
        monkeypatch.setattr(jpeg, "TURBO", turbo)
        found.append(Examination(Given(dict(data)), None, EVERY).start(Mark())(entries))
    assert found[0] == found[1]
    assert all(facts.look and facts.channels for facts in found[0])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "TIFF"])
def test_mutilated_images_never_stop_it(
    examine: Examine, picture: Picture, form: str, data: st.DataObject
) -> None:
    whole = picture(form, 64, 48)
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    middle = data.draw(st.binary(max_size=40))
    found = examine(whole[:start] + middle + whole[end:], sample=EVERY)
    assert found.flaw is None or found.flaw.check in {
        "unreadable-image",
        "unsupported-format",
        "image-too-large",
    }
    assert (found.look is None) == (found.width is None)


def test_marks_tell_how_far_it_is(picture: Picture, tmp_path: Path) -> None:
    mark = Mark()
    seen: list[tuple[int, int | None]] = []

    @dataclass(frozen=True)
    class Watched(Given):
        def read(self, entries: Sequence[Entry]) -> Iterator[bytes | Flaw]:
            for entry in entries:
                seen.append((mark.begun, mark.item))
                yield self.contents[entry.path]

        def open(self) -> "Watched":
            return self

    data = picture()
    entries = [Entry(name, "file", len(data), "") for name in "ab"]
    Examination(Watched({"a": data, "b": data}), None, EVERY).start(mark)(entries)
    assert seen == [(1, None), (2, None)]
    assert (mark.begun, mark.item) == (2, 2)


@pytest.mark.parametrize(
    ("place", "form", "sample"),
    [
        ("steps.validate.images.png.refuse_bomb", "PNG", b""),
        ("steps.validate.images.jpeg.zero_gap", "JPEG", b""),
        ("steps.validate.images.png.colours", "PNG", EVERY),
        ("steps.validate.images.examination._sums", "JPEG", EVERY),
    ],
    ids=["decoding PNG", "decoding JPEG", "colours", "sums"],
)
def test_a_mistake_of_ours_is_no_verdict_on_an_image(
    picture: Picture, monkeypatch: pytest.MonkeyPatch, place: str, form: str, sample: bytes
) -> None:
    monkeypatch.setattr(place, None)
    task = Examination(Given({"1": picture(form)}), None, sample)
    with pytest.raises(TypeError, match="'NoneType' object is not callable"):
        task.start(Mark())([Entry("1", "file", 1, "")])


def test_a_mistake_in_counting_images_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    images = [Image.new("RGB", (9, 7), color) for color in ("red", "green")]
    data = saved(images[0], "MPO", save_all=True, append_images=images[1:])
    monkeypatch.setattr(jpeg, "io", None)
    with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'BytesIO'"):
        jpeg._frames(data)
