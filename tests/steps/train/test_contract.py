from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.instance_types import INSTANCE_TYPES
from steps.train.contract import (
    GPUS,
    UNKNOWN,
    Job,
    Unknown,
    Violation,
    batch_problem,
    machine_problem,
    problems,
)
from steps.train.table import BY_NAME, TABLE

COUNTED = {"num_classes": "10", "num_training_samples": "1000"}
ANY = Job()
IMAGES = Job(machines=1, images=True)


def found(values: dict[str, str | Unknown], job: Job = ANY) -> list[Violation]:
    return list(problems({**COUNTED, **values}, job))


GOOD: dict[str, tuple[dict[str, str | Unknown], Job]] = {
    "nothing but what is counted": ({}, ANY),
    "one machine, image files": ({"resize": "256"}, IMAGES),
    "RecordIO files need no resize": ({}, Job(images=False)),
    "transfer learning": ({"num_layers": "50", "use_pretrained_model": "1"}, ANY),
    "a small network for small images": ({"num_layers": "20", "image_shape": "3,28,28"}, ANY),
    "spaces, as on AWS's page": ({"image_shape": "3, 224, 224"}, ANY),
    "numbers in every notation": ({"learning_rate": "1e-05", "momentum": ".9", "weight_decay": "1."}, ANY),
    "a schedule": ({"lr_scheduler_step": "10,20", "lr_scheduler_factor": "0.5"}, ANY),
    "early stopping": ({"early_stopping": "True", "early_stopping_patience": "3"}, ANY),
    "several machines": ({"kv_store": "dist_sync"}, Job(machines=2)),
    "several labels": ({"multi_label": "1", "use_weighted_loss": "1"}, Job(images=False)),
    "as many images as a batch": ({"mini_batch_size": "1000"}, ANY),
    "as many classes as top_k": ({"top_k": "10"}, ANY),
    "half precision with a larger eps": (
        {"precision_dtype": "float16", "optimizer": "adam", "eps": "1e-4"},
        ANY,
    ),
    "what SageMaker itself adds": ({"_tuning_objective_metric": "validation:accuracy"}, ANY),
    "an optimizer that is not known yet": ({"optimizer": UNKNOWN, "beta_1": "0.9", "momentum": "0.9"}, ANY),
    "counts that are not known yet": ({"mini_batch_size": "64", "num_training_samples": UNKNOWN}, ANY),
    "resize that is not known yet": ({"resize": UNKNOWN}, IMAGES),
    "epochs that are not known yet": ({"epochs": UNKNOWN, "checkpoint_frequency": "500"}, ANY),
}


@pytest.mark.parametrize(("values", "job"), GOOD.values(), ids=GOOD.keys())
def test_nothing_is_said_of_what_the_algorithm_takes(values: dict[str, str | Unknown], job: Job) -> None:
    assert found(values, job) == []


