"""The section `train`: how the network is trained."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field

from steps.config import Form, InstanceTypes, Problem, Section, TrainingTime, VolumeSize
from steps.instances import family, known, unsuitable

IMAGENET_LAYERS = (18, 34, 50, 101, 152, 200)

ImageShape = Annotated[
    str,
    Form("[1-9][0-9]*,[1-9][0-9]*,[1-9][0-9]*", "channels, height and width of an image", "3,224,224", 32),
]
EpochList = Annotated[
    str, Form("[1-9][0-9]*(,[1-9][0-9]*)*", "epochs with commas between them", "10,20", 256)
]
Count = Annotated[int, Field(ge=1)]
Flag = Annotated[int, Field(ge=0, le=1)]
Rate = Annotated[float, Field(ge=0.0, le=1.0)]


class Hyperparameters(Section):
    """Hyperparameters of SageMaker's built-in Image Classification algorithm: its names, its defaults.

    num_classes and num_training_samples are missing on purpose: the pipeline takes them from what
    ValidateImages counted. Source: docs.aws.amazon.com/sagemaker/latest/dg/IC-Hyperparameter.html.
    """

    num_layers: Literal[18, 34, 50, 101, 152, 200, 20, 32, 44, 56, 110] = Field(
        152,
        description="Depth of the ResNet: 18 to 200 as for ImageNet, or 20, 32, 44, 56, 110 as for CIFAR.",
    )
    use_pretrained_model: Flag = Field(
        0, description="1 loads weights trained on ImageNet and replaces the last layer only."
    )
    image_shape: ImageShape = Field(
        "3,224,224", description="Channels, height and width that the network sees, such as 3,224,224."
    )
    resize: Count | None = Field(
        None,
        description="Pixels of an image's shorter side before it is cropped; 8/7 of the larger side of "
        "image_shape where this key is absent (256 for 224).",
    )
    mini_batch_size: Count = Field(32, description="Images per training step, over all GPUs of a machine.")
    epochs: Count = Field(30, description="Times that the network sees every training image.")
    learning_rate: Rate = Field(0.1, description="Learning rate at the start.")
    lr_scheduler_step: EpochList | None = Field(
        None, description="Epochs at which the learning rate falls, such as 10,20."
    )
    lr_scheduler_factor: Rate | None = Field(
        None,
        description="What multiplies the learning rate at those epochs; the algorithm's default is 0.1.",
    )
    optimizer: Literal["sgd", "adam", "rmsprop", "nag"] | None = Field(
        None, description="The algorithm's default is sgd."
    )
    momentum: Rate | None = Field(None, description="For sgd and nag; the algorithm's default is 0.9.")
    weight_decay: Rate | None = Field(None, description="For sgd and nag; the algorithm's default is 0.0001.")
    beta_1: Rate | None = Field(None, description="For adam; the algorithm's default is 0.9.")
    beta_2: Rate | None = Field(None, description="For adam; the algorithm's default is 0.999.")
    eps: Rate | None = Field(None, description="For adam and rmsprop; the algorithm's default is 1e-8.")
    gamma: Rate | None = Field(None, description="For rmsprop; the algorithm's default is 0.9.")
    augmentation_type: Literal["crop", "crop_color", "crop_color_transform"] | None = Field(
        None, description="Random changes to training images; without it there are none."
    )
    early_stopping: bool | None = Field(
        None, description="Stop when validation accuracy no longer rises; the algorithm's default is false."
    )
    early_stopping_min_epochs: Count | None = Field(
        None, description="Epochs before that can happen; the algorithm's default is 10."
    )
    early_stopping_patience: Count | None = Field(
        None, description="Epochs to wait for a rise; the algorithm's default is 5."
    )
    early_stopping_tolerance: Rate | None = Field(
        None, description="How much counts as a rise; the algorithm's default is 0.0."
    )
    top_k: Annotated[int, Field(ge=2)] | None = Field(None, description="Report top-k accuracy as well.")
    checkpoint_frequency: Count | None = Field(
        None,
        description="Keep the weights every so many epochs; without it, those of the best epoch only.",
    )
    multi_label: Flag | None = Field(
        None, description="1 is refused: the image lists of this pipeline hold one label."
    )
    use_weighted_loss: Flag | None = Field(None, description="Only with multi_label: 1, and so refused too.")
    precision_dtype: Literal["float32", "float16"] | None = Field(
        None, description="Precision of the weights; the algorithm's default is float32."
    )
    kv_store: Literal["dist_sync", "dist_async"] | None = Field(
        None, description="How several machines share their weights; only with instance_count above 1."
    )

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of `image_shape`."""
        channels, height, width = (int(number) for number in self.image_shape.split(","))
        return channels, height, width

    @property
    def resize_pixels(self) -> int:
        """`resize`, or its default: AWS's own notebook resizes to 256 for 3,224,224, which is 8/7."""
        larger = max(self.shape[1:])
        return self.resize or -(-larger * 8 // 7)


class Pretrained(Section):
    """Where the local SageMaker finds ImageNet weights. The algorithm's image on AWS brings its own."""

    weights: str | None = Field(
        None,
        description="File with weights in torchvision's layout, relative to this YAML file; without it, "
        "torch's cache and then the official download are tried.",
    )
    when_missing: Literal["fail", "scratch"] = Field(
        "fail", description="If there are none: fail the step, or train from scratch and say so."
    )


class TrainConfig(Section):
    """How the step TrainModel runs."""

    algorithm: Literal["image-classification"] = Field(
        "image-classification", description="The built-in algorithm that trains."
    )
    instance_type: InstanceTypes = Field(
        ("ml.g4dn.xlarge", "ml.g5.xlarge"), description="Machine of the training job; it needs a GPU."
    )
    instance_count: Annotated[int, Field(ge=1, le=100)] = Field(
        1, description="Number of machines that train."
    )
    volume_gb: VolumeSize = Field(50, description="Disk of each machine; all images must fit.")
    max_runtime: TrainingTime = Field("24h", description="The job is stopped after this time.")
    hyperparameters: Hyperparameters = Field(
        default_factory=Hyperparameters, description="Hyperparameters of the algorithm."
    )
    pretrained: Pretrained = Field(
        default_factory=Pretrained, description="Where the local SageMaker finds ImageNet weights."
    )

    def problems(self) -> Iterator[Problem]:
        """See Section."""
        yield from unsuitable("training", self.instance_type)
        yield from _machines(self)
        yield from _transfer(self.hyperparameters)
        yield from _images(self.hyperparameters)
        yield from _labels(self.hyperparameters)
        yield from _schedule(self.hyperparameters)
        yield from _without_effect(self)


_GPU_FAMILIES = ("p2", "p3", "g4dn", "g5")
_OTHER_GPU_FAMILIES = ("p3dn", "p4d", "p4de", "p5", "p5e", "p5en", "g6", "g6e", "g7", "g7e")
_GPU_SOURCE = (
    "docs.aws.amazon.com/sagemaker/latest/dg/image-classification.html: training supports P2, P3, G4dn and G5"
)


def _machines(train: TrainConfig) -> Iterator[Problem]:
    for index, one in enumerate(train.instance_type):
        path = ("instance_type", index)
        if not known("training", one):
            continue
        if family(one) in _OTHER_GPU_FAMILIES:
            message = f"{one} is not among the types that the algorithm's documentation lists"
            yield Problem("C252", path, message, "use a G4dn or G5 type to be sure", _GPU_SOURCE, "warning")
        elif family(one) not in _GPU_FAMILIES:
            yield Problem(
                "C201", path, f"{one} cannot train: it has no GPU that the algorithm uses",
                "use a G4dn or G5 type, such as ml.g4dn.xlarge", _GPU_SOURCE,
            )  # fmt: skip


_PRETRAINED_MODEL = ("hyperparameters", "use_pretrained_model")


def _transfer(given: Hyperparameters) -> Iterator[Problem]:
    if not given.use_pretrained_model:
        return
    if given.num_layers not in IMAGENET_LAYERS:
        choices = ", ".join(map(str, IMAGENET_LAYERS))
        yield Problem(
            "C202",
            ("hyperparameters", "num_layers"),
            f"there are no pretrained weights for {given.num_layers} layers",
            f"use one of {choices}, or use_pretrained_model: 0",
            reads=(_PRETRAINED_MODEL,),
        )
    if given.shape[0] != 3:
        yield Problem(
            "C202",
            ("hyperparameters", "image_shape"),
            f"pretrained weights take 3 channels, not {given.shape[0]}",
            f'write image_shape: "3,{given.shape[1]},{given.shape[2]}", or use_pretrained_model: 0',
            reads=(_PRETRAINED_MODEL,),
        )


def _images(given: Hyperparameters) -> Iterator[Problem]:
    larger = max(given.shape[1:])
    if given.shape[0] not in (1, 3):
        yield Problem(
            "C203",
            ("hyperparameters", "image_shape"),
            f"an image has 1 or 3 channels, not {given.shape[0]}",
            "write channels, height and width in this order, such as 3,224,224",
        )
    if given.resize is not None and given.resize < larger:
        yield Problem(
            "C204",
            ("hyperparameters", "resize"),
            f"resize {given.resize} is smaller than the image_shape {given.image_shape}",
            f"write {larger} or more, or remove resize",
            "training fails on images smaller than image_shape",
            reads=(("hyperparameters", "image_shape"),),
        )


def _labels(given: Hyperparameters) -> Iterator[Problem]:
    for name in ("multi_label", "use_weighted_loss"):
        if getattr(given, name):
            yield Problem(
                "C205",
                ("hyperparameters", name),
                f"{name}: 1 needs images with several labels, and a folder gives each image one",
                f"remove {name}",
            )


def _schedule(given: Hyperparameters) -> Iterator[Problem]:
    epochs = [int(epoch) for epoch in (given.lr_scheduler_step or "").split(",") if epoch]
    path = ("hyperparameters", "lr_scheduler_step")
    if any(later <= earlier for earlier, later in pairwise(epochs)):
        yield Problem("C206", path, "the epochs do not rise", "write each once, in order, such as 10,20")
    elif epochs and epochs[-1] >= given.epochs:
        message = f"epoch {epochs[-1]} is never reached: there are only {given.epochs} epochs"
        yield Problem("C253", path, message, "use earlier epochs, or more of them", severity="warning")
    if given.checkpoint_frequency is not None and given.checkpoint_frequency > given.epochs:
        yield Problem(
            "C207",
            ("hyperparameters", "checkpoint_frequency"),
            f"checkpoint_frequency {given.checkpoint_frequency} is more than the {given.epochs} epochs",
            f"write {given.epochs} or less",
            reads=(("hyperparameters", "epochs"),),
        )


_OPTIMIZERS = {
    "momentum": ("sgd", "nag"),
    "weight_decay": ("sgd", "nag"),
    "beta_1": ("adam",),
    "beta_2": ("adam",),
    "eps": ("adam", "rmsprop"),
    "gamma": ("rmsprop",),
}
"""The optimizers that take a hyperparameter."""


def _without_effect(train: TrainConfig) -> Iterator[Problem]:
    given = train.hyperparameters
    optimizer = given.optimizer or "sgd"
    reasons = {
        name: f"the optimizer is {optimizer}; it belongs to {' and '.join(takers)}"
        for name, takers in _OPTIMIZERS.items()
        if optimizer not in takers
    }
    if not given.lr_scheduler_step:
        reasons["lr_scheduler_factor"] = "there is no lr_scheduler_step"
    if not given.early_stopping:
        unset = "early_stopping is not true"
        reasons |= dict.fromkeys(("early_stopping_min_epochs", "early_stopping_patience"), unset)
        reasons["early_stopping_tolerance"] = unset
    if train.instance_count == 1:
        reasons["kv_store"] = "there is one machine"
    for name, reason in reasons.items():
        if getattr(given, name) is not None:
            message = f"{name} has no effect: {reason}"
            yield Problem("C254", ("hyperparameters", name), message, f"remove {name}", severity="warning")
    if train.pretrained.weights is not None and not given.use_pretrained_model:
        message = "weights has no effect: use_pretrained_model is not 1"
        yield Problem("C254", ("pretrained", "weights"), message, "remove weights", severity="warning")
