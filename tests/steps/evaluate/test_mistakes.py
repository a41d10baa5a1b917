import base64
import io
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from steps.evaluate.mistakes import MOST, Mistake, find_mistakes, render_thumbnails
from steps.evaluate.scores import Scores


def scores_of(labels: list[int], first: list[float]) -> Scores:
    """Two classes; `first` is the probability of the first one."""
    probabilities = np.array([[p, 1 - p] for p in first])
    paths = tuple(f"x/{i}.jpg" for i in range(len(labels)))
    return Scores(("cat", "dog"), paths, np.array(labels), probabilities)


def mistake(path: str) -> Mistake:
    return Mistake(path, "cat", "dog", 0.9, 0.1)


def decode(uri: str | None) -> Image.Image:
    assert uri is not None
    head, data = uri.split(",")
    assert head == "data:image/jpeg;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


class TestFind:
    def test_most_confident_first(self) -> None:
        found = find_mistakes(scores_of([1, 1, 0, 0], [0.6, 0.875, 0.25, 0.9]))
        assert found == [
            Mistake("x/1.jpg", "dog", "cat", 0.875, 0.125),
            Mistake("x/2.jpg", "cat", "dog", 0.75, 0.25),
            Mistake("x/0.jpg", "dog", "cat", 0.6, 0.4),
        ]

    def test_none(self) -> None:
        assert find_mistakes(scores_of([0, 1], [0.9, 0.1])) == []

    def test_at_most_so_many(self) -> None:
        assert len(find_mistakes(scores_of([1] * 100, [0.9] * 100))) == MOST

    def test_equals_keep_their_order(self) -> None:
        assert [one.path for one in find_mistakes(scores_of([1, 1], [0.9, 0.9]))] == ["x/0.jpg", "x/1.jpg"]


class TestThumbnails:
    @pytest.mark.parametrize(
        ("name", "mode", "size", "expected"),
        [
            ("a.jpg", "RGB", (1000, 500), (160, 80)),
            ("a.jpg", "CMYK", (20, 40), (20, 40)),
            ("a.png", "RGBA", (64, 64), (64, 64)),
            ("a.png", "L", (200, 400), (80, 160)),
        ],
    )
    def test_size(
        self, tmp_path: Path, name: str, mode: str, size: tuple[int, int], expected: tuple[int, int]
    ) -> None:
        Image.new(mode, size).save(tmp_path / name)
        (uri,) = render_thumbnails(tmp_path, [mistake(name)])
        with decode(uri) as image:
            assert (image.mode, image.size) == ("RGB", expected)

    def test_upright(self, tmp_path: Path) -> None:
        exif = Image.Exif()
        exif[0x0112] = 6
        Image.new("RGB", (40, 20)).save(tmp_path / "a.jpg", exif=exif)
        (uri,) = render_thumbnails(tmp_path, [mistake("a.jpg")])
        with decode(uri) as image:
            assert image.size == (20, 40)

    def test_images_that_cannot_be_read_have_none(self, tmp_path: Path) -> None:
        (tmp_path / "text.jpg").write_text("hello")
        Image.new("RGB", (9, 9)).save(tmp_path / "film.gif")
        names = ["gone.jpg", "text.jpg", "film.gif"]
        assert render_thumbnails(tmp_path, [mistake(name) for name in names]) == [None, None, None]

    @pytest.mark.parametrize("side", [10_001, 20_000])
    def test_bombs_have_none(self, tmp_path: Path, side: int) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            Image.new("1", (side, side)).save(tmp_path / "a.png", compress_level=1)
        assert render_thumbnails(tmp_path, [mistake("a.png")]) == [None]