BAD: dict[str, tuple[dict[str, str | Unknown], Job, str, str, str]] = {
    "no number": (
        {"epochs": "ten"},
        ANY,
        "error C214 epochs",
        "epochs is 'ten', which is not a whole number from 1 up",
        "write 1 or more, in digits",
    ),
    "a fraction for a count": (
        {"mini_batch_size": "32.0"},
        ANY,
        "error C214 mini_batch_size",
        "mini_batch_size is '32.0', which is not a whole number from 1 up",
        "write 1 or more, in digits",
    ),
    "more than 1": (
        {"learning_rate": "1.5"},
        ANY,
        "error C214 learning_rate",
        "learning_rate is '1.5', which is not a number from 0 to 1",
        "write it like 0.1",
    ),
    "less than 0": (
        {"momentum": "-0.1"},
        ANY,
        "error C214 momentum",
        "momentum is '-0.1', which is not a number from 0 to 1",
        "write it like 0.1",
    ),
    "top_k of one": (
        {"top_k": "1"},
        ANY,
        "error C214 top_k",
        "top_k is '1', which is not a whole number from 2 up",
        "write 2 or more, in digits",
    ),
    "no such depth": (
        {"num_layers": "51"},
        ANY,
        "error C214 num_layers",
        "num_layers is '51', and can be 18, 34, 50, 101, 152, 200, 20, 32, 44, 56 or 110",
        "write one of these",
    ),
    "misspelt word": (
        {"optimizer": "addam"},
        ANY,
        "error C214 optimizer",
        "optimizer is 'addam', and can be sgd, adam, rmsprop or nag",
        "did you mean 'adam'?",
    ),
    "two sides": (
        {"image_shape": "224,224"},
        ANY,
        "error C214 image_shape",
        "image_shape is '224,224', which is not channels, height and width",
        "write it like 3,224,224",
    ),
    "epochs with semicolons": (
        {"lr_scheduler_step": "10;20"},
        ANY,
        "error C214 lr_scheduler_step",
        "lr_scheduler_step is '10;20', which is not epochs with commas between them",
        "write it like 10,20",
    ),
    "true as the SDK writes it": (
        {"early_stopping": "true"},
        ANY,
        "error C214 early_stopping",
        "early_stopping is 'true', and can be True or False",
        "write True, with a capital letter",
    ),
    "misspelt name": (
        {"learning-rate": "0.1"},
        ANY,
        "error C210 learning-rate",
        "'learning-rate' is not a hyperparameter of image-classification",
        "did you mean 'learning_rate'?",
    ),
    "pretrained small network": (
        {"num_layers": "20", "use_pretrained_model": "1"},
        ANY,
        "error C202 num_layers",
        "there are no pretrained weights for 20 layers",
        "use one of 18, 34, 50, 101, 152, 200, or set use_pretrained_model to 0",
    ),
    "pretrained with one channel": (
        {"image_shape": "1,224,224", "use_pretrained_model": "1"},
        ANY,
        "error C202 image_shape",
        "pretrained weights take 3 channels, not 1",
        'set image_shape to "3,224,224", or use_pretrained_model to 0',
    ),
    "pretrained with another size": (
        {"image_shape": "3,64,64", "use_pretrained_model": "1"},
        ANY,
        "warning C261 image_shape",
        "pretrained weights are documented for images of 224x224 only, not 64x64",
        'set image_shape to "3,224,224" before this runs on AWS, or use_pretrained_model to 0',
    ),
    "channels last": (
        {"image_shape": "224,224,3"},
        ANY,
        "error C203 image_shape",
        "an image has 1 or 3 channels, not 224",
        "write channels, height and width in this order, such as 3,224,224",
    ),
    "no resize": (
        {},
        IMAGES,
        "warning C274 resize",
        "resize is missing, which AWS requires for image files",
        "add resize, the pixels of the shorter side: 256 for images of 224x224",
    ),
    "small resize": (
        {"resize": "200"},
        IMAGES,
        "error C204 resize",
        "resize 200 is smaller than the image_shape 3,224,224",
        "write 224 or more, or remove resize",
    ),
    "small network for large images": (
        {"num_layers": "110"},
        ANY,
        "warning C262 num_layers",
        "110 layers are for small images, such as 28x28",
        "use one of 18, 34, 50, 101, 152, 200 for images of this size",
    ),
    "batch larger than the data": (
        {"mini_batch_size": "1001"},
        ANY,
        "error C216 mini_batch_size",
        "mini_batch_size 1001 is more than num_training_samples 1000",
        "write 1000 or less",
    ),
    "default batch larger than the data": (
        {"num_training_samples": "20"},
        ANY,
        "error C216 mini_batch_size",
        "mini_batch_size 32 is more than num_training_samples 20",
        "write 20 or less",
    ),
    "top_k of more than all classes": (
        {"top_k": "11"},
        ANY,
        "warning C275 top_k",
        "top_k 11 is more than num_classes 10",
        "write 10 or less",
    ),
    "falling epochs": (
        {"lr_scheduler_step": "20,10"},
        ANY,
        "error C206 lr_scheduler_step",
        "the epochs do not rise",
        "write each once, in order, such as 10,20",
    ),
    "epoch after the end": (
        {"lr_scheduler_step": "10,30"},
        ANY,
        "warning C253 lr_scheduler_step",
        "epoch 30 is never reached: there are only 30 epochs",
        "use earlier epochs, or more of them",
    ),
    "checkpoint after the end": (
        {"checkpoint_frequency": "31"},
        ANY,
        "error C207 checkpoint_frequency",
        "checkpoint_frequency 31 is more than the 30 epochs",
        "write 30 or less",
    ),
    "several labels in image lists": (
        {"multi_label": "1", "resize": "256"},
        IMAGES,
        "warning C266 multi_label",
        "several labels an image are documented for augmented manifests only, not for image lists",
        "use an augmented manifest, or set multi_label to 0",
    ),
    "weights of one label": (
        {"use_weighted_loss": "1"},
        ANY,
        "warning C254 use_weighted_loss",
        "use_weighted_loss has no effect: multi_label is not 1",
        "remove use_weighted_loss",
    ),
    "eps of sgd": (
        {"eps": "1e-8"},
        ANY,
        "warning C254 eps",
        "eps has no effect: the optimizer is sgd; it belongs to adam and rmsprop",
        "remove eps",
    ),
    "gamma of adam": (
        {"optimizer": "adam", "gamma": "0.9"},
        ANY,
        "warning C254 gamma",
        "gamma has no effect: the optimizer is adam; it belongs to rmsprop",
        "remove gamma",
    ),
    "tolerance of no stopping": (
        {"early_stopping": "False", "early_stopping_tolerance": "0.1"},
        ANY,
        "warning C254 early_stopping_tolerance",
        "early_stopping_tolerance has no effect: early_stopping is not true",
        "remove early_stopping_tolerance",
    ),
    "one machine shares": (
        {"kv_store": "dist_async"},
        Job(machines=1),
        "warning C254 kv_store",
        "kv_store has no effect: there is one machine",
        "remove kv_store",
    ),
    "several machines do not share": (
        {},
        Job(machines=4),
        "warning C264 kv_store",
        "nothing says how 4 machines share their weights: there is no kv_store",
        "set kv_store to dist_sync, or use one machine",
    ),
    "eps in half precision": (
        {"precision_dtype": "float16", "optimizer": "rmsprop"},
        ANY,
        "warning C265 eps",
        "eps 1e-08 is 0 in float16, and rmsprop divides by it",
        "set eps to 1e-4, or precision_dtype to float32",
    ),
}


