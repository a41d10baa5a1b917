import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from safetensors.torch import load_file

from steps.model import artifact
from steps.model.artifact import Artifact
from steps.model.network import build
from steps.train import program
from steps.train.termination import Termination
from tests.steps.train.jobs import COLOURS, picture, write_images, write_job


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A job that the program finds, far from the network."""
    for name in ("IMGPIPE_PRETRAINED_WEIGHTS", "IMGPIPE_WITHOUT_PRETRAINED"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path


def probabilities(model: Artifact, colour: str) -> dict[str, float]:
    """What the exported model says to a new picture of a colour."""
    images = np.asarray(picture(COLOURS[colour], seed=7777), np.float32).transpose(2, 0, 1)[None]
    session = onnxruntime.InferenceSession(model.graph, providers=["CPUExecutionProvider"])
    (row,) = session.run(["probabilities"], {"images": images})[0]
    return dict(zip(model.description.labels, row.tolist(), strict=True))


def reason(base: Path) -> str:
    return (base / "output" / "failure").read_text()


def test_a_job_is_trained_and_its_model_works(base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_job(base, epochs="4")

    assert program.main() == 0

    model = artifact.read(base / "model")
    for colour in COLOURS:
        answer = probabilities(model, colour)
        assert max(answer, key=lambda label: answer[label]) == colour
        assert sum(answer.values()) == pytest.approx(1, abs=1e-5)
    assert not (base / "output" / "failure").exists()
    log = capsys.readouterr().out
    accuracies = re.findall(
        r"^\[.* INFO .*\] Epoch\[(\d)\] Validation-accuracy=([0-9.]+)$", log, re.MULTILINE
    )
    assert [number for number, _ in accuracies] == ["0", "1", "2", "3"]
    story = model.description.training
    assert float(accuracies[story["epoch"]][1]) == pytest.approx(story["validation_accuracy"], abs=1e-6)


def test_the_description_tells_how_the_model_came_about(base: Path) -> None:
    write_job(base, epochs="1")

    program.main()

    model = artifact.read(base / "model").description
    assert model.num_layers == 18
    assert model.labels == ("blue", "green", "red")
    assert model.preprocessing.image_shape == (3, 32, 32)
    assert model.versions["torch"] == torch.__version__
    story: dict[str, Any] = dict(model.training)
    assert story.pop("seconds") > 0
    assert story.pop("machine").endswith("channels last")
    (epoch,) = story.pop("epochs")
    assert epoch["epoch"] == 0
    assert epoch["validation"]["accuracy"] == story.pop("validation_accuracy")
    assert story.pop("hyperparameters")["optimizer"] == "adam"
    assert story == {
        "epoch": 0,
        "interrupted": False,
        "num_training_samples": 24,
        "num_validation_samples": 9,
        "initial_weights": {"source": "scratch"},
        "seed": 0,
        "options": {},
    }


def test_the_saved_weights_are_those_of_the_graph_and_load_elsewhere(base: Path) -> None:
    write_job(base, epochs="1")
    program.main()
    model = artifact.read(base / "model")

    network = build(18, 3).eval()
    network.load_state_dict(load_file(model.weights))

    images = np.asarray(picture(COLOURS["red"], seed=7777), np.float32).transpose(2, 0, 1)[None]
    mean, std = (
        np.array(v, np.float32)[:, None, None]
        for v in (model.description.preprocessing.mean, model.description.preprocessing.std)
    )
    with torch.no_grad():
        expected = network(torch.from_numpy((images - mean) / std)).softmax(1)[0].tolist()
    assert list(probabilities(model, "red").values()) == pytest.approx(expected, abs=1e-4)


def test_transfer_from_a_model_that_was_trained_here(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_job(base, epochs="1")
    program.main()
    second = tmp_path / "second"
    config = write_job(
        second, epochs="1", num_classes="2", use_pretrained_model="1", num_training_samples="8"
    )
    for split, count in (("train", 4), ("validation", 2)):
        channel = config / "input" / "data"
        for name in (split, f"{split}_lst"):
            (channel / name).rename(channel / f"unused_{name}")
        write_images(config, split, count, {"pink": (240, 130, 170), "teal": (20, 130, 130)})
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(second))
    monkeypatch.setenv("IMGPIPE_PRETRAINED_WEIGHTS", str(base / "model" / "model.safetensors"))

    assert program.main() == 0

    model = artifact.read(second / "model").description
    assert model.labels == ("pink", "teal")
    assert model.training["initial_weights"]["file"] == "model.safetensors"


def test_a_second_run_of_the_job_gives_the_same_model(base: Path) -> None:
    write_job(base, epochs="1", augmentation_type="crop_color_transform", resize="40")
    program.main()
    first = (base / "model" / "model.onnx").read_bytes()

    program.main()

    assert (base / "model" / "model.onnx").read_bytes() == first


def test_bad_hyperparameters_are_the_reason(base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_job(base, epochs="none", optimizer="lion")

    assert program.main() == 1

    assert reason(base) == (
        "Customer Error: 2 hyperparameters cannot be used\n"
        "  epochs is 'none', which is not a whole number from 1 up; write 1 or more, in digits\n"
        "  optimizer is 'lion', and can be sgd, adam, rmsprop or nag; write one of these"
    )
    assert "Traceback" not in capsys.readouterr().out
    assert not (base / "model").exists()


def test_a_bad_list_is_the_reason(base: Path) -> None:
    write_job(base)
    (base / "input" / "data" / "train_lst" / "train.lst").write_text("0 0 blue/0.png\n")

    assert program.main() == 1

    assert reason(base) == (
        "Customer Error: Invalid lst file in the train channel\n"
        "  line 1: 1 columns; index, class and path separated by tabs are needed"
    )


def test_bad_images_are_the_reason(base: Path) -> None:
    write_job(base)
    data = base / "input" / "data"
    (data / "train" / "red" / "2.png").write_text("no image")
    png = data / "train" / "blue" / "1.png"
    png.write_bytes(png.read_bytes()[:500])

    assert program.main() == 1

    assert reason(base) == (
        "Customer Error: 2 of 24 images in the train channel cannot be used\n"
        "  blue/1.png: damaged: image file is truncated\n"
        "  red/2.png: not an image of a known format (JPEG, PNG, BMP, GIF, TIFF, WEBP)"
    )


def test_missing_weights_are_the_reason(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_job(base, use_pretrained_model="1")
    monkeypatch.setenv("IMGPIPE_PRETRAINED_WEIGHTS", "/no/such/file.pth")

    assert program.main() == 1

    assert reason(base) == (
        "no file at /no/such/file.pth, which IMGPIPE_PRETRAINED_WEIGHTS names for the ImageNet weights\n"
        "hint: correct it, or unset it to use torch's cache and the official download"
    )


def start_program(base: Path) -> subprocess.Popen[str]:
    environ = os.environ | {"SAGEMAKER_BASE_DIR": str(base), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-u", "-m", "steps.train.program"]
    return subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)


def test_sigterm_keeps_the_best_model_so_far(base: Path) -> None:
    write_job(base, epochs="100000")
    with start_program(base) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "Epoch[1] Validation-accuracy" in line:
                process.send_signal(signal.SIGTERM)
                break
        rest = process.stdout.read()

    assert process.returncode == 143
    assert 'Saved the model to "' in rest
    assert artifact.read(base / "model").description.training["interrupted"] is True
    assert not (base / "output" / "failure").exists()


def test_sigterm_before_the_first_epoch_ends_leaves_no_model(base: Path) -> None:
    write_job(base)
    termination = Termination()
    termination.requested = True

    program.train(base, {}, termination)

    assert not (base / "model").exists()


SMALL = {"num_layers": "20", "epochs": "9", "checkpoint_frequency": "3", "precision_dtype": "float32"}


def told(base: Path) -> dict[str, Any]:
    """What a model's description tells of its training, without times."""
    story = dict(artifact.read(base / "model").description.training)
    del story["seconds"]
    return story | {"epochs": [{**epoch, "seconds": 0} for epoch in story["epochs"]]}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "interrupted"])
