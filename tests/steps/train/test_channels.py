from pathlib import Path
from typing import Any

import pytest

from steps.container import ProgramError
from steps.train import channels
from steps.train.channels import Channels, Lists

IMAGE = {"ContentType": "application/x-image", "TrainingInputMode": "File"}
RECORDS = {"ContentType": "application/x-recordio", "TrainingInputMode": "File"}
MODEL = {"ContentType": "application/x-sagemaker-model", "TrainingInputMode": "File"}
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
        data / "train", data / "validation", Lists(data / "train_lst", data / "validation_lst")
    )


@pytest.mark.parametrize("mode", ["File", "FastFile"])
def test_packed_images_need_no_lists(data: Path, mode: str) -> None:
    config = dict.fromkeys(NAMES[:2], RECORDS | {"TrainingInputMode": mode})

    assert channels.locate(config, data) == Channels(data / "train", data / "validation")


@pytest.mark.parametrize("others", [dict.fromkeys(NAMES, IMAGE), dict.fromkeys(NAMES[:2], RECORDS)])
def test_an_earlier_model_is_found_beside_either(data: Path, others: dict[str, dict[str, str]]) -> None:
    (data / "model").mkdir()
    (data / "model" / "model.tar.gz").touch()

    assert channels.locate(others | {"model": MODEL}, data).model == data / "model"


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
            {"train": {}},
            (
                "train: ContentType None; the local trainer reads application/x-image, "
                "or application/x-recordio from train and validation"
            ),
        ),
        (
            {"train": IMAGE | {"TrainingInputMode": "Pipe"}},
            "train: TrainingInputMode 'Pipe'; the local trainer reads the image format in File mode",
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


@pytest.mark.parametrize(
    ("change", "problems"),
    [
        ({"train": None}, ["train: missing; RecordIO needs a .rec file there"]),
        ({"train_lst": IMAGE}, ["train_lst: not a channel of RecordIO"]),
        (
            {"validation": IMAGE},
            [
                (
                    "validation: ContentType 'application/x-image'; "
                    "the other channel is application/x-recordio, and both must be"
                )
            ],
        ),
        (
            {"validation": RECORDS | {"TrainingInputMode": "Pipe"}},
            [
                (
                    "validation: TrainingInputMode 'Pipe'; the local trainer reads RecordIO in File mode; "
                    "augmented manifests, which come in Pipe mode, are not read"
                )
            ],
        ),
        (
            {"model": {"ContentType": "application/x-image", "TrainingInputMode": "Pipe"}},
            [
                "model: ContentType 'application/x-image'; an earlier model is application/x-sagemaker-model",
                "model: TrainingInputMode 'Pipe'; the local trainer reads an earlier model in File mode",
                "model: {data}/model is empty",
            ],
        ),
    ],
    ids=lambda value: str(value)[:30],
)
def test_other_channels_beside_packed_images_are_refused(
    data: Path, change: dict[str, Any], problems: list[str]
) -> None:
    given = dict.fromkeys(NAMES[:2], RECORDS) | change

    with pytest.raises(ProgramError) as caught:
        channels.locate({name: value for name, value in given.items() if value is not None}, data)

    assert str(caught.value).split("\n  ")[1:] == [
        problem.replace("{data}", str(data)) for problem in problems
    ]


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
