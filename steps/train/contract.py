"""What SageMaker's built-in Image Classification algorithm takes, and the rules over its hyperparameters.

The config, the check of definitions and the local trainer all go by it. It has what AWS documents; where AWS
does not say what happens, there is a warning at most.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

from steps.train.kinds import OneOf
from steps.train.table import BY_NAME, CIFAR_LAYERS, IMAGENET_LAYERS, TABLE, Hyperparameter
from steps.train.table import PAGE as HYPERPARAMETER_PAGE

REPOSITORY = "image-classification"
"""Of the algorithm's image, in a registry account of each region."""

PAGE = "docs.aws.amazon.com/sagemaker/latest/dg/image-classification.html"

CHANNELS = ("train", "validation", "train_lst", "validation_lst")
"""Images in files need all four; RecordIO files and augmented manifests the first two."""
MODEL_CHANNEL = "model"
"""An earlier model of this algorithm to go on from; its layers, image shape and classes must be the same."""

IMAGE_TYPE = "application/x-image"
IMAGE_TYPES = (IMAGE_TYPE, "image/jpeg", "image/png")
"""Image files in training, and images in requests to a model."""
RECORD_TYPE = "application/x-recordio"
MODEL_TYPE = "application/x-sagemaker-model"
ANSWER_TYPES = ("application/json", "application/jsonlines")
"""What a model can answer with."""

IMAGENET_SIDE = 224
"""Pixels. What AWS's page calls a large image, and the only size that it allows pretrained weights."""

GPUS: Mapping[str, Mapping[str, int]] = {
    "p2": {"xlarge": 1, "8xlarge": 8, "16xlarge": 16},
    "p3": {"2xlarge": 1, "8xlarge": 4, "16xlarge": 8},
    "g4dn": {"xlarge": 1, "2xlarge": 1, "4xlarge": 1, "8xlarge": 1, "12xlarge": 4, "16xlarge": 1},
    "g5": {
        "xlarge": 1,
        "2xlarge": 1,
        "4xlarge": 1,
        "8xlarge": 1,
        "12xlarge": 4,
        "16xlarge": 1,
        "24xlarge": 4,
        "48xlarge": 8,
    },
}
"""GPUs by size, for each family that the algorithm's page lists for training."""

_UNTRIED_FAMILIES = "p3dn p4d p4de p5 p5e p5en p6-b200 p6-b300 p6e-gb200 g6 g6e g7 g7e"
"""Families with GPUs that the page does not list."""


class Unknown:
    """Stands for the value of a hyperparameter that is known only when the pipeline runs."""


UNKNOWN = Unknown()


@dataclass(frozen=True)
class Job:
    """What the rules need to know of a training job beside its hyperparameters. None: not known.

    Attributes:
        machines: How many train.
        images: Whether it reads image files with their lists, and not RecordIO.
    """

    machines: int | None = None
    images: bool | None = None


