from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.data.check import check, opened, workspace
from pipeline.data.dataset import DataSet, find_folder
from pipeline.data.packing import Scaling, pack, scaled
from pipeline.errors import RunError
from steps.recordio import IndexedRecords, read_records
from tests.pipeline.data.pictures import RULES, Quiet, good_set, lay_out, photo

FILES = good_set(("cat", "dog", "emu"))


def packed(data: DataSet, home: Path, out: Path, scaling: Scaling | None = None) -> None:
    place = workspace(home, data, None)
    with opened(place, data, RULES) as ledger:
        assert check(ledger, data, RULES, place, 1, Quiet()).passed
        for split, source in data.sources.items():
            steps = pack(ledger, split, source, ["cat", "dog", "emu"], scaling, out)
            assert list(steps) == list(range(9))


def test_every_image_is_packed_with_its_class_in_an_order_of_no_kind(tmp_path: Path) -> None:
    data = find_folder(lay_out(tmp_path / "set", FILES))
    packed(data, tmp_path / "home", tmp_path / "out")
    for split in ("train", "validation"):
        folder = tmp_path / "out" / split
        records = list(read_records(folder / f"{split}.rec"))
        lines = [line.split("\t") for line in (folder / f"{split}.lst").read_text().splitlines()]
        assert [record.id for record in records] == list(range(9)) == [int(line[0]) for line in lines]
        assert [record.content for record in records] == [FILES[f"{split}/{line[2]}"] for line in lines]
        assert [record.labels for record in records] == [(float(line[1]),) for line in lines]
        assert {(line[1], line[2].split("/")[0]) for line in lines} == {
            ("0", "cat"),
            ("1", "dog"),
            ("2", "emu"),
        }
        assert [line[1] for line in lines] != sorted(line[1] for line in lines)
        with IndexedRecords(folder / f"{split}.rec", folder / f"{split}.idx") as found:
            assert found.read(4) == records[4]
    # In another place it is the same.
    packed(find_folder(lay_out(tmp_path / "twin", FILES)), tmp_path / "home", tmp_path / "again")
    for name in ("train/train.rec", "train/train.idx", "train/train.lst", "validation/validation.rec"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_an_image_that_changes_meanwhile_leaves_nothing(tmp_path: Path) -> None:
    data = find_folder(lay_out(tmp_path / "set", FILES))
    place = workspace(tmp_path / "home", data, None)
    with opened(place, data, RULES) as ledger:
        check(ledger, data, RULES, place, 1, Quiet())
        (tmp_path / "set/train/cat/1.jpg").unlink()
        with pytest.raises(RunError) as caught:
            list(pack(ledger, "train", data.sources["train"], ["cat", "dog", "emu"], None, tmp_path / "out"))
    assert str(caught.value) == (
        "error R220 not-packed: cat/1.jpg cannot be packed\n"
        "  reason: vanished after it was listed\n"
        "  hint:   run it again, which checks what has changed"
    )
    assert [file for file in (tmp_path / "out").rglob("*") if file.is_file()] == []


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "size"),
    [
        pytest.param(saved(Image.new("RGB", (80, 60), "red"), "JPEG"), (40, 30), id="wide"),
        pytest.param(saved(Image.new("RGB", (60, 90), "red"), "PNG"), (30, 45), id="tall PNG"),
        pytest.param(saved(Image.new("RGBA", (60, 60), "#f008"), "PNG"), (30, 30), id="alpha"),
        pytest.param(saved(Image.new("P", (60, 60)), "PNG"), (30, 30), id="palette"),
        pytest.param(saved(Image.new("CMYK", (60, 60)), "JPEG"), (30, 30), id="CMYK"),
    ],
)
def test_large_images_shrink_to_jpegs(content: bytes, size: tuple[int, int]) -> None:
    with Image.open(io.BytesIO(scaled(content, Scaling(30, 90)))) as image:
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", size)


def test_what_pillow_warns_of_is_not_told(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    palette = saved(Image.new("P", (60, 60)), "PNG", transparency=b"\x80")
    data = find_folder(lay_out(tmp_path / "set", {**FILES, "train/cat/0.jpg": palette}))
    packed(data, tmp_path / "home", tmp_path / "out", Scaling(30, 90))
    assert list(recwarn) == []
    with pytest.warns(UserWarning, match="Palette images with Transparency"):
        scaled(palette, Scaling(30, 90))


def test_small_images_keep_their_bytes() -> None:
    assert scaled(photo(1, 30), Scaling(30, 90)) == photo(1, 30)


def test_sixteen_bits_become_eight_by_their_upper_ones() -> None:
    ramp = np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype(np.uint16)
    with Image.open(io.BytesIO(scaled(saved(Image.fromarray(ramp), "PNG"), Scaling(32, 95)))) as image:
        grey = np.asarray(image.convert("L"), dtype=float)
    assert abs(grey.mean() - 127.5) < 2
    assert grey[0].mean() < 5
    assert grey[-1].mean() > 250


def test_the_orientation_is_kept() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    with Image.open(
        io.BytesIO(scaled(saved(Image.new("RGB", (80, 60)), "JPEG", exif=exif), Scaling(30, 90)))
    ) as image:
        assert image.getexif()[0x0112] == 6


def test_quality_matters() -> None:
    low, high = (scaled(photo(1, 64), Scaling(32, quality)) for quality in (30, 95))
    assert len(low) < len(high)
