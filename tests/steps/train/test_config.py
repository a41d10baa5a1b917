from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from steps.train.config import Hyperparameters, TrainConfig

GPU = {"instance_type": "ml.g5.xlarge"}


def said(hyperparameters: dict[str, Any], **section: Any) -> list[tuple[str, str, str]]:
    """Code, key and message of each problem."""
    config = TrainConfig.model_validate({**GPU, **section, "hyperparameters": hyperparameters})
    return [(one.code, str(one.path[-1]), one.message) for one in config.problems()]


@pytest.mark.parametrize(
    ("image_shape", "resize", "pixels"),
    [
        pytest.param("3,224,224", None, 256, id="as AWS's notebook does"),
        pytest.param("3,64,64", None, 74, id="rounded up"),
        pytest.param("3,100,210", None, 240, id="larger side"),
        pytest.param("3,64,64", 64, 64, id="given"),
    ],
)
def test_resize_has_a_default(image_shape: str, resize: int | None, pixels: int) -> None:
    assert Hyperparameters(image_shape=image_shape, resize=resize).resize_pixels == pixels


def test_the_algorithms_own_defaults() -> None:
    given = Hyperparameters()
    assert (given.num_layers, given.use_pretrained_model, given.epochs, given.learning_rate) == (
        152,
        0,
        30,
        0.1,
    )
    assert list(TrainConfig().problems()) == []


GOOD = {
    "transfer learning": {"num_layers": 50, "use_pretrained_model": 1},
    "small network": {"num_layers": 20, "image_shape": "3,28,28"},
    "one channel from scratch": {"image_shape": "1,28,28"},
    "resize as large as the image": {"image_shape": "3,224,224", "resize": 224},
    "falling learning rate": {"lr_scheduler_step": "10,20", "lr_scheduler_factor": 0.5},
    "adam": {"optimizer": "adam", "beta_1": 0.9, "beta_2": 0.99, "eps": 1e-8},
    "rmsprop": {"optimizer": "rmsprop", "gamma": 0.9, "eps": 1e-8},
    "nag": {"optimizer": "nag", "momentum": 0.9, "weight_decay": 0.001},
    "sgd by default": {"momentum": 0.9},
    "early stopping": {"early_stopping": True, "early_stopping_patience": 3, "early_stopping_tolerance": 0.1},
    "one label": {"multi_label": 0, "use_weighted_loss": 0},
    "checkpoints": {"epochs": 5, "checkpoint_frequency": 5, "top_k": 2, "precision_dtype": "float16"},
}


@pytest.mark.parametrize("hyperparameters", GOOD.values(), ids=GOOD.keys())
def test_good_combinations(hyperparameters: dict[str, Any]) -> None:
    assert said(hyperparameters) == []


BAD = {
    "small network pretrained": (
        {"num_layers": 20, "use_pretrained_model": 1},
        ("C202", "num_layers", "there are no pretrained weights for 20 layers"),
    ),
    "one channel pretrained": (
        {"image_shape": "1,28,28", "use_pretrained_model": 1},
        ("C202", "image_shape", "pretrained weights take 3 channels, not 1"),
    ),
    "channels last": (
        {"image_shape": "224,224,3"},
        ("C203", "image_shape", "an image has 1 or 3 channels, not 224"),
    ),
    "resize smaller than the image": (
        {"image_shape": "3,64,224", "resize": 100},
        ("C204", "resize", "resize 100 is smaller than the image_shape 3,64,224"),
    ),
    "several labels": (
        {"multi_label": 1},
        (
            "C205",
            "multi_label",
            "multi_label: 1 needs images with several labels, and a folder gives each image one",
        ),
    ),
    "weighted loss": (
        {"use_weighted_loss": 1},
        (
            "C205",
            "use_weighted_loss",
            "use_weighted_loss: 1 needs images with several labels, and a folder gives each image one",
        ),
    ),
    "falling schedule": (
        {"lr_scheduler_step": "20,10"},
        ("C206", "lr_scheduler_step", "the epochs do not rise"),
    ),
    "repeated epoch": (
        {"lr_scheduler_step": "10,10"},
        ("C206", "lr_scheduler_step", "the epochs do not rise"),
    ),
    "epoch after the end": (
        {"epochs": 10, "lr_scheduler_step": "5,10"},
        ("C253", "lr_scheduler_step", "epoch 10 is never reached: there are only 10 epochs"),
    ),
    "checkpoint after the end": (
        {"epochs": 4, "checkpoint_frequency": 5},
        ("C207", "checkpoint_frequency", "checkpoint_frequency 5 is more than the 4 epochs"),
    ),
    "pretrained for another size": (
        {"use_pretrained_model": 1, "image_shape": "3,64,64"},
        (
            "C261",
            "image_shape",
            "pretrained weights are documented for images of 224x224 only, not 64x64",
        ),
    ),
    "small network for large images": (
        {"num_layers": 56},
        ("C262", "num_layers", "56 layers are for small images, such as 28x28"),
    ),
    "eps in half precision": (
        {"precision_dtype": "float16", "optimizer": "adam"},
        ("C265", "eps", "eps 1e-08 is 0 in float16, and adam divides by it"),
    ),
    "factor without steps": (
        {"lr_scheduler_factor": 0.1},
        ("C254", "lr_scheduler_factor", "lr_scheduler_factor has no effect: there is no lr_scheduler_step"),
    ),
    "momentum of adam": (
        {"optimizer": "adam", "momentum": 0.9},
        ("C254", "momentum", "momentum has no effect: the optimizer is adam; it belongs to sgd and nag"),
    ),
    "beta of sgd": (
        {"beta_1": 0.9},
        ("C254", "beta_1", "beta_1 has no effect: the optimizer is sgd; it belongs to adam"),
    ),
    "patience without stopping": (
        {"early_stopping_patience": 3},
        (
            "C254",
            "early_stopping_patience",
            "early_stopping_patience has no effect: early_stopping is not true",
        ),
    ),
    "sharing weights with nobody": (
        {"kv_store": "dist_sync"},
        ("C254", "kv_store", "kv_store has no effect: there is one machine"),
    ),
}