@pytest.mark.parametrize(("values", "job", "head", "message", "hint"), BAD.values(), ids=BAD.keys())
def test_what_the_algorithm_does_not_take(
    values: dict[str, str | Unknown], job: Job, head: str, message: str, hint: str
) -> None:
    (one,) = found(values, job)
    assert (f"{one.severity} {one.code} {one.name}", one.message, one.hint) == (head, message, hint)


def test_what_has_no_default_must_be_given() -> None:
    assert [(one.code, one.message, one.hint) for one in problems({})] == [
        ("C209", "num_classes is missing, and has no default", "add it: a whole number from 1 up"),
        ("C209", "num_training_samples is missing, and has no default", "add it: a whole number from 1 up"),
    ]


def test_a_value_that_cannot_be_read_is_told_once_and_no_rule_rests_on_it() -> None:
    values: dict[str, str | Unknown] = {"epochs": "0", "lr_scheduler_step": "10", "checkpoint_frequency": "9"}
    assert [(one.code, one.name) for one in found(values)] == [("C214", "epochs")]


@given(
    st.dictionaries(
        st.sampled_from([one.name for one in TABLE]) | st.text(max_size=5),
        st.just(UNKNOWN) | st.sampled_from(["1", "0", "True", "3,224,224", "20", "1e-3", "adam"]) | st.text(),
    ),
    st.builds(Job, st.none() | st.integers(1, 3), st.none() | st.booleans()),
)
def test_any_texts_have_problems_or_none(values: dict[str, str | Unknown], job: Job) -> None:
    for one in problems(values, job):
        assert one.name in str(one)
        assert one.hint
        assert set(one.reads) <= set(BY_NAME)


@pytest.mark.parametrize(
    ("instance_type", "told"),
    [
        ("ml.p2.xlarge", None),
        ("ml.p3.16xlarge", None),
        ("ml.g4dn.xlarge", None),
        ("ml.g5.48xlarge", None),
        (
            "ml.p4d.24xlarge",
            (
                "C252",
                "warning",
                "ml.p4d.24xlarge is not among the types that the algorithm's documentation lists",
            ),
        ),
        (
            "ml.c5.xlarge",
            ("C201", "error", "ml.c5.xlarge cannot train: it has no GPU that the algorithm uses"),
        ),
    ],
)
def test_machines(instance_type: str, told: tuple[str, str, str] | None) -> None:
    one = machine_problem(instance_type)
    assert (one and (one.code, one.severity, one.message)) == told


@pytest.mark.parametrize(
    ("batch", "instance_type", "told"),
    [
        (32, "ml.g5.12xlarge", None),
        (31, "ml.g5.xlarge", None),
        (31, "ml.m5.xlarge", None),
        (
            30,
            "ml.g5.12xlarge",
            (
                "30 images a batch cannot be shared equally by the 4 GPUs of ml.g5.12xlarge",
                "use a multiple of 4, such as 32",
            ),
        ),
        (
            4,
            "ml.p2.8xlarge",
            (
                "4 images a batch cannot be shared equally by the 8 GPUs of ml.p2.8xlarge",
                "use a multiple of 8, such as 8",
            ),
        ),
    ],
)
def test_batches_are_shared_by_gpus(batch: int, instance_type: str, told: tuple[str, str] | None) -> None:
    one = batch_problem(batch, instance_type)
    assert (one and (one.message, one.hint)) == told


def test_every_size_of_the_documented_families_has_a_number_of_gpus() -> None:
    for family, sizes in GPUS.items():
        assert set(sizes) == set(INSTANCE_TYPES["training"][family].split())
