"""Which program on this machine stands for a container image."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from pipeline.local.errors import NotSupportedLocally
from pipeline.local.jobs.metrics import MetricDefinition

_PYTHON = ("python", "python3")


@dataclass(frozen=True)
class Framework:
    """What runs training scripts in an image.

    Attributes:
        packages: What its scripts are written for, by the names under which it is imported.
        module: The image's own module that starts a script.
    """

    packages: tuple[str, ...]
    module: str


@dataclass(frozen=True)
class Image:
    """What the images of one repository do.

    Attributes:
        train: The program of a training job.
        serve: The program that serves a model.
        needs: What the models that it serves are written for, by the names under which it is imported.
        has_algorithm: Whether it also has an algorithm of its own, for who gives it no script.
        runs_scripts: Whether a processing job's entrypoint can be run as it is.
        framework: What runs a training job's script.
        only_channels: The channels that the training program reads; None for any.
        metrics: What the algorithm publishes from its log, besides a request's own MetricDefinitions.
    """

    train: tuple[str, ...] | None = None
    serve: tuple[str, ...] | None = None
    needs: tuple[str, ...] = ()
    has_algorithm: bool = False
    runs_scripts: bool = False
    framework: Framework | None = None
    only_channels: tuple[str, ...] | None = None
    metrics: tuple[MetricDefinition, ...] = ()

    @property
    def packages(self) -> tuple[str, ...]:
        """All that its scripts are written for."""
        training = self.framework.packages if self.framework else ()
        return tuple(dict.fromkeys((*training, *self.needs)))


def _scripts(framework: str, *packages: str, serves: str | None = None, has_algorithm: bool = False) -> Image:
    """An image that runs scripts, given the name of its framework in that of the image's own module."""
    module = f"sagemaker_{framework}_container.training:main"
    serve = _server(serves) if serves else None
    return Image(
        serve=serve, has_algorithm=has_algorithm, runs_scripts=True, framework=Framework(packages, module)
    )


def _server(framework: str) -> tuple[str, ...]:
    """The program that serves models with scripts, given the framework whose defaults it has."""
    return ("python3", "-I", "-u", "-m", "pipeline.local.jobs.serving.program", framework)


Images = Mapping[str, Image]
"""Images by the name of their repository."""

IMAGES: Images = {
    "image-classification": Image(
        train=("python3", "-m", "steps.train.program"),
        serve=("python3", "-m", "steps.deploy.server"),
        only_channels=("train", "validation", "train_lst", "validation_lst", "model"),
        # AWS does not publish its expressions; these fit the lines that the algorithm is seen to write.
        metrics=(
            MetricDefinition("train:accuracy", r"Epoch\[\d+\] Train-accuracy=(\S+)"),
            MetricDefinition("validation:accuracy", r"Epoch\[\d+\] Validation-accuracy=(\S+)"),
        ),
    ),
    "huggingface-pytorch-inference": Image(serve=_server("hugging-face"), needs=("torch", "transformers")),
    "huggingface-pytorch-training": _scripts("pytorch", "torch", "transformers"),
    "huggingface-tensorflow-training": _scripts("tensorflow", "tensorflow", "transformers"),
    "mxnet-inference": Image(serve=_server("mxnet"), needs=("mxnet",)),
    "mxnet-training": _scripts("mxnet", "mxnet"),
    "pytorch-inference": Image(serve=_server("pytorch"), needs=("torch",)),
    "pytorch-training": _scripts("pytorch", "torch"),
    "sagemaker-scikit-learn": _scripts("sklearn", "sklearn", serves="scikit-learn"),
    "sagemaker-xgboost": _scripts("xgboost", "xgboost", serves="xgboost", has_algorithm=True),
    "tensorflow-training": _scripts("tensorflow", "tensorflow"),
}

_ROLES: Mapping[str, Callable[[Image], bool]] = {
    "processing": lambda image: image.runs_scripts,
    "training": lambda image: image.train is not None or image.framework is not None,
    "serving": lambda image: image.serve is not None,
}


def repository(uri: str) -> str:
    """The repository of an image URI: without registry, tag and digest."""
    name = uri.partition("@")[0]
    host, slash, rest = name.partition("/")
    if slash and ("." in host or ":" in host or host == "localhost"):
        name = rest
    return name.partition(":")[0]


def image_for(images: Images, role: str, uri: str) -> Image:
    """What stands for an image in a role: processing, training or serving.

    Raises:
        NotSupportedLocally: Nothing does.
    """
    fits = _ROLES[role]
    image = images.get(repository(uri))
    if image is None or not fits(image):
        known = ", ".join(sorted(name for name, other in images.items() if fits(other)))
        raise NotSupportedLocally(
            f"no program stands for image {uri!r} in {role}, so the local SageMaker does not run it",
            f"no containers run here; the images known for {role} are {known}",
        )
    _refuse_missing(image, uri)
    return image


def _refuse_missing(image: Image, uri: str) -> None:
    missing = [name for name in image.packages if find_spec(name) is None]
    if missing:
        raise NotSupportedLocally(
            f"the scripts of image {uri!r} need {' and '.join(missing)}, which this Python has not installed",
            f"jobs run in the Python of imgpipe; install there what provides {' and '.join(missing)}",
        )


def on_this_machine(arguments: Sequence[str], python: str = sys.executable) -> list[str]:
    """A container's command line for this machine: its Python is that of this project, or another."""
    program, *rest = arguments
    return [python if program in _PYTHON else program, *rest]
