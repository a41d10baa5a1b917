from pathlib import Path
from typing import Any

import pytest

from steps.container import ProgramError
from steps.train import channels
from steps.train.channels import Channels

IMAGE = {"ContentType": "application/x-image", "TrainingInputMode": "File"}
NAMES = ("train", "validation", "train_lst", "validation_lst")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """All four channels with a file each."""
    for name in NAMES:
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    return tmp_path


@pytest.mark.parametrize("content_type", ["application/x-image", "image/jpeg", "image/png"])
def test_the_four_channels_are_found(data: Path, content_type: str) -> None:
    config = {name: IMAGE | {"ContentType": content_type} for name in NAMES}

    assert channels.locate(config, data) == Channels(
        data / "train", data / "validation", data / "train_lst", data / "validation_lst"
    )


def test_files_that_sagemaker_would_stream_are_files(data: Path) -> None:
    config = dict.fromkeys(NAMES, IMAGE | {"TrainingInputMode": "FastFile"})
    assert channels.locate(config, data).train == data / "train"


def test_file_mode_is_the_default(data: Path) -> None:
    config = {name: {"ContentType": "application/x-image"} for name in NAMES}

    assert channels.locate(config, data).train == data / "train"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"train_lst": None}, "train_lst: missing; the image format needs the list file there"),
        ({"validation": None}, "validation: missing; the image format needs the images there"),
        ({"test": IMAGE}, "test: not a channel of the image format"),
        (
            {"model": IMAGE},
            (
                "model: not a channel of the image format; "
                "the local trainer does not train on from an earlier model"
            ),
        ),
        (
            {"train": {"ContentType": "application/x-recordio"}},
            "train: ContentType 'application/x-recordio'; the local trainer reads application/x-image",
        ),
        ({"train": {}}, "train: ContentType None; the local trainer reads application/x-image"),
        (
            {"train": IMAGE | {"TrainingInputMode": "Pipe"}},
            "train: TrainingInputMode 'Pipe'; the image format is read in File mode",
        ),
    ],
    ids=lambda value: str(value)[:30],
)
def test_other_channels_are_refused(data: Path, change: dict[str, Any], problem: str) -> None:
    config = {
        name: value for name, value in (dict.fromkeys(NAMES, IMAGE) | change).items() if value is not None
    }

    with pytest.raises(ProgramError) as caught:
        channels.locate(config, data)

    assert str(caught.value) == f"Customer Error: the input channels cannot be used\n  {problem}"


def test_all_problems_are_told_at_once(data: Path) -> None:
    (data / "validation" / "file").unlink()

    with pytest.raises(ProgramError) as caught:
        channels.locate({"train": IMAGE, "validation": IMAGE, "extra": IMAGE}, data)

    assert str(caught.value) == (
        "Customer Error: the input channels cannot be used\n"
        "  train_lst: missing; the image format needs the list file there\n"
        "  validation_lst: missing; the image format needs the list file there\n"
        "  extra: not a channel of the image format\n"
        f"  validation: {data}/validation is empty"
    )