def test_a_job_that_is_broken_off_and_run_again_ends_as_one_that_was_not(
    base: Path, tmp_path: Path, number: signal.Signals
) -> None:
    whole, broken = (write_job(tmp_path / name, **SMALL) for name in ("whole", "broken"))
    checkpoints = broken / "checkpoints"
    checkpoints.mkdir()
    with start_program(broken) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "Epoch[3] Train-accuracy" in line:
                break
        process.send_signal(number)
        process.stdout.read()
    assert process.returncode == (-9 if number == signal.SIGKILL else 143)
    # As on another machine, which gets nothing but the checkpoints.
    shutil.rmtree(broken / "model")

    with start_program(broken) as process, start_program(whole) as other:
        log, _ = process.communicate()
        other.communicate()

    assert (process.returncode, other.returncode) == (0, 0)
    assert f'Going on from "{checkpoints}/checkpoint.safetensors": ' in log
    assert "Epoch[0] Train" not in log
    assert told(broken) == told(whole)
    files = sorted(path.name for path in (whole / "model").iterdir())
    assert files == [
        "image-classification-0003.safetensors",
        "image-classification-0006.safetensors",
        "image-classification-0009.safetensors",
        "model.json",
        "model.onnx",
        "model.safetensors",
    ]
    for name in set(files) - {"model.json"}:
        assert (broken / "model" / name).read_bytes() == (whole / "model" / name).read_bytes(), name


def test_a_checkpoint_of_another_job_is_not_taken(base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_job(base, **SMALL | {"epochs": "3"})
    (base / "checkpoints").mkdir()
    program.main()
    config = base / "input" / "config" / "hyperparameters.json"
    config.write_text(config.read_text().replace('"learning_rate": "0.001"', '"learning_rate": "0.002"'))
    capsys.readouterr()

    assert program.main() == 0

    log = capsys.readouterr().out
    assert (
        f"{base}/checkpoints/checkpoint.safetensors is not used: it is of another training, "
        "with other learning_rate; training starts from the beginning"
    ) in log
    assert "Epoch[0] Train-accuracy" in log


def test_without_a_folder_for_checkpoints_none_is_written(base: Path) -> None:
    write_job(base, **SMALL | {"epochs": "1", "checkpoint_frequency": "1"})

    program.main()

    assert not (base / "checkpoints").exists()
    assert (base / "model" / "image-classification-0001.safetensors").exists()


def test_the_options_are_followed_and_told(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGPIPE_SEED", "7")
    monkeypatch.setenv("IMGPIPE_LR_SCHEDULER", "cosine")
    monkeypatch.setenv("IMGPIPE_LABEL_SMOOTHING", "0.1")
    write_job(base, num_layers="20")

    assert program.main() == 0

    story = artifact.read(base / "model").description.training
    assert story["seed"] == 7
    assert story["options"] == {"seed": 7, "lr_scheduler": "cosine", "label_smoothing": 0.1}
    assert [epoch["learning_rate"] for epoch in story["epochs"]] == [0.001, 0.0005]


def test_bad_options_are_the_reason(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGPIPE_SEED", "-1")
    write_job(base)

    assert program.main() == 1

    assert reason(base) == (
        "Customer Error: options of the trainer cannot be used\n"
        "  IMGPIPE_SEED='-1': must be a whole number from 0 to 4294967295"
    )
