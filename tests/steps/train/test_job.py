import json
import logging
import re
from pathlib import Path

import numpy as np
import pytest

from steps.container import ProgramError
from steps.model.preprocessing import Preprocessing
from steps.train import job as jobs
from steps.train.channels import Lists
from steps.train.job import read_data, read_job
from tests.steps.train.jobs import RECORD_CHANNEL, SPLITS, pack, write_job


def test_a_job_is_read(tmp_path: Path) -> None:
    job = read_job(write_job(tmp_path, resize="40"))

    assert job.given.num_layers == 18
    assert job.preprocessing == Preprocessing((3, 32, 32), 40)
    assert job.channels.lists == Lists(*(tmp_path / "input" / "data" / f"{name}_lst" for name in SPLITS))
    assert job.model == tmp_path / "model"


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("hyperparameters.json", None, "[Errno 2] No such file or directory: "),
        ("hyperparameters.json", "{", "Expecting property name enclosed in double quotes"),
        ("inputdataconfig.json", "[]", "a JSON object is needed"),
    ],
)
def test_configuration_that_cannot_be_read(
    tmp_path: Path, name: str, content: str | None, problem: str
) -> None:
    path = write_job(tmp_path) / "input" / "config" / name
    path.unlink()
    if content is not None:
        path.write_text(content)

    with pytest.raises(ProgramError) as caught:
        read_job(tmp_path)

    assert str(caught.value).startswith(str(path))
    assert problem in str(caught.value)


def test_hyperparameters_are_checked_before_the_images_are_looked_at(tmp_path: Path) -> None:
    config = tmp_path / "input" / "config"
    config.mkdir(parents=True)
    (config / "hyperparameters.json").write_text(json.dumps({"epochs": "0"}))

    with pytest.raises(ProgramError, match=r"^Customer Error: 3 hyperparameters cannot be used\n"):
        read_job(tmp_path)


def test_batches_of_one_small_image_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ProgramError) as caught:
        read_job(write_job(tmp_path, mini_batch_size="1"))

    assert str(caught.value) == (
        "Customer Error: mini_batch_size='1' with images of 32x32: the last layers get one value a batch, "
        "which batch normalisation cannot use; take a larger mini_batch_size"
    )


@pytest.mark.parametrize("side", [8, 32])
def test_batches_of_one_image_are_not_for_the_networks_that_halve_it_twice(tmp_path: Path, side: int) -> None:
    shape = f"3,{side},{side}"
    assert read_job(write_job(tmp_path, mini_batch_size="1", num_layers="20", image_shape=shape))


def test_the_way_to_share_weights_is_told_to_be_that_of_one_machine(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    assert read_job(write_job(tmp_path, kv_store="dist_sync")).given.kv_store == "dist_sync"
    assert caplog.messages == ["kv_store: device; dist_sync is for several machines"]


def test_batches_of_one_larger_image_are_not(tmp_path: Path) -> None:
    assert read_job(write_job(tmp_path, mini_batch_size="1", image_shape="3,32,64", resize="64"))


def test_without_resize_there_is_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    config = write_job(tmp_path) / "input" / "config" / "hyperparameters.json"
    given = json.loads(config.read_bytes())
    del given["resize"]
    config.write_text(json.dumps(given))

    assert read_job(tmp_path).preprocessing.resize is None
    assert caplog.messages == [
        "resize is not set, which AWS's documentation requires for image files; sizes are kept"
    ]


def test_the_images_are_read_with_their_classes_and_labels(tmp_path: Path) -> None:
    data = read_data(read_job(write_job(tmp_path)))

    assert (len(data.train), len(data.validation)) == (24, 9)
    assert data.labels == ("blue", "green", "red")
    assert list(data.train.classes) == [0] * 8 + [1] * 8 + [2] * 8
    # The red of a red picture.
    assert data.train.images[23][..., 0].mean() > 150


@pytest.mark.parametrize(
    ("augmentation", "train", "validation"),
    [({}, (32, 32, 3), (32, 32, 3)), ({"augmentation_type": "crop"}, (40, 40, 3), (32, 32, 3))],
    ids=["without augmentation", "with"],
)
def test_only_what_can_be_seen_is_kept(
    tmp_path: Path,
    augmentation: dict[str, str],
    train: tuple[int, int, int],
    validation: tuple[int, int, int],
) -> None:
    data = read_data(read_job(write_job(tmp_path, resize="40", **augmentation)))

    assert data.train.images[0].shape == train
    assert data.validation.images[0].shape == validation
    assert data.train.images.kept_bytes == 24 * int(np.prod(train))


def test_images_that_do_not_fit_into_memory_are_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "MEMORY_SHARE", 0)

    data = read_data(read_job(write_job(tmp_path)))

    assert data.train.images.kept_bytes == data.validation.images.kept_bytes == 0
    assert data.train.images[23][..., 0].mean() > 150


