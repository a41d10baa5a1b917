import base64
import io
from pathlib import Path

import pytest
from PIL import Image

from steps.validate.findings import Culprit
from steps.validate.report import thumbnails
from steps.validate.report.thumbnails import MOST, render_thumbnails
from tests.steps.validate.datasets import BROKEN, Dataset, dataset, finding, jpeg


def size_of(uri: str) -> tuple[int, int]:
    with Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))) as image:
        return image.size


def shown(data: Dataset, *culprits: Culprit, check: str = "leak") -> dict[str, str]:
    found = render_thumbnails(data.ledger, data.sources, [finding(check, *culprits)])
    data.ledger.close()
    return found


def test_both_of_a_pair(tmp_path: Path) -> None:
    data = dataset(tmp_path, {"train/cat/1.jpg": jpeg(400, 200), "validation/cat/9.jpg": jpeg(20, 40)})
    found = shown(data, Culprit("train", "cat/1.jpg", "same", "validation/cat/9.jpg"))
    assert {name: size_of(uri) for name, uri in found.items()} == {
        "train/cat/1.jpg": (96, 48),
        "validation/cat/9.jpg": (20, 40),
    }


def test_names_of_all_kinds(tmp_path: Path) -> None:
    names = ['cat/"><script>.jpg', "cat/\n.jpg", "cat/\udcff.jpg", "cat/é/ü.jpg"]
    data = dataset(tmp_path, {f"train/{name}": jpeg() for name in names})
    found = shown(data, *(Culprit("train", name, "dark") for name in names), check="dark-image")
    assert sorted(found) == sorted(f"train/{name}" for name in names)


def test_what_cannot_be_shown_is_left_out(tmp_path: Path) -> None:
    files = {"train/cat/broken.jpg": BROKEN, "train/cat/gone.jpg": jpeg(), "train/cat/changed.jpg": jpeg()}
    data = dataset(tmp_path, {**files, "train/cat/1.jpg": jpeg(), "train/cat/big.jpg": jpeg()})
    data.ledger.change("UPDATE files SET size = 1000000000 WHERE path = ?", b"cat/big.jpg")
    root = data.sources["train"].root / "cat"
    (root / "gone.jpg").unlink()
    (root / "changed.jpg").write_bytes(BROKEN)
    names = ["broken", "gone", "changed", "big", "never", "1"]
    culprits = [Culprit("train", f"cat/{name}.jpg", "dark") for name in names]
    assert list(shown(data, *culprits, Culprit("train", "", "x"), Culprit("other", "cat/1.jpg", "x"))) == [
        "train/cat/1.jpg"
    ]


def test_classes_have_no_pictures(tmp_path: Path) -> None:
    data = dataset(tmp_path, {"train/cat/1.jpg": jpeg()})
    assert shown(data, Culprit("train", "cat/1.jpg", "x"), check="empty-class") == {}


def test_no_more_than_the_page_can_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thumbnails, "MOST", 5)
    data = dataset(tmp_path, {f"train/cat/{i}.jpg": jpeg() for i in range(9)} | {"train/cat/x.jpg": BROKEN})
    culprits = [Culprit("train", f"cat/{i}.jpg", "x") for i in ("x", *range(9))]
    warning = finding("dark-image", *culprits[:5], severity="warning")
    error = finding("leak", *culprits[5:8], culprits[0])
    found = render_thumbnails(data.ledger, data.sources, [warning, error])
    data.ledger.close()
    assert list(found) == [f"train/cat/{i}.jpg" for i in (4, 5, 0, 6, 1)]
    assert MOST == 60
