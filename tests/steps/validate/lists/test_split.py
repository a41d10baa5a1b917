import hashlib
import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.validate.images.facts import Facts, Flaw, Look
from steps.validate.ledger.ledger import Ledger
from steps.validate.lists.split import Group, choose_groups, divide, unite, validation_size
from steps.validate.sources.source import Entry


@pytest.mark.parametrize(
    ("images", "share", "expected"),
    [
        (0, 0.2, 0),
        (1, 0.9, 0),
        (2, 0.01, 1),
        (2, 0.99, 1),
        (7, 0.2, 1),
        (8, 0.2, 2),
        (10, 0.25, 3),
        (1000, 0.2, 200),
    ],
)
def test_validation_size(images: int, share: float, expected: int) -> None:
    assert validation_size(images, share) == expected


def groups_of(*images: int) -> list[Group]:
    return [Group(bytes([i]), one) for i, one in enumerate(images)]


@pytest.mark.parametrize(
    ("images", "share", "chosen"),
    [
        pytest.param((1,) * 10, 0.2, [0, 1], id="the first ones"),
        pytest.param((1, 3, 1, 1), 0.5, [0, 2, 3], id="a group that is too large is left for training"),
        pytest.param((5, 2, 3), 0.1, [1], id="the smallest rather than none"),
        pytest.param((5,), 0.2, [], id="all equal"),
        pytest.param((1,), 0.5, [], id="one image"),
        pytest.param((), 0.5, [], id="none"),
        pytest.param((2, 2), 0.5, [0], id="two pairs"),
    ],
)
def test_choice(images: tuple[int, ...], share: float, chosen: list[int]) -> None:
    found = choose_groups(groups_of(*images), sum(images), share)
    assert list(found) == [bytes([i]) for i in chosen]


def test_images_that_must_train_count_for_the_share() -> None:
    assert list(choose_groups(groups_of(1, 1, 1), 10, 0.2)) == [b"\x00", b"\x01"]
    assert list(choose_groups([], 10, 0.2)) == []


@given(st.lists(st.integers(1, 5), max_size=30), st.floats(0.01, 0.99))
def test_share_is_kept_as_far_as_groups_allow(images: list[int], share: float) -> None:
    total = sum(images)
    chosen = set(choose_groups(groups_of(*images), total, share))
    taken = sum(group.images for group in groups_of(*images) if group.key in chosen)
    assert taken < max(total, 1)
    assert bool(taken) == (len(images) > 1)
    if len(images) > 1:
        assert validation_size(total, share) - 5 < taken <= max(validation_size(total, share), min(images))


URIS = {"train": "s3://b/images", "validation": "s3://b/images"}


def sha256(content: str) -> bytes:
    return hashlib.sha256(content.encode()).digest()


def ledger_of(path: Path, images: dict[str, str]) -> Ledger:
    """A ledger of images by path, each with its content; those without content cannot be read."""
    ledger = Ledger(path, URIS)
    entries = [Entry(name, "file", 1, "v") for name in images]
    ledger.list_entries("train", entries)
    facts = {
        name: Facts("JPEG", sha256(content), 8, 8)
        if content
        else Facts(digest=sha256(""), flaw=Flaw("unreadable-image", "zero bytes"))
        for name, content in images.items()
    }
    ledger.keep("train", [(entry, facts[entry.path]) for entry in entries])
    return ledger


def scene(name: str, number: int) -> Facts:
    """What is known of one of the photographs of a scene: other bytes, the same look."""
    drawn = random.Random(number)
    look = Look(drawn.getrandbits(63), drawn.randbytes(256), 0.5, 0.2, 0.1, 5.0)
    return Facts("JPEG", sha256(name), 8, 8, look=look)