def test_fewer_images_than_a_batch_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ProgramError) as caught:
        read_data(read_job(write_job(tmp_path, mini_batch_size="25", num_training_samples="25")))

    assert str(caught.value) == (
        "Customer Error: The number of input images must be bigger or equal to the mini_batch_size: "
        "there are 24 images, and mini_batch_size is 25"
    )


def test_another_number_of_images_than_said_is_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)

    read_data(read_job(write_job(tmp_path, num_training_samples="30")))

    assert caplog.messages == ["num_training_samples is 30, but 24 images are listed"]


def test_an_image_smaller_than_the_network_sees_is_refused(tmp_path: Path) -> None:
    job = write_job(tmp_path, image_shape="3,40,48")
    file = job / "input" / "config" / "hyperparameters.json"
    given = json.loads(file.read_bytes())
    del given["resize"]
    file.write_text(json.dumps(given))

    with pytest.raises(ProgramError) as caught:
        read_data(read_job(job))

    assert str(caught.value).splitlines()[:2] == [
        "Customer Error: 24 of 24 images in the train channel cannot be used",
        "  blue/0.png: 32x32 pixels, smaller than image_shape's 48x40",
    ]


def test_packed_images_are_those_of_the_files(tmp_path: Path) -> None:
    listed = read_data(read_job(write_job(tmp_path / "files")))
    packed = read_data(read_job(pack(write_job(tmp_path / "packed"))))

    for one, other in ((listed.train, packed.train), (listed.validation, packed.validation)):
        assert list(one.classes) == list(other.classes)
        assert all(np.array_equal(one.images[n], other.images[n]) for n in range(len(one)))
    assert packed.labels == ("0", "1", "2")


def test_packed_images_that_do_not_fit_into_memory_are_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "MEMORY_SHARE", 0)

    data = read_data(read_job(pack(write_job(tmp_path))))

    assert data.train.images.kept_bytes == 0
    assert data.train.images[23][..., 0].mean() > 150
    assert [len(batch.classes) for batch in data.train.training_batches(8, seed=0, epoch=0)] == [8, 8, 8]


def test_packed_images_need_no_resize(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    config = pack(write_job(tmp_path)) / "input" / "config" / "hyperparameters.json"
    given = json.loads(config.read_bytes())
    del given["resize"]
    config.write_text(json.dumps(given))

    assert read_job(tmp_path).preprocessing.resize is None
    assert caplog.messages == []


def test_a_packed_image_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    pack(write_job(tmp_path), broken=frozenset({3}))

    with pytest.raises(ProgramError) as caught:
        read_data(read_job(tmp_path))

    assert re.sub(r"[0-9]+,[0-9]+", "…", str(caught.value)) == (
        "Customer Error: 1 of 24 images in the train channel cannot be used\n"
        "  train.rec/record 3 at byte …: not an image of a known format (JPEG, PNG, BMP, GIF, TIFF, WEBP)"
    )


def test_packed_channels_are_told_by_their_content_type(tmp_path: Path) -> None:
    job = read_job(pack(write_job(tmp_path)))

    assert job.channels.lists is None
    assert RECORD_CHANNEL["ContentType"] == "application/x-recordio"


def test_the_list_that_images_were_packed_from_names_their_classes(tmp_path: Path) -> None:
    write_job(tmp_path)
    data = tmp_path / "input" / "data"
    lists = {split: (data / f"{split}_lst" / f"{split}.lst").read_text() for split in SPLITS}
    pack(tmp_path)
    for split, text in lists.items():
        (data / split / f"{split}.lst").write_text(text)

    assert read_data(read_job(tmp_path)).labels == ("blue", "green", "red")
