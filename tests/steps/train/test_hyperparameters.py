from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.train.hyperparameters import HyperparameterError, Hyperparameters, parse
from steps.train.table import TABLE

REQUIRED = {"num_classes": "10", "num_training_samples": "1400"}


def test_defaults_are_those_of_the_algorithm() -> None:
    assert parse(REQUIRED) == Hyperparameters(
        num_classes=10,
        num_training_samples=1400,
        num_layers=152,
        use_pretrained_model=False,
        image_shape=(3, 224, 224),
        mini_batch_size=32,
        epochs=30,
        learning_rate=0.1,
        lr_scheduler_step=(),
        lr_scheduler_factor=0.1,
        optimizer="sgd",
        momentum=0.9,
        weight_decay=0.0001,
        beta_1=0.9,
        beta_2=0.999,
        eps=1e-8,
        gamma=0.9,
        augmentation_type=None,
        early_stopping=False,
        early_stopping_min_epochs=10,
        early_stopping_patience=5,
        early_stopping_tolerance=0.0,
        top_k=None,
        resize=None,
        checkpoint_frequency=None,
        precision_dtype=None,
        kv_store=None,
    )


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("num_classes", "2", 2),
        ("num_layers", "50", 50),
        ("use_pretrained_model", "1", True),
        ("image_shape", "3,32,48", (3, 32, 48)),
        ("learning_rate", "1e-3", 0.001),
        ("learning_rate", "1", 1.0),
        ("lr_scheduler_step", "10,20", (10, 20)),
        ("lr_scheduler_step", "3", (3,)),
        ("optimizer", "nag", "nag"),
        ("beta_1", "0", 0.0),
        ("augmentation_type", "crop_color_transform", "crop_color_transform"),
        ("early_stopping", "True", True),
        ("early_stopping", "true", True),
        ("early_stopping", "False", False),
        ("top_k", "5", 5),
        ("resize", "256", 256),
        ("checkpoint_frequency", "5", 5),
        ("precision_dtype", "float16", "float16"),
        ("kv_store", "dist_sync", "dist_sync"),
        ("kv_store", "dist_async", "dist_async"),
    ],
)
def test_values(name: str, text: str, value: object) -> None:
    assert getattr(parse(REQUIRED | {name: text}), name) == value


@pytest.mark.parametrize(
    ("name", "text"), [("multi_label", "0"), ("use_weighted_loss", "0")], ids=lambda value: value
)
def test_what_is_not_built_may_be_named_with_its_default(name: str, text: str) -> None:
    assert parse(REQUIRED | {name: text}) == parse(REQUIRED)