@pytest.mark.parametrize(("hyperparameters", "problem"), BAD.values(), ids=BAD.keys())
def test_bad_combinations(hyperparameters: dict[str, Any], problem: tuple[str, str, str]) -> None:
    assert said(hyperparameters) == [problem]


def test_several_machines_share_weights() -> None:
    assert said({"kv_store": "dist_sync"}, instance_count=2) == []
    assert said({}, instance_count=2) == [
        (
            "C264",
            "kv_store",
            "nothing says how 2 machines share their weights: there is no kv_store",
        )
    ]


@pytest.mark.parametrize(
    ("types", "problems"),
    [
        pytest.param(["ml.g5.xlarge", "ml.g5.16xlarge"], [], id="one GPU"),
        pytest.param(["ml.g5.24xlarge"], ["ml.g5.24xlarge"], id="four"),
        pytest.param(["ml.g5.48xlarge", "ml.g5.24xlarge"], ["ml.g5.48xlarge"], id="told once"),
        pytest.param(["ml.g5.huge", "ml.g5.24xlarge"], ["ml.g5.24xlarge"], id="beside an unknown type"),
    ],
)
def test_gpus_share_a_batch(types: list[str], problems: list[str]) -> None:
    found = [one for one in said({"mini_batch_size": 30}, instance_type=types) if one[0] == "C263"]
    assert [(one[1], one[2].split()[-1]) for one in found] == [("mini_batch_size", one) for one in problems]


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "num_layers": st.sampled_from([18, 20, 50, 110]),
            "use_pretrained_model": st.integers(0, 1),
            "image_shape": st.sampled_from(["3,224,224", "1,28,28", "3,32,64", "5,5,5"]),
            "resize": st.integers(1, 10**30),
            "mini_batch_size": st.integers(1, 10**30),
            "epochs": st.integers(1, 100),
            "learning_rate": st.floats(0, 1),
            "eps": st.floats(0, 1),
            "lr_scheduler_step": st.sampled_from(["1", "5,3", "10,20"]),
            "optimizer": st.sampled_from(["sgd", "adam", "rmsprop", "nag"]),
            "early_stopping": st.booleans(),
            "multi_label": st.integers(0, 1),
            "top_k": st.integers(2, 10),
            "precision_dtype": st.sampled_from(["float32", "float16"]),
        },
    )
)
def test_the_algorithm_can_read_whatever_a_config_may_say(hyperparameters: dict[str, Any]) -> None:
    assert not {"C209", "C210", "C214", "C274"} & {one[0] for one in said(hyperparameters)}


def test_weights_without_transfer_learning() -> None:
    (found,) = said({}, pretrained={"weights": "w.pth"})
    assert found == ("C254", "weights", "weights has no effect: use_pretrained_model is not 1")


@pytest.mark.parametrize(
    ("instance_type", "code"),
    [
        pytest.param("ml.g4dn.xlarge", None, id="G4dn"),
        pytest.param("ml.p2.xlarge", "C251", id="retired"),
        pytest.param("ml.g6.xlarge", "C252", id="newer GPU"),
        pytest.param("ml.m5.xlarge", "C201", id="no GPU"),
        pytest.param("ml.trn1.2xlarge", "C201", id="no GPU either"),
    ],
)
def test_machines(instance_type: str, code: str | None) -> None:
    assert [one[0] for one in said({}, instance_type=instance_type)] == ([code] if code else [])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("num_layers", 51), ("use_pretrained_model", 2), ("image_shape", "224,224"), ("image_shape", "3,0,5"),
        ("resize", 0), ("mini_batch_size", 0), ("epochs", 0), ("learning_rate", 1.01), ("learning_rate", -1),
        ("lr_scheduler_step", "10;20"), ("lr_scheduler_step", "0"), ("lr_scheduler_factor", 2),
        ("optimizer", "lamb"), ("momentum", 1.5), ("weight_decay", -1), ("beta_1", 2), ("beta_2", 2),
        ("eps", 2), ("gamma", 2), ("augmentation_type", "flip"), ("early_stopping", "true"),
        ("early_stopping_min_epochs", 0), ("early_stopping_patience", 0), ("early_stopping_tolerance", 2),
        ("top_k", 1), ("checkpoint_frequency", 0), ("multi_label", 2), ("use_weighted_loss", 2),
        ("precision_dtype", "bfloat16"), ("kv_store", "device"), ("num_classes", 5),
    ],
)  # fmt: skip
def test_values_outside_of_the_algorithms_ranges(key: str, value: object) -> None:
    with pytest.raises(ValidationError):
        Hyperparameters.model_validate({key: value})
