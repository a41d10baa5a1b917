from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from steps.validate.facts import Flaw
from steps.validate.findings import CHECKS
from steps.validate.former import Inspected, check_dataset
from steps.validate.scan import ClassFolder, Split
from steps.validate.settings import Settings

Told = tuple[str, str, str, tuple[str, ...]]

SETTINGS = Settings((3, 8, 8), resize=8, mini_batch_size=4, min_images_per_class=2, skip_corrupt=False)
SKIPPING = Settings((3, 8, 8), resize=8, mini_batch_size=4, min_images_per_class=2, skip_corrupt=True)
GOOD = {"cat": 2, "dog": 3}


def side(
    name: str,
    classes: Mapping[str, int | Sequence[str]],
    flaws: Mapping[str, Flaw] | None = None,
    strays: Sequence[str] = (),
    hidden: Sequence[str] = (),
    stray_images: Sequence[str] = (),
) -> Inspected:
    """A split whose classes hold so many images, or images of these names."""
    folders = [
        ClassFolder(key, tuple(f"{key}/{i}" for i in (range(files) if isinstance(files, int) else files)))
        for key, files in sorted(classes.items())
    ]
    split = Split(name, f"s3://b/{name}", Path("/none"), tuple(folders), tuple(strays), tuple(hidden))
    return Inspected(split, flaws or {}, frozenset(stray_images))


def told(train: Inspected, validation: Inspected, settings: Settings = SETTINGS) -> list[Told]:
    return [
        (finding.severity, finding.check, finding.split, tuple(map(str, finding.examples)))
        for finding in check_dataset(train, validation, settings)
    ]


def train_told(train: Inspected, settings: Settings = SETTINGS) -> list[Told]:
    """What is told of a train split beside a validation split with the same classes."""
    same = {folder.name: 4 for folder in train.split.classes}
    return told(train, side("validation", same), settings)


def test_good_dataset_has_no_findings() -> None:
    assert told(side("train", GOOD), side("validation", GOOD)) == []


class TestPresence:
    @pytest.mark.parametrize("classes", [{}, {"cat": 0}], ids=["no folder", "empty folder"])
    def test_no_images(self, classes: dict[str, int]) -> None:
        assert told(side("train", classes), side("validation", GOOD)) == [
            ("error", "no-images", "train", ("train: no images under s3://b/train",))
        ]

    def test_no_images_in_both(self) -> None:
        assert told(side("train", {}), side("validation", {})) == [
            ("error", "no-images", "train", ("train: no images under s3://b/train",)),
            ("error", "no-images", "validation", ("validation: no images under s3://b/validation",)),
        ]

    def test_class_without_images(self) -> None:
        train, validation = side("train", GOOD | {"fox": 0}), side("validation", GOOD | {"fox": 4})
        assert told(train, validation) == [("error", "empty-class", "train", ("train/fox: no images",))]

    def test_class_without_images_in_validation(self) -> None:
        train, validation = side("train", GOOD), side("validation", {"cat": 0, "dog": 4})
        assert told(train, validation) == [
            ("error", "empty-class", "validation", ("validation/cat: no images",))
        ]


class TestStrays:
    def test_image_beside_the_class_folders(self) -> None:
        train = side("train", GOOD, strays=["1.jpg"], stray_images=["1.jpg"])
        assert train_told(train) == [
            ("error", "stray-file", "train", ("train/1.jpg: an image outside of a class folder",))
        ]

    def test_other_file_beside_the_class_folders(self) -> None:
        assert train_told(side("train", GOOD, strays=["README.md"])) == [
            ("warning", "stray-file", "train", ("train/README.md: skipped",))
        ]

    def test_hidden_file(self) -> None:
        assert train_told(side("train", GOOD, hidden=["cat/.DS_Store"])) == [
            ("warning", "hidden-file", "train", ("train/cat/.DS_Store: skipped",))
        ]


class TestClasses:
    def test_one_class(self) -> None:
        assert train_told(side("train", {"cat": 4})) == [
            ("error", "too-few-classes", "train", ("train: 1 class, at least 2",))
        ]

    def test_class_with_too_few_images(self) -> None:
        assert train_told(side("train", {"cat": 1, "dog": 3})) == [
            ("error", "class-too-small", "train", ("train/cat: 1 image, at least 2",))
        ]

    def test_validation_needs_no_least_number_a_class(self) -> None:
        assert told(side("train", GOOD), side("validation", {"cat": 1, "dog": 3})) == []

    def test_class_with_too_few_usable_images(self) -> None:
        train = side("train", {"cat": 2, "dog": 3}, {"cat/1": Flaw("unreadable-image", "zero bytes")})
        assert train_told(train) == [
            ("error", "class-too-small", "train", ("train/cat: 1 usable of 2 images, at least 2",)),
            ("error", "unreadable-image", "train", ("train/cat/1: zero bytes",)),
        ]

    def test_small_images_do_count(self) -> None:
        train = side("train", GOOD, {"cat/1": Flaw("image-too-small", "7x7, at least 8x8")})
        assert train_told(train) == [
            ("error", "image-too-small", "train", ("train/cat/1: 7x7, at least 8x8",))
        ]

    @pytest.mark.parametrize(
        ("train", "validation", "culprits"),
        [
            pytest.param(
                {"cat": 2, "dog": 2},
                {"cat": 2, "dog": 2, "newt": 1},
                ("validation/newt: not in train",),
                id="only in validation",
            ),
            pytest.param(
                {"cat": 2, "dog": 2, "newt": 2},
                {"cat": 2, "dog": 2},
                ("train/newt: not in validation",),
                id="only in train",
            ),
            pytest.param(
                {"cat": 2, "dog": 2},
                {"cat": 2, "Dogs": 2},
                (
                    "validation/Dogs: not in train, which has 'dog'",
                    "train/dog: not in validation, which has 'Dogs'",
                ),
                id="spelt otherwise",
            ),
        ],
    )
    def test_mismatch(
        self, train: dict[str, int], validation: dict[str, int], culprits: tuple[str, ...]
    ) -> None:
        assert told(side("train", train), side("validation", validation)) == [
            ("error", "class-mismatch", "validation", culprits)
        ]


