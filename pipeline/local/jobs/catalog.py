"""Which program on this machine stands for a container image."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.local.errors import NotSupportedLocally
from pipeline.local.jobs.metrics import MetricDefinition

_PYTHON = ("python", "python3")


@dataclass(frozen=True)
class Image:
    """What the images of one repository do.

    Attributes:
        train: The program of a training job.
        serve: The program that serves a model.
        runs_scripts: Whether a processing job's entrypoint can be run as it is.
        metrics: What the algorithm publishes from its log, besides a request's own MetricDefinitions.
    """

    train: tuple[str, ...] | None = None
    serve: tuple[str, ...] | None = None
    runs_scripts: bool = False
    metrics: tuple[MetricDefinition, ...] = ()


Images = Mapping[str, Image]
"""Images by the name of their repository."""

IMAGES: Images = {
    "image-classification": Image(
        train=("python3", "-m", "steps.train.program"),
        serve=("python3", "-m", "steps.deploy.server"),
        # AWS does not publish its expressions; these fit the lines that the algorithm is seen to write.
        metrics=(
            MetricDefinition("train:accuracy", r"Epoch\[\d+\] Train-accuracy=(\S+)"),
            MetricDefinition("validation:accuracy", r"Epoch\[\d+\] Validation-accuracy=(\S+)"),
        ),
    ),
    "pytorch-training": Image(runs_scripts=True),
    "sagemaker-scikit-learn": Image(runs_scripts=True),
}

_ROLES: Mapping[str, Callable[[Image], bool]] = {
    "processing": lambda image: image.runs_scripts,
    "training": lambda image: image.train is not None,
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
    return image


def on_this_machine(arguments: Sequence[str]) -> list[str]:
    """A container's command line for this machine: its Python is the one that runs this project."""
    program, *rest = arguments
    return [sys.executable if program in _PYTHON else program, *rest]