class TestDivide:
    def test_each_class_gives_its_share(self, tmp_path: Path) -> None:
        images = {f"cat/{i}": f"cat{i}" for i in range(50)} | {f"dog/{i}": f"dog{i}" for i in range(10)}
        with ledger_of(tmp_path / "l", images) as ledger:
            divide(ledger, 0.2)
            taken = Counter(path.partition("/")[0] for path in ledger.usable("validation"))
            assert taken == {"cat": 10, "dog": 2}
            assert len(list(ledger.usable("train"))) == 48

    def test_choice_depends_on_content_alone(self, tmp_path: Path) -> None:
        contents = [f"image {i}" for i in range(40)]
        with ledger_of(tmp_path / "1", {f"cat/{i}": text for i, text in enumerate(contents)}) as ledger:
            divide(ledger, 0.25)
            first = {contents[int(path.partition("/")[2])] for path in ledger.usable("validation")}
        with ledger_of(tmp_path / "2", {f"a/{text}": text for text in reversed(contents)}) as ledger:
            divide(ledger, 0.25)
            second = {path.partition("/")[2] for path in ledger.usable("validation")}
        assert first == second == set(sorted(contents, key=sha256)[:10])

    def test_equal_images_stay_together(self, tmp_path: Path) -> None:
        images = {f"cat/{i}": f"image {i // 3}" for i in range(60)}
        with ledger_of(tmp_path / "l", images) as ledger:
            divide(ledger, 0.3)
            sides = [{images[path] for path in ledger.usable(split)} for split in ("train", "validation")]
        assert not sides[0] & sides[1]
        assert len(sides[1]) == 6

    def test_images_that_look_the_same_stay_together(self, tmp_path: Path) -> None:
        names = [f"cat/{i}" for i in range(60)]
        with ledger_of(tmp_path / "l", {name: name for name in names}) as ledger:
            entries = [Entry(name, "file", 1, "v") for name in names]
            ledger.keep("train", [(one, scene(one.path, i // 3)) for i, one in enumerate(entries)])
            divide(ledger, 0.3)
            sides = [{names.index(path) // 3 for path in ledger.usable(split)} for split in URIS]
        assert not sides[0] & sides[1]
        assert len(sides[1]) == 6

    def test_equal_images_of_two_classes_train(self, tmp_path: Path) -> None:
        images = {f"cat/{i}": f"both {i}" for i in range(9)} | {f"dog/{i}": f"both {i}" for i in range(9)}
        with ledger_of(tmp_path / "l", {**images, "cat/own": "cat", "dog/own": "dog"}) as ledger:
            divide(ledger, 0.5)
            assert list(ledger.usable("validation")) == ["cat/own", "dog/own"]

    def test_what_cannot_be_read_trains_and_does_not_count(self, tmp_path: Path) -> None:
        with ledger_of(
            tmp_path / "l", {"cat/1": "a", "cat/2": "b", **{f"cat/x{i}": "" for i in range(98)}}
        ) as ledger:
            divide(ledger, 0.5)
            assert len(list(ledger.usable("validation"))) == 1

    def test_a_divided_ledger_is_united_and_divided_anew(self, tmp_path: Path) -> None:
        images = {f"cat/{i}": f"image {i}" for i in range(10)}
        with ledger_of(tmp_path / "l", images) as ledger:
            divide(ledger, 0.3)
        with Ledger(tmp_path / "l", URIS) as ledger:
            unite(ledger)
            ledger.list_entries("train", [Entry(name, "file", 1, "v") for name in images])
            assert list(ledger.uninspected("train")) == []
            assert len(list(ledger.usable("train"))) == 10
            divide(ledger, 0.5)
            assert len(list(ledger.usable("validation"))) == 5

    def test_dividing_twice_is_dividing_once(self, tmp_path: Path) -> None:
        with ledger_of(tmp_path / "l", {f"cat/{i}": f"image {i}" for i in range(10)}) as ledger:
            divide(ledger, 0.3)
            once = [list(ledger.usable(split)) for split in URIS]
            divide(ledger, 0.3)
            assert [list(ledger.usable(split)) for split in URIS] == once

    def test_a_listing_after_the_division_is_what_counts(self, tmp_path: Path) -> None:
        images = {f"cat/{i}": f"image {i}" for i in range(10)}
        with ledger_of(tmp_path / "l", images) as ledger:
            divide(ledger, 0.5)
            gone, *others = ledger.usable("validation")
            left = [name for name in images if name != gone]
            ledger.list_entries("train", [Entry(name, "file", 1, "v") for name in left])
            again = list(ledger.uninspected("train"))
            assert sorted(entry.path for entry in again) == others
            ledger.keep("train", [(one, Facts("JPEG", sha256(images[one.path]), 8, 8)) for one in again])
            divide(ledger, 0.5)
            usable = [path for split in URIS for path in ledger.usable(split)]
            assert sorted(usable) == left
