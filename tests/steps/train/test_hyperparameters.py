from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.train.hyperparameters import RULES, HyperparameterError, Hyperparameters, parse

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
        precision_dtype=None,
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
        ("precision_dtype", "float16", "float16"),
    ],
)
def test_values(name: str, text: str, value: object) -> None:
    assert getattr(parse(REQUIRED | {name: text}), name) == value


@pytest.mark.parametrize(
    ("name", "text"), [("multi_label", "0"), ("use_weighted_loss", "0")], ids=lambda value: value
)
def test_what_is_not_built_may_be_named_with_its_default(name: str, text: str) -> None:
    assert parse(REQUIRED | {name: text}) == parse(REQUIRED)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"epochs": "0"}, "epochs='0': must be a whole number from 1 up"),
        ({"epochs": "2.5"}, "epochs='2.5': must be a whole number from 1 up"),
        ({"mini_batch_size": ""}, "mini_batch_size='': must be a whole number from 1 up"),
        ({"learning_rate": "1.1"}, "learning_rate='1.1': must be a number from 0 to 1"),
        ({"learning_rate": "nan"}, "learning_rate='nan': must be a number from 0 to 1"),
        ({"beta_2": "1"}, "beta_2='1': must be a number from 0 to below 1"),
        ({"num_layers": "51"}, "num_layers='51': must be 18, 34, 50, 101, 152 or 200"),
        (
            {"num_layers": "20"},
            (
                "num_layers='20': the networks for CIFAR-size images are not built in the local trainer; "
                "use 18, 34, 50, 101, 152 or 200"
            ),
        ),
        ({"use_pretrained_model": "yes"}, "use_pretrained_model='yes': must be 0 or 1"),
        (
            {"image_shape": "1,64,64"},
            "image_shape='1,64,64': must be '3,height,width' with sides from 32 up",
        ),
        (
            {"image_shape": "3,28,28"},
            "image_shape='3,28,28': must be '3,height,width' with sides from 32 up",
        ),
        ({"image_shape": "224"}, "image_shape='224': must be '3,height,width' with sides from 32 up"),
        (
            {"lr_scheduler_step": "20,10"},
            "lr_scheduler_step='20,10': must be rising epoch numbers from 1 up, such as '10,20'",
        ),
        ({"optimizer": "adamw"}, "optimizer='adamw': must be sgd, adam, rmsprop or nag"),
        (
            {"augmentation_type": "flip"},
            "augmentation_type='flip': must be crop, crop_color or crop_color_transform",
        ),
        ({"early_stopping": "1"}, "early_stopping='1': must be True or False"),
        ({"top_k": "1"}, "top_k='1': must be a whole number from 2 up"),
        ({"top_k": "11"}, "top_k='11': more than num_classes=10"),
        (
            {"resize": "200"},
            "resize='200': less than both sides of image_shape=3,224,224; all images would be too small",
        ),
        ({"precision_dtype": "bfloat16"}, "precision_dtype='bfloat16': must be float32 or float16"),
        (
            {"checkpoint_frequency": "1"},
            "checkpoint_frequency='1': the local trainer keeps the best epoch only; leave it out",
        ),
        ({"checkpoint_frequency": "x"}, "checkpoint_frequency='x': must be a whole number from 1 up"),
        ({"multi_label": "1"}, "multi_label='1': the local trainer gives each image one class; use 0"),
        (
            {"use_weighted_loss": "1"},
            "use_weighted_loss='1': it belongs to multi_label, which the local trainer does not have; use 0",
        ),
        (
            {"kv_store": "dist_sync"},
            "kv_store='dist_sync': it is for several machines, and the local trainer has one; leave it out",
        ),
        (
            {"lerning_rate": "0.1"},
            "lerning_rate='0.1': not a hyperparameter of image-classification; did you mean 'learning_rate'?",
        ),
        ({"batch": "8"}, "batch='8': not a hyperparameter of image-classification"),
    ],
    ids=str,
)
def test_a_value_that_cannot_be_used(given: dict[str, str], problem: str) -> None:
    with pytest.raises(HyperparameterError) as caught:
        parse(REQUIRED | given)

    assert str(caught.value) == f"Customer Error: 1 hyperparameter cannot be used\n  {problem}"


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(HyperparameterError) as caught:
        parse({"num_classes": "3", "top_k": "4", "epochs": "-1", "optimiser": "sgd", "multi_label": "1"})

    assert str(caught.value) == (
        "Customer Error: 5 hyperparameters cannot be used\n"
        "  optimiser='sgd': not a hyperparameter of image-classification; did you mean 'optimizer'?\n"
        "  num_training_samples: required, and missing; a whole number from 1 up\n"
        "  epochs='-1': must be a whole number from 1 up\n"
        "  multi_label='1': the local trainer gives each image one class; use 0\n"
        "  top_k='4': more than num_classes=3"
    )


def test_resize_need_only_reach_the_shorter_side() -> None:
    assert parse(REQUIRED | {"image_shape": "3,64,128", "resize": "64"}).resize == 64


@given(st.dictionaries(st.sampled_from([rule.name for rule in RULES]), st.text(max_size=8)))
def test_any_text_is_a_value_or_a_problem(values: dict[str, str]) -> None:
    with suppress(HyperparameterError):
        assert parse(REQUIRED | values).num_classes >= 1


def test_they_can_be_saved() -> None:
    saved = parse(REQUIRED | {"lr_scheduler_step": "2,3"}).to_json()

    assert saved["lr_scheduler_step"] == (2, 3)
    assert saved["num_classes"] == 10
