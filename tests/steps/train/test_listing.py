from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.container import ProgramError
from steps.train import listing
from steps.train.listing import Entry


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A channel with cat/1.jpg, dog/2.jpg and one with odd letters."""
    folder = tmp_path / "train"
    for name in ("cat/1.jpg", "dog/2.jpg", "dog/ü \u2028 2.jpg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def read(images: Path, content: bytes | str, num_classes: int = 2) -> tuple[Entry, ...]:
    """Reads a list file with this content."""
    lists = images.parent / "train_lst"
    lists.mkdir(exist_ok=True)
    (lists / "train.lst").write_bytes(content.encode() if isinstance(content, str) else content)
    return listing.read(lists, images, "train", num_classes)


@pytest.mark.parametrize(
    "content",
    [
        "0\t0\tcat/1.jpg\n1\t1\tdog/2.jpg\n",
        "0\t0\tcat/1.jpg\n1\t1\tdog/2.jpg",
        "0\t0\tcat/1.jpg\r\n1\t1\tdog/2.jpg\r\n",
        "5\t0.000000\tcat/1.jpg\n\n3\t1.000000\tdog/2.jpg\n\n",
    ],
    ids=["plain", "no last newline", "windows", "of im2rec, with empty lines"],
)
def test_a_list_is_read_in_its_order(images: Path, content: str) -> None:
    assert read(images, content) == (Entry("cat/1.jpg", 0), Entry("dog/2.jpg", 1))


def test_names_may_hold_any_letters(images: Path) -> None:
    assert read(images, "0\t1\tdog/ü \u2028 2.jpg\n") == (Entry("dog/ü \u2028 2.jpg", 1),)


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        ("", ["train.lst lists no image"]),
        ("\n \n", ["train.lst lists no image"]),
        ("0 0 cat/1.jpg", ["line 1: 1 columns; index, class and path separated by tabs are needed"]),
        ("0\t0\tcat/1.jpg\tx", ["line 1: 4 columns; index, class and path separated by tabs are needed"]),
        ("0\tcat\tcat/1.jpg", ["line 1: class 'cat' is not one of 0 to 1 (num_classes=2)"]),
        ("0\t2\tcat/1.jpg", ["line 1: class '2' is not one of 0 to 1 (num_classes=2)"]),
        ("0\t-1\tcat/1.jpg", ["line 1: class '-1' is not one of 0 to 1 (num_classes=2)"]),
        ("0\t0.5\tcat/1.jpg", ["line 1: class '0.5' is not one of 0 to 1 (num_classes=2)"]),
        ("0\tinf\tcat/1.jpg", ["line 1: class 'inf' is not one of 0 to 1 (num_classes=2)"]),
        ("0\t0\tcat/9.jpg", ["line 1: no file 'cat/9.jpg' in the channel"]),
        ("0\t0\t../train/cat/1.jpg", ["line 1: path '../train/cat/1.jpg' leads out of the channel"]),
        ("0\t0\t/etc/passwd", ["line 1: path '/etc/passwd' leads out of the channel"]),
        (
            "0\t0\tcat/1.jpg\n1\t7\tdog/2.jpg\n2\t1\tfox/3.jpg",
            [
                "line 2: class '7' is not one of 0 to 1 (num_classes=2)",
                "line 3: no file 'fox/3.jpg' in the channel",
            ],
        ),
        (
            "x\n" * 8,
            [
                *(
                    f"line {n}: 1 columns; index, class and path separated by tabs are needed"
                    for n in range(1, 6)
                ),
                "… and 3 more",
            ],
        ),
        (b"0\t0\t\xff.jpg", [("train.lst is not UTF-8: 'utf-8' codec can't decode byte 0xff in position 4: "
                             "invalid start byte")]),
    ],
    ids=[
        "empty", "empty lines", "spaces", "too many columns", "name as class", "class too large",
        "negative class", "half a class", "infinite class", "missing image", "out of the channel", "absolute",
        "two lines", "many lines", "not UTF-8",
    ],
)  # fmt: skip
def test_a_list_that_cannot_be_used(images: Path, content: bytes | str, problems: list[str]) -> None:
    with pytest.raises(ProgramError) as caught:
        read(images, content)

    expected = ["Customer Error: Invalid lst file in the train channel", *problems]
    assert str(caught.value) == "\n  ".join(expected)


@pytest.mark.parametrize(
    ("names", "found"), [([], "none"), (["a.lst", "b.lst"], "a.lst, b.lst")], ids=["none", "two"]
)
def test_exactly_one_list_is_needed(tmp_path: Path, names: list[str], found: str) -> None:
    (tmp_path / "notes.txt").touch()
    for name in names:
        (tmp_path / name).touch()

    with pytest.raises(ProgramError) as caught:
        listing.read(tmp_path, tmp_path, "validation", 2)

    assert str(caught.value) == (
        "Customer Error: Invalid lst file in the validation channel\n"
        f"  exactly one .lst file is needed in {tmp_path}; found {found}"
    )


@pytest.mark.parametrize(
    ("entries", "labels"),
    [
        ([("cat/1.jpg", 0), ("dog/2.jpg", 1), ("cat/3.jpg", 0)], ("cat", "dog")),
        ([("a/cat/1.jpg", 1), ("b/dog/2.jpg", 0)], ("dog", "cat")),
        ([("1.jpg", 0), ("2.jpg", 1)], ("0", "1")),
        ([("cat/1.jpg", 0), ("kitten/2.jpg", 0), ("dog/3.jpg", 1)], ("0", "dog")),
        ([("all/1.jpg", 0), ("all/2.jpg", 1)], ("0", "1")),
        ([("cat/1.jpg", 0)], ("cat", "1")),
    ],
    ids=["folders", "nested", "no folders", "two folders", "one folder for all", "class without images"],
)
def test_labels(entries: list[tuple[str, int]], labels: tuple[str, ...]) -> None:
    assert listing.labels([Entry(*entry) for entry in entries], 2) == labels


@given(st.lists(st.tuples(st.text("ab/.", max_size=5), st.integers(0, 3))))
def test_there_is_a_label_for_every_class(entries: list[tuple[str, int]]) -> None:
    labels = listing.labels([Entry(*entry) for entry in entries], 4)

    assert len(labels) == 4
    assert all(labels)


PACKED_LIST = "0\t1\tdog/2.jpg\n1\t0.000000\tcat/1.jpg\n"


def test_a_list_beside_packed_images_is_read_without_the_files(tmp_path: Path) -> None:
    (tmp_path / "train.lst").write_text(PACKED_LIST)

    found = listing.beside(tmp_path / "train.rec", [1, 0], 2)

    assert found == (Entry("dog/2.jpg", 1), Entry("cat/1.jpg", 0))


@pytest.mark.parametrize(
    ("name", "content", "classes"),
    [
        ("other.lst", PACKED_LIST.encode(), [1, 0]),
        ("train.lst", PACKED_LIST.encode(), [0, 1]),
        ("train.lst", PACKED_LIST.encode(), [1, 0, 1]),
        ("train.lst", b"0 1 dog/2.jpg", [1]),
        ("train.lst", b"0\t9\tdog/2.jpg", [1]),
        ("train.lst", b"\xff\xfe", [1]),
    ],
    ids=["another name", "another order", "more images", "no columns", "no such class", "no text"],
)
def test_a_list_of_other_images_names_nothing(
    tmp_path: Path, name: str, content: bytes, classes: list[int]
) -> None:
    (tmp_path / name).write_bytes(content)

    assert listing.beside(tmp_path / "train.rec", classes, 2) == ()