LOCAL = "the local trainer"
BAD = [
    ({"epochs": "0"}, "epochs is '0', which is not a whole number from 1 up; write 1 or more, in digits"),
    ({"epochs": "2.5"}, "epochs is '2.5', which is not a whole number from 1 up; write 1 or more, in digits"),
    (
        {"mini_batch_size": ""},
        "mini_batch_size is '', which is not a whole number from 1 up; write 1 or more, in digits",
    ),
    (
        {"learning_rate": "1.1"},
        "learning_rate is '1.1', which is not a number from 0 to 1; write it like 0.1",
    ),
    (
        {"learning_rate": "nan"},
        "learning_rate is 'nan', which is not a number from 0 to 1; write it like 0.1",
    ),
    ({"beta_2": "1"}, "beta_2 is 1, at which Adam divides by zero; use less"),
    (
        {"num_layers": "51"},
        "num_layers is '51', and can be 18, 34, 50, 101, 152, 200, 20, 32, 44, 56 or 110; write one of these",
    ),
    (
        {"num_layers": "20", "image_shape": "3,33,32"},
        f"image_shape is '3,33,32': {LOCAL} takes 3 channels, and sides from 8 to 32 with num_layers 20",
    ),
    (
        {"num_layers": "110", "image_shape": "3,28,7"},
        f"image_shape is '3,28,7': {LOCAL} takes 3 channels, and sides from 8 to 32 with num_layers 110",
    ),
    (
        {"num_layers": "32", "image_shape": "3,28,28", "use_pretrained_model": "1"},
        (
            "num_layers: there are no pretrained weights for 32 layers; "
            "use one of 18, 34, 50, 101, 152, 200, or set use_pretrained_model to 0"
        ),
    ),
    ({"use_pretrained_model": "yes"}, "use_pretrained_model is 'yes', and can be 0 or 1; write one of these"),
    (
        {"image_shape": "1,64,64"},
        f"image_shape is '1,64,64': {LOCAL} takes 3 channels, and sides from 32 up with num_layers 152",
    ),
    (
        {"image_shape": "3,28,28"},
        f"image_shape is '3,28,28': {LOCAL} takes 3 channels, and sides from 32 up with num_layers 152",
    ),
    (
        {"image_shape": "224"},
        "image_shape is '224', which is not channels, height and width; write it like 3,224,224",
    ),
    (
        {"lr_scheduler_step": "20,10"},
        "lr_scheduler_step: the epochs do not rise; write each once, in order, such as 10,20",
    ),
    (
        {"optimizer": "adamw"},
        "optimizer is 'adamw', and can be sgd, adam, rmsprop or nag; did you mean 'adam'?",
    ),
    (
        {"augmentation_type": "flip"},
        (
            "augmentation_type is 'flip', and can be crop, crop_color or crop_color_transform; "
            "write one of these"
        ),
    ),
    ({"early_stopping": "1"}, "early_stopping is '1', and can be True or False; write one of these"),
    ({"top_k": "1"}, "top_k is '1', which is not a whole number from 2 up; write 2 or more, in digits"),
    ({"top_k": "11"}, "top_k 11 is more than num_classes 10; write 10 or less"),
    (
        {"resize": "200"},
        "resize 200 is smaller than the image_shape 3,224,224; write 224 or more, or remove resize",
    ),
    (
        {"image_shape": "3,64,128", "resize": "64"},
        "resize 64 is smaller than the image_shape 3,64,128; write 128 or more, or remove resize",
    ),
    (
        {"precision_dtype": "bfloat16"},
        "precision_dtype is 'bfloat16', and can be float32 or float16; did you mean 'float16'?",
    ),
    (
        {"checkpoint_frequency": "31"},
        "checkpoint_frequency 31 is more than the 30 epochs; write 30 or less",
    ),
    (
        {"checkpoint_frequency": "x"},
        "checkpoint_frequency is 'x', which is not a whole number from 1 up; write 1 or more, in digits",
    ),
    ({"multi_label": "1"}, f"multi_label is '1': {LOCAL} gives each image one class; use 0"),
    (
        {"use_weighted_loss": "1"},
        f"use_weighted_loss is '1': it belongs to multi_label, which {LOCAL} does not have; use 0",
    ),
    (
        {"kv_store": "device"},
        "kv_store is 'device', and can be dist_sync or dist_async; write one of these",
    ),
    (
        {"lerning_rate": "0.1"},
        "'lerning_rate' is not a hyperparameter of image-classification; did you mean 'learning_rate'?",
    ),
    (
        {"batch": "8"},
        (
            "'batch' is not a hyperparameter of image-classification; "
            f"the algorithm has {', '.join(one.name for one in TABLE)}"
        ),
    ),
    (
        {"mini_batch_size": "1401"},
        "mini_batch_size 1401 is more than num_training_samples 1400; write 1400 or less",
    ),
]


@pytest.mark.parametrize(("given", "problem"), BAD, ids=str)
def test_a_value_that_cannot_be_used(given: dict[str, str], problem: str) -> None:
    with pytest.raises(HyperparameterError) as caught:
        parse(REQUIRED | given)

    assert str(caught.value) == f"Customer Error: 1 hyperparameter cannot be used\n  {problem}"


@pytest.mark.parametrize("image_shape", ["3,8,8", "3,28,28", "3,32,32"])
@pytest.mark.parametrize("num_layers", ["20", "32", "44", "56", "110"])
def test_networks_for_small_images_take_small_images(num_layers: str, image_shape: str) -> None:
    read = parse(REQUIRED | {"num_layers": num_layers, "image_shape": image_shape})

    assert read.num_layers == int(num_layers)


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(HyperparameterError) as caught:
        parse({"num_classes": "3", "epochs": "-1", "optimiser": "sgd", "multi_label": "1"})

    assert str(caught.value) == (
        "Customer Error: 4 hyperparameters cannot be used\n"
        "  'optimiser' is not a hyperparameter of image-classification; did you mean 'optimizer'?\n"
        "  num_training_samples is missing, and has no default; add it: a whole number from 1 up\n"
        "  epochs is '-1', which is not a whole number from 1 up; write 1 or more, in digits\n"
        "  multi_label is '1': the local trainer gives each image one class; use 0"
    )


@given(st.dictionaries(st.sampled_from([one.name for one in TABLE]), st.text(max_size=8)))
def test_any_text_is_a_value_or_a_problem(values: dict[str, str]) -> None:
    with suppress(HyperparameterError):
        assert parse(REQUIRED | values).num_classes >= 1


def test_they_can_be_saved() -> None:
    saved = parse(REQUIRED | {"lr_scheduler_step": "2,3"}).to_json()

    assert saved["lr_scheduler_step"] == (2, 3)
    assert saved["num_classes"] == 10
