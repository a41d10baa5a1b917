"""The section `train`: how the network is trained."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from steps.config import (
    Form,
    InstanceTypes,
    ModelArtifact,
    Problem,
    Section,
    TrainingTime,
    VolumeSize,
    seconds,
)
from steps.instances import known, unsuitable
from steps.jobs.config import (
    WHEN_CAPACITY_IS_SHORT,
    Environment,
    JobRetries,
    environment_problems,
    retry_problems,
)
from steps.train import contract
from steps.train.kinds import OneOf
from steps.train.table import BY_NAME

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

    def texts(self) -> dict[str, str]:
        """As the algorithm takes them: as text, without those that are left to its own defaults."""
        # True is the algorithm's own word for it, and Python's.
        values = {**self.model_dump(exclude_none=True), "resize": self.resize_pixels}
        return {name: str(value) for name, value in values.items()}

    @staticmethod
    def choices(name: str) -> tuple[str, ...]:
        """The texts that one of them can be, where they are few."""
        kind = BY_NAME[name].kind
        return tuple(map(str, kind.choices)) if isinstance(kind, OneOf) else ()

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


def _refuse_pipe(mode: Any) -> Any:
    if mode == "Pipe":
        raise PydanticCustomError(
            "refused_value",
            "'Pipe' streams RecordIO files, and this pipeline trains on image files",
            {"hint": "write File, or remove input_mode"},
        )
    return mode


def _refuse_empty_spot(spot: Any) -> Any:
    if spot is None:
        raise PydanticCustomError(
            "refused_value", "there is nothing in it", {"hint": "write spot: {}, or remove the key"}
        )
    return spot


class Spot(Section):
    """Training on machines that AWS may take back: cheaper, and it may take longer."""

    max_wait: TrainingTime = Field(
        "48h",
        description="The job ends after this time, waiting for machines included; not less than max_runtime.",
    )
    checkpoints: bool = Field(
        True,
        description="Keep checkpoints in S3, from which training goes on after an interruption; without them "
        "it begins anew, and SageMaker allows an hour of max_wait.",
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
    spot: Annotated[Spot | None, BeforeValidator(_refuse_empty_spot)] = Field(
        None,
        description="Train on spot machines; `spot: {}` does with these defaults. Off where it is absent.",
    )
    input_mode: Annotated[Literal["File", "FastFile"], BeforeValidator(_refuse_pipe)] = Field(
        "File",
        description="File copies all images before training; FastFile reads each from S3 when it is needed.",
    )
    initial_model: ModelArtifact | None = Field(
        None,
        description="An earlier model of this algorithm to train on from. It must have the same classes, "
        "num_layers and image_shape.",
    )
    environment: Environment = Field(
        default_factory=dict,
        description="Environment variables of the algorithm, by name. No secrets: AWS shows them.",
    )
    retry: JobRetries = Field(
        WHEN_CAPACITY_IS_SHORT,
        description="When the step is tried again; `retry: []` leaves it to AWS, which retries faults of its "
        "own. By default it also waits up to a day for machines that AWS has not free, with half an hour and "
        "more between attempts.",
    )
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
        yield from _algorithm(self)
        yield from _without_effect(self)
        yield from _spot(self)
        yield from _inputs(self)
        yield from environment_problems(self.environment, 512, "a training job")
        yield from retry_problems(self.retry)


def _machines(train: TrainConfig) -> Iterator[Problem]:
    types = [(index, one) for index, one in enumerate(train.instance_type) if known("training", one)]
    for index, one in types:
        if violation := contract.machine_problem(one):
            yield _problem(violation, ("instance_type", index))
    uneven = (contract.batch_problem(train.hyperparameters.mini_batch_size, one) for _, one in types)
    for violation in islice(filter(None, uneven), 1):
        yield _problem(violation, ("hyperparameters", violation.name))


_PRETRAINED_MODEL = ("hyperparameters", "use_pretrained_model")


def _algorithm(train: TrainConfig) -> Iterator[Problem]:
    """What the algorithm's contract says of the hyperparameters."""
    labels = list(_labels(train.hyperparameters))
    yield from labels
    refused = {problem.path for problem in labels}
    # ValidateImages counts them when the pipeline runs.
    counted = dict.fromkeys(("num_classes", "num_training_samples"), contract.UNKNOWN)
    texts: dict[str, str | contract.Unknown] = {**counted, **train.hyperparameters.texts()}
    for violation in contract.problems(texts, contract.Job(train.instance_count, images=True)):
        if (path := ("hyperparameters", violation.name)) not in refused:
            yield _problem(violation, path)


def _problem(violation: contract.Violation, path: tuple[str | int, ...]) -> Problem:
    reads = tuple(("hyperparameters", name) for name in violation.reads)
    return Problem(
        violation.code, path, violation.message, violation.hint, violation.why, violation.severity, reads
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


_SPOT = "docs.aws.amazon.com/sagemaker/latest/dg/model-managed-spot-training.html"
_HOUR = 3600


def _spot(train: TrainConfig) -> Iterator[Problem]:
    if train.spot is None:
        return
    path, wait = ("spot", "max_wait"), seconds(train.spot.max_wait)
    if wait < seconds(train.max_runtime):
        yield Problem(
            "C235",
            path,
            f"max_wait {train.spot.max_wait} is less than max_runtime {train.max_runtime}",
            f"write {train.max_runtime} or more, or a shorter train.max_runtime",
            "max_wait is the time for machines to come and the job to run, both together",
            reads=(("max_runtime",),),
        )
    if not train.spot.checkpoints and wait > _HOUR:
        yield Problem(
            "C235",
            path,
            f"max_wait {train.spot.max_wait} is more than the hour that SageMaker allows without checkpoints",
            "write checkpoints: true, or a max_wait and a max_runtime of 1h or less",
            f"{_SPOT}: built-in algorithms that do not checkpoint",
            reads=(("spot", "checkpoints"),),
        )


def _inputs(train: TrainConfig) -> Iterator[Problem]:
    if train.input_mode == "FastFile":
        yield Problem(
            "C282",
            ("input_mode",),
            "the algorithm's documentation lists File for images in files, and does not speak of FastFile",
            "write File to be sure",
            "docs.aws.amazon.com/sagemaker/latest/dg/image-classification.html",
            "warning",
        )
    if train.initial_model is not None and train.hyperparameters.use_pretrained_model:
        yield Problem(
            "C236",
            ("initial_model",),
            "training begins from an earlier model or from ImageNet weights, not from both",
            "write use_pretrained_model: 0, or remove initial_model",
            "both fill the same layers, and no documentation says which stays",
            reads=(_PRETRAINED_MODEL,),
        )


def _without_effect(train: TrainConfig) -> Iterator[Problem]:
    if train.pretrained.weights is not None and not train.hyperparameters.use_pretrained_model:
        message = "weights has no effect: use_pretrained_model is not 1"
        yield Problem("C254", ("pretrained", "weights"), message, "remove weights", severity="warning")
