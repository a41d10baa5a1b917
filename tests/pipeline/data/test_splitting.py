from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from pipeline.data.check import look, opened, workspace
from pipeline.data.dataset import find_undivided
from pipeline.data.images import flawed
from pipeline.data.splitting import divided, lay_out, link, require_images, write_lists
from pipeline.errors import RunError
from tests.pipeline.data import pictures
from tests.pipeline.data.pictures import RULES, Quiet, photo

FILES = {
    **{f"{name}/{number}.jpg": photo(ord(name) + 100 * number) for name in "ab" for number in range(10)},
    "a/copy.jpg": photo(ord("a")),
    "b/broken.jpg": b"junk",
}


def make(tmp_path: Path, way: str = "link") -> set[str]:
    """Divides FILES into OUT and returns the validation images, such as a/1.jpg."""
    data, root = find_undivided(pictures.lay_out(tmp_path / "set", FILES))
    out = tmp_path / "out"
    with opened(workspace(tmp_path / "home", data, None), data, RULES) as ledger:
        look(ledger, data, RULES, 1, Quiet())
        counts = divided(ledger, 0.2)
        assert flawed(ledger) == 1
        if way == "lists":
            write_lists(ledger, out)
            lines = (out / "validation.lst").read_text().splitlines()
            assert len((out / "train.lst").read_text().splitlines()) == counts["train"]
            return {line.split("\t")[2] for line in lines}
        done = list(lay_out(ledger, root, out, link if way == "link" else shutil.copy2))
    assert len(done) == sum(counts.values()) == 21
    return {str(file.relative_to(out / "validation")) for file in (out / "validation").rglob("*.jpg")}


@pytest.mark.parametrize("way", ["link", "copy"])
def test_each_class_is_divided_and_copies_stay_together(tmp_path: Path, way: str) -> None:
    validation = make(tmp_path, way)
    assert [sum(name.startswith(f"{one}/") for name in validation) for one in "ab"] == [2, 2]
    assert ("a/0.jpg" in validation) == ("a/copy.jpg" in validation)
    out = tmp_path / "out"
    train = {str(file.relative_to(out / "train")) for file in (out / "train").rglob("*.jpg")}
    assert train | validation == FILES.keys() - {"b/broken.jpg"}
    assert not train & validation
    one = next(iter(train))
    assert (out / "train" / one).read_bytes() == FILES[one]
    assert (out / "train" / one).samefile(tmp_path / "set" / one) == (way == "link")
    # The source is as it was.
    assert {
        str(file.relative_to(tmp_path / "set")) for file in (tmp_path / "set").rglob("*.jpg")
    } == FILES.keys()


def test_lists_name_the_same_images(tmp_path: Path) -> None:
    assert make(tmp_path, "lists") == make(tmp_path / "again")


def test_links_become_copies_on_another_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    (tmp_path / "one").write_bytes(b"1")
    monkeypatch.setattr(os, "link", no_links)
    link(tmp_path / "one", tmp_path / "two")
    assert (tmp_path / "two").read_bytes() == b"1"
    assert not (tmp_path / "two").samefile(tmp_path / "one")


def test_a_division_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    data, root = find_undivided(pictures.lay_out(tmp_path / "set", FILES))
    with opened(workspace(tmp_path / "home", data, None), data, RULES) as ledger:
        look(ledger, data, RULES, 1, Quiet())
        divided(ledger, 0.2)
        with pytest.raises(OSError, match="No space left"):
            list(lay_out(ledger, root, tmp_path / "out", full))
    assert sorted(item.name for item in tmp_path.iterdir()) == ["home", "set"]


@pytest.mark.parametrize(
    ("files", "told"),
    [
        pytest.param({}, "it holds no files", id="empty"),
        pytest.param({"1.jpg": photo(1)}, "1 file outside of class folders", id="loose images"),
        pytest.param(
            {"a/1.jpg": b"junk"}, "1 file in class folders that cannot be used", id="none that can be used"
        ),
        pytest.param(
            {"a/1.jpg": b"junk", "2.jpg": photo(2), "3.jpg": photo(3), ".hidden": b""},
            "2 files outside of class folders and 1 file in class folders that cannot be used",
            id="both",
        ),
    ],
)
def test_nothing_to_divide(tmp_path: Path, files: dict[str, bytes], told: str) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    data, _ = find_undivided(pictures.lay_out(folder, files))
    with opened(workspace(tmp_path / "home", data, None), data, RULES) as ledger:
        look(ledger, data, RULES, 1, Quiet())
        with pytest.raises(RunError) as caught:
            require_images(ledger, data.name)
    why = f"`imgpipe data check {folder}` tells why, or " if "cannot be used" in told else ""
    assert str(caught.value) == (
        f"error R223 nothing-to-divide: {folder} has no images to divide\n"
        f"  reason: {told}\n"
        f"  hint:   {why}lay images out in one folder a class: {folder}/cat/1.jpg, {folder}/dog/2.jpg"
    )
