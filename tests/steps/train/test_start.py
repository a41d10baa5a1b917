import hashlib
import logging
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from steps.container import ProgramError
from steps.model import pretrained
from steps.model.network import build
from steps.model.pretrained import NoPretrainedWeights, Places
from steps.model.weights import WeightsError
from steps.train import start
from tests.steps.train.jobs import hyperparameters, write_model


@pytest.fixture(autouse=True)
def nothing_published(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test may download."""
    monkeypatch.setattr(pretrained, "PUBLISHED", {})


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A ResNet-18 with 1,000 classes."""
    torch.manual_seed(9)
    path = tmp_path / "resnet18.safetensors"
    save_file(build(18, 1000).state_dict(), path)
    return path


def test_imagenet_weights_are_loaded_under_a_new_classifier(weights: Path) -> None:
    torch.manual_seed(9)
    published = build(18, 1000)

    network, origin = start.build(
        hyperparameters(use_pretrained_model="1"), {}, Places(weights, weights.parent)
    )

    assert network.get_parameter("layer4.1.conv2.weight").equal(
        published.get_parameter("layer4.1.conv2.weight")
    )
    assert network.fc.out_features == 3
    assert origin == {
        "source": "imagenet",
        "file": "resnet18.safetensors",
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
    }


def test_without_use_pretrained_model_nothing_is_loaded(
    weights: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    _, origin = start.build(hyperparameters(), {}, Places(weights, weights.parent))

    assert origin == {"source": "scratch"}
    assert caplog.messages == ["Training a ResNet-18 from scratch: use_pretrained_model=0"]


@pytest.mark.parametrize("environ", [{}, {"IMGPIPE_WITHOUT_PRETRAINED": "fail"}], ids=["default", "fail"])
def test_training_fails_where_weights_are_wanted_and_there_are_none(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    with pytest.raises(NoPretrainedWeights):
        start.build(hyperparameters(use_pretrained_model="1"), environ, Places(None, tmp_path))


def test_training_from_scratch_instead_is_said_loudly(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _, origin = start.build(
        hyperparameters(use_pretrained_model="1"),
        {"IMGPIPE_WITHOUT_PRETRAINED": "scratch"},
        Places(None, tmp_path),
    )

    assert origin == {"source": "scratch", "wanted": "imagenet"}
    assert {record.levelname for record in caplog.records} == {"WARNING"}
    assert caplog.messages == [
        "*" * 88,
        (
            "NO IMAGENET WEIGHTS: this ResNet-18 is trained FROM SCRATCH, "
            "as IMGPIPE_WITHOUT_PRETRAINED=scratch allows."
        ),
        "It needs more images and epochs than transfer learning, and is likely to be less accurate.",
        "given file:  IMGPIPE_PRETRAINED_WEIGHTS is not set",
        "download:    torchvision publishes no weights for 18 layers",
        "*" * 88,
    ]


def test_a_given_file_that_does_not_fit_fails_even_where_scratch_is_allowed(weights: Path) -> None:
    with pytest.raises(WeightsError, match=r"resnet18\.safetensors does not fit the network"):
        start.build(
            hyperparameters(use_pretrained_model="1", num_layers="34"),
            {"IMGPIPE_WITHOUT_PRETRAINED": "scratch"},
            Places(weights, weights.parent),
        )


def test_another_word_for_what_to_do_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProgramError) as caught:
        start.build(hyperparameters(), {"IMGPIPE_WITHOUT_PRETRAINED": "yes"}, Places(None, tmp_path))

    assert str(caught.value) == "IMGPIPE_WITHOUT_PRETRAINED='yes': must be 'fail' or 'scratch'"


@pytest.mark.parametrize("pretrained_too", ["0", "1"])
def test_training_goes_on_from_an_earlier_model(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, pretrained_too: str
) -> None:
    caplog.set_level(logging.INFO)
    given = hyperparameters(use_pretrained_model=pretrained_too)
    torch.manual_seed(11)
    folder = write_model(tmp_path, given)
    torch.manual_seed(11)
    before = build(18, 3).state_dict()

    network, origin = start.build(given, {}, Places(None, tmp_path), folder)

    state = network.state_dict()
    assert all(state[name].equal(value) for name, value in before.items())
    digest = hashlib.sha256((folder / "model.tar.gz").read_bytes()).hexdigest()
    assert origin == {"source": "model", "file": "model.tar.gz", "sha256": digest}
    assert caplog.messages == [f"Training on from model.tar.gz (SHA-256 {digest})"] + (
        ["use_pretrained_model has no effect: training starts from the model channel"]
        if pretrained_too == "1"
        else []
    )


def test_an_earlier_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    folder = write_model(tmp_path, hyperparameters())

    with pytest.raises(ProgramError) as caught:
        start.build(hyperparameters(num_layers="34", num_classes="4"), {}, Places(None, tmp_path), folder)

    assert str(caught.value) == (
        "Customer Error: the model in the model channel cannot be trained on\n"
        "  num_layers is 34, but the model has 18\n"
        "  num_classes is 4, but the model has 3"
    )
