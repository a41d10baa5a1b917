from pathlib import Path

import pytest

from steps.container import ProgramError
from steps.recordio import Record, writing_records
from steps.train import records


def write(folder: Path, *labels: tuple[float, ...], name: str = "train") -> Path:
    """A .rec file and its .idx file of images that are their own number."""
    with writing_records(folder / name) as writer:
        for number, label in enumerate(labels):
            writer.put(Record(number, label, f"image {number}".encode()))
    return folder


def test_images_and_their_classes_are_read(tmp_path: Path) -> None:
    images, classes = records.read(write(tmp_path, (1,), (0,), (2,)), "train", 3)

    assert classes == (1, 0, 2)
    assert [image.read_bytes() for image in images] == [b"image 0", b"image 1", b"image 2"]
    assert [image.name for image in images] == [
        "record 0 at byte 0",
        "record 1 at byte 40",
        "record 2 at byte 80",
    ]
    assert {image.parent for image in images} == {tmp_path / "train.rec"}


@pytest.mark.parametrize("others", [(), ("train.lst", "notes.txt")], ids=["alone", "among other files"])
def test_an_index_is_not_needed(tmp_path: Path, others: tuple[str, ...]) -> None:
    (write(tmp_path, (0,)) / "train.idx").unlink()
    for name in others:
        (tmp_path / name).touch()

    assert records.read(tmp_path, "train", 1)[1] == (0,)


def said(folder: Path, num_classes: int = 3) -> list[str]:
    with pytest.raises(ProgramError) as caught:
        records.read(folder, "validation", num_classes)
    first, *problems = str(caught.value).split("\n  ")
    assert first == "Customer Error: Invalid RecordIO file in the validation channel"
    return problems


@pytest.mark.parametrize(
    ("label", "why"),
    [
        ((3.0,), "class 3 is not one of 0 to 2 (num_classes=3)"),
        ((-1.0,), "class -1 is not one of 0 to 2 (num_classes=3)"),
        ((0.5,), "class 0.5 is not one of 0 to 2 (num_classes=3)"),
        ((float("nan"),), "class nan is not one of 0 to 2 (num_classes=3)"),
        ((float("inf"),), "class inf is not one of 0 to 2 (num_classes=3)"),
        ((0.0, 1.0), "2 labels; one is needed"),
    ],
)
def test_wrong_labels(tmp_path: Path, label: tuple[float, ...], why: str) -> None:
    assert said(write(tmp_path, (0,), label)) == [f"train.rec/record 1 at byte 40: {why}"]


def test_many_wrong_labels_are_counted(tmp_path: Path) -> None:
    problems = said(write(tmp_path, *((9.0,) for _ in range(7))))

    assert [line.partition(":")[0] for line in problems] == [
        *(f"train.rec/record {number} at byte {40 * number}" for number in range(5)),
        "… and 2 more",
    ]


def test_no_record(tmp_path: Path) -> None:
    assert said(write(tmp_path)) == ["train.rec has no record"]


def test_no_file_and_several(tmp_path: Path) -> None:
    assert said(tmp_path) == [f"exactly one .rec file is needed in {tmp_path}; found none"]
    write(write(tmp_path, (0,)), (0,), name="more")
    assert said(tmp_path) == [f"exactly one .rec file is needed in {tmp_path}; found more.rec, train.rec"]


def test_a_damaged_file(tmp_path: Path) -> None:
    file = write(tmp_path, (0,), (1,)) / "train.rec"
    file.write_bytes(file.read_bytes()[:-5])

    assert said(tmp_path) == [
        f"{file}: the record at byte 40 cannot be read: the file ends within it",
        "hint: pack the images again",
    ]