@dataclass(frozen=True)
class Violation:
    """Something that the algorithm refuses, or that does not do what it seems to.

    Attributes:
        code: pipeline.config.codes names it.
        name: The hyperparameter, or "" where it is about the machine. It may be one that is not given.
        message: What is wrong, in one sentence without a full stop.
        hint: How to fix it.
        why: The reason or the evidence, where the message alone may not convince.
        severity: "error" or "warning".
        reads: Other hyperparameters that it rests on.
    """

    code: str
    name: str
    message: str
    hint: str
    why: str | None = None
    severity: Literal["error", "warning"] = "error"
    reads: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The message, with the name of the hyperparameter where it does not speak of it."""
        return self.message if self.name in self.message else f"{self.name}: {self.message}"


@dataclass(frozen=True)
class _Given:
    """Hyperparameters that could be read.

    Attributes:
        values: By name; the default, or None, for those not given. Wrong and unknown ones are missing.
        names: All that were given, whatever their value.
        job: The job.
    """

    values: Mapping[str, Any]
    names: frozenset[str]
    job: Job = field(default_factory=Job)


def problems(values: Mapping[str, str | Unknown], job: Job = Job()) -> Iterator[Violation]:
    """What is wrong with the hyperparameters of a training job.

    Args:
        values: The texts that the algorithm gets, by name. Nothing is said that rests on an UNKNOWN one.
        job: The job that they are of.
    """
    for name in sorted(set(values) - set(BY_NAME)):
        # The algorithms take names that begin so from SageMaker itself, such as _tuning_objective_metric.
        if not name.startswith("_"):
            yield _unknown(name)
    read: dict[str, object] = {}
    for one in TABLE:
        text = values.get(one.name, one.default)
        if text is None and one.required:
            yield _missing(one)
        elif text is None:
            read[one.name] = None
        elif isinstance(text, str):
            try:
                read[one.name] = one.kind.read(text)
            except ValueError:
                yield _unusable(one, text)
    given = _Given(read, frozenset(values), job)
    for rule in _RULES:
        yield from rule(given)


def _unknown(name: str) -> Violation:
    near = difflib.get_close_matches(name, BY_NAME, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"the algorithm has {', '.join(BY_NAME)}"
    message = f"'{name}' is not a hyperparameter of {REPOSITORY}"
    why = 'training fails: "Additional hyperparameters are not allowed"'
    return Violation("C210", name, message, hint, why)


def _missing(one: Hyperparameter) -> Violation:
    message = f"{one.name} is missing, and has no default"
    return Violation("C209", one.name, message, f"add it: {one.kind.words}", HYPERPARAMETER_PAGE)


_LONGEST = 60
"""Characters of a wrong value that a message repeats."""


def _unusable(one: Hyperparameter, text: str) -> Violation:
    hint, why = one.kind.hint, None
    shown = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    message = f"{one.name} is '{shown}', which is not {one.kind.words}"
    if isinstance(one.kind, OneOf):
        message = f"{one.name} is '{shown}', and can be {one.kind.words}"
        if near := difflib.get_close_matches(text, map(str, one.kind.choices), n=1):
            hint = f"did you mean '{near[0]}'?"
    if one.name == "early_stopping" and text.lower() in ("true", "false"):
        hint = f"write {text.capitalize()}, with a capital letter"
        why = f"{HYPERPARAMETER_PAGE} spells True and False, and nothing says that another spelling is taken"
    return Violation("C214", one.name, message, hint, why)


def _transfer(given: _Given) -> Iterator[Violation]:
    values = given.values
    if values.get("use_pretrained_model") != 1:
        return
    if values.get("num_layers") in CIFAR_LAYERS:
        yield Violation(
            "C202",
            "num_layers",
            f"there are no pretrained weights for {values['num_layers']} layers",
            f"use one of {', '.join(map(str, IMAGENET_LAYERS))}, or set use_pretrained_model to 0",
            reads=("use_pretrained_model",),
        )
    if "image_shape" not in values:
        return
    channels, height, width = values["image_shape"]
    if channels != 3:
        yield Violation(
            "C202",
            "image_shape",
            f"pretrained weights take 3 channels, not {channels}",
            f'set image_shape to "3,{height},{width}", or use_pretrained_model to 0',
            reads=("use_pretrained_model",),
        )
    elif (height, width) != (IMAGENET_SIDE, IMAGENET_SIDE):
        yield Violation(
            "C261",
            "image_shape",
            f"pretrained weights are documented for images of 224x224 only, not {height}x{width}",
            'set image_shape to "3,224,224" before this runs on AWS, or use_pretrained_model to 0',
            f"{HYPERPARAMETER_PAGE}: pretrained models can use only a fixed 224 x 224 image size",
            "warning",
        )


def _images(given: _Given) -> Iterator[Violation]:
    shape, resize = given.values.get("image_shape"), given.values.get("resize")
    if given.job.images and "resize" not in given.names:
        hint = "add resize, the pixels of the shorter side: 256 for images of 224x224"
        message = "resize is missing, which AWS requires for image files"
        # It is known to train without, on images that already are as small as image_shape.
        why = f"{HYPERPARAMETER_PAGE}; training fails on images smaller than image_shape"
        yield Violation("C274", "resize", message, hint, why, "warning")
    if shape is None:
        return
    if shape[0] not in (1, 3):
        yield Violation(
            "C203",
            "image_shape",
            f"an image has 1 or 3 channels, not {shape[0]}",
            "write channels, height and width in this order, such as 3,224,224",
        )
    elif resize is not None and resize < max(shape[1:]):
        yield Violation(
            "C204",
            "resize",
            f"resize {resize} is smaller than the image_shape {','.join(map(str, shape))}",
            f"write {max(shape[1:])} or more, or remove resize",
            "training fails on images smaller than image_shape",
            reads=("image_shape",),
        )
    small = given.values.get("num_layers") in CIFAR_LAYERS and not given.values.get("use_pretrained_model")
    if small and max(shape[1:]) >= IMAGENET_SIDE:
        yield Violation(
            "C262",
            "num_layers",
            f"{given.values['num_layers']} layers are for small images, such as 28x28",
            f"use one of {', '.join(map(str, IMAGENET_LAYERS))} for images of this size",
            HYPERPARAMETER_PAGE,
            "warning",
        )


def _counts(given: _Given) -> Iterator[Violation]:
    batch, samples = given.values.get("mini_batch_size"), given.values.get("num_training_samples")
    if batch and samples and batch > samples:
        yield Violation(
            "C216",
            "mini_batch_size",
            f"mini_batch_size {batch} is more than num_training_samples {samples}",
            f"write {samples} or less",
            'training fails: "The number of input images must be bigger or equal to the mini_batch_size"',
            reads=("num_training_samples",),
        )
    top_k, classes = given.values.get("top_k"), given.values.get("num_classes")
    if top_k and classes and top_k > classes:
        message = f"top_k {top_k} is more than num_classes {classes}"
        yield Violation("C275", "top_k", message, f"write {classes} or less", severity="warning")


def _schedule(given: _Given) -> Iterator[Violation]:
    steps, epochs = given.values.get("lr_scheduler_step") or (), given.values.get("epochs")
    if any(later <= earlier for earlier, later in pairwise(steps)):
        hint = "write each once, in order, such as 10,20"
        yield Violation("C206", "lr_scheduler_step", "the epochs do not rise", hint)
    elif steps and epochs and steps[-1] >= epochs:
        message = f"epoch {steps[-1]} is never reached: there are only {epochs} epochs"
        hint = "use earlier epochs, or more of them"
        yield Violation("C253", "lr_scheduler_step", message, hint, severity="warning")
    every = given.values.get("checkpoint_frequency")
    if every and epochs and every > epochs:
        yield Violation(
            "C207",
            "checkpoint_frequency",
            f"checkpoint_frequency {every} is more than the {epochs} epochs",
            f"write {epochs} or less",
            reads=("epochs",),
        )


def _labels(given: _Given) -> Iterator[Violation]:
    if given.values.get("multi_label") == 1 and given.job.images:
        yield Violation(
            "C266",
            "multi_label",
            "several labels an image are documented for augmented manifests only, not for image lists",
            "use an augmented manifest, or set multi_label to 0",
            PAGE,
            "warning",
        )
    if given.values.get("use_weighted_loss") == 1 and given.values.get("multi_label") == 0:
        message = "use_weighted_loss has no effect: multi_label is not 1"
        yield Violation("C254", "use_weighted_loss", message, "remove use_weighted_loss", severity="warning")


def _without_effect(given: _Given) -> Iterator[Violation]:
    for one in TABLE:
        needs = one.needs
        if needs is None or one.name not in given.names or needs.name not in given.values:
            continue
        value = given.values[needs.name]
        if value is None or (needs.values and value not in needs.values):
            message = f"{one.name} has no effect: {needs.unmet.format(value)}"
            yield Violation("C254", one.name, message, f"remove {one.name}", severity="warning")


def _machines(given: _Given) -> Iterator[Violation]:
    if given.job.machines is None:
        return
    if given.job.machines == 1 and "kv_store" in given.names:
        message = "kv_store has no effect: there is one machine"
        yield Violation("C254", "kv_store", message, "remove kv_store", severity="warning")
    if given.job.machines > 1 and "kv_store" not in given.names:
        yield Violation(
            "C264",
            "kv_store",
            f"nothing says how {given.job.machines} machines share their weights: there is no kv_store",
            "set kv_store to dist_sync, or use one machine",
            f"{HYPERPARAMETER_PAGE}: it has no default, and AWS does not say what happens without it",
            "warning",
        )


_SMALLEST_FLOAT16 = 2.0**-24


def _precision(given: _Given) -> Iterator[Violation]:
    values = given.values
    eps = values.get("eps")
    takers = ("adam", "rmsprop")
    if values.get("precision_dtype") != "float16" or values.get("optimizer") not in takers or eps is None:
        return
    if eps < _SMALLEST_FLOAT16:
        yield Violation(
            "C265",
            "eps",
            f"eps {eps:g} is 0 in float16, and {values['optimizer']} divides by it",
            "set eps to 1e-4, or precision_dtype to float32",
            "the smallest number above 0 that float16 has is 6e-8",
            "warning",
        )


_RULES = (_transfer, _images, _counts, _schedule, _labels, _without_effect, _machines, _precision)


def machine_problem(instance_type: str) -> Violation | None:
    """What is wrong with a type that SageMaker has for training, as a machine for this algorithm."""
    family = instance_type.split(".")[1]
    why = f"{PAGE}: training supports P2, P3, G4dn and G5"
    if family in GPUS:
        return None
    if family in _UNTRIED_FAMILIES.split():
        message = f"{instance_type} is not among the types that the algorithm's documentation lists"
        return Violation("C252", "", message, "use a G4dn or G5 type to be sure", why, "warning")
    message = f"{instance_type} cannot train: it has no GPU that the algorithm uses"
    return Violation("C201", "", message, "use a G4dn or G5 type, such as ml.g4dn.xlarge", why)


def batch_problem(mini_batch_size: int, instance_type: str) -> Violation | None:
    """What is wrong with sharing a batch among the GPUs of a machine."""
    _, family, size = instance_type.split(".")
    gpus = GPUS.get(family, {}).get(size, 1)
    if mini_batch_size % gpus == 0:
        return None
    return Violation(
        "C263",
        "mini_batch_size",
        f"{mini_batch_size} images a batch cannot be shared equally by the {gpus} GPUs of {instance_type}",
        f"use a multiple of {gpus}, such as {-(-mini_batch_size // gpus) * gpus}",
        f"{HYPERPARAMETER_PAGE}: each GPU handles mini_batch_size/num_gpu training samples",
        "warning",
    )