class TestCount:
    def test_fewer_than_a_mini_batch(self) -> None:
        train, validation = side("train", {"cat": 2, "dog": 1}), side("validation", {"cat": 1, "dog": 1})
        settings = Settings((3, 8, 8), 8, mini_batch_size=4, min_images_per_class=1, skip_corrupt=False)
        assert told(train, validation, settings) == [
            ("error", "too-few-images", "train", ("train: 3 images, at least 4 (mini_batch_size)",)),
            (
                "error",
                "too-few-images",
                "validation",
                ("validation: 2 images, at least 4 (mini_batch_size)",),
            ),
        ]

    def test_images_left_out_do_not_count(self) -> None:
        flaws = {f"dog/{i}": Flaw("unreadable-image", "zero bytes") for i in range(2)}
        validation = side("validation", GOOD, flaws)
        assert told(side("train", GOOD), validation, SKIPPING)[0] == (
            "error",
            "too-few-images",
            "validation",
            ("validation: 3 usable of 5 images, at least 4 (mini_batch_size)",),
        )


FLAWS = {
    "cat/2": Flaw("unreadable-image", "truncated at byte 8 192"),
    "dog/3": Flaw("unsupported-format", "GIF"),
    "cat/3": Flaw("unreadable-image", "not an image"),
    "dog/4": Flaw("image-too-large", "over 100 000 000 pixels"),
}
CULPRITS = (
    ("unreadable-image", ("train/cat/2: truncated at byte 8 192", "train/cat/3: not an image")),
    ("unsupported-format", ("train/dog/3: GIF",)),
    ("image-too-large", ("train/dog/4: over 100 000 000 pixels",)),
)


class TestFlaws:
    @pytest.mark.parametrize(
        ("settings", "severity"), [(SETTINGS, "error"), (SKIPPING, "warning")], ids=["fail", "skip"]
    )
    def test_corrupt_images(self, settings: Settings, severity: str) -> None:
        train = side("train", {"cat": 4, "dog": 5}, FLAWS)
        assert train_told(train, settings) == [(severity, check, "train", items) for check, items in CULPRITS]

    def test_usable_images_are_the_others(self) -> None:
        train = side("train", {"cat": 4, "dog": 5}, FLAWS)
        assert train.usable == ("cat/0", "cat/1", "dog/0", "dog/1", "dog/2")

    def test_small_image_is_no_corrupt_image(self) -> None:
        train = side("train", GOOD, {"cat/0": Flaw("image-too-small", "7x7, at least 8x8")})
        assert [severity for severity, *_ in train_told(train, SKIPPING)] == ["error"]


@pytest.mark.parametrize(
    ("name", "culprit"),
    [
        pytest.param("a\tb.jpg", "train/cat/a\\tb.jpg: a tab in the name", id="tab"),
        pytest.param("a\nb.jpg", "train/cat/a\\nb.jpg: a line break in the name", id="newline"),
        pytest.param("a\rb.jpg", "train/cat/a\\rb.jpg: a line break in the name", id="carriage return"),
        pytest.param("a\x85b.jpg", "train/cat/a\\x85b.jpg: a control character in the name", id="control"),
        pytest.param("a\udcff.jpg", "train/cat/a\\udcff.jpg: the name is not UTF-8", id="not UTF-8"),
        pytest.param("a.jpg ", "train/cat/a.jpg : a space at the end of the name", id="space at the end"),
    ],
)
def test_names_that_break_a_list(name: str, culprit: str) -> None:
    train = side("train", {"cat": ["1.jpg", name], "dog": 2})
    assert train_told(train) == [("error", "unsafe-name", "train", (culprit,))]


@pytest.mark.parametrize("name", ["a b.jpg", "été.jpg", "猫.jpg", "a,b;c'd\"e.jpg"])
def test_names_that_are_safe(name: str) -> None:
    assert train_told(side("train", {"cat": ["1.jpg", name], "dog": 2})) == []


def test_findings_come_in_the_order_of_the_checks() -> None:
    train = side(
        "train",
        {"cat": ["a\tb"], "dog": 2},
        {"dog/1": Flaw("unsupported-format", "GIF"), "dog/0": Flaw("unreadable-image", "zero bytes")},
        strays=["x"],
    )
    validation = side("validation", {"cat": 1}, {"cat/0": Flaw("unreadable-image", "zero bytes")})
    order = [finding.check for finding in check_dataset(train, validation, SETTINGS)]
    assert order == sorted(order, key=list(CHECKS).index)
    assert len(set(order)) == 7
