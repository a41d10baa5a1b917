"""The hyperparameters of a training job, read by the algorithm's contract.

What the contract allows and the local trainer does not have is refused here, and said to be so.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from steps.container import ProgramError
from steps.train import contract
from steps.train.table import BY_NAME, CIFAR_LAYERS, TABLE

MIN_SIDE = 32
"""Pixels. An ImageNet network halves an image five times; below this, nothing is left."""

CIFAR_SIDES = (8, 32)
"""Pixels, least and most, for the networks that halve an image twice: AWS speaks of 28, CIFAR has 32."""


@dataclass(frozen=True)
class Hyperparameters:
    """Checked hyperparameters. Attributes are the algorithm's own names; None stands for "not set".

    precision_dtype may be None, where AWS says float32: the fastest that the machine computes well.
    """

    num_classes: int
    num_training_samples: int
    num_layers: int
    use_pretrained_model: bool
    image_shape: tuple[int, int, int]
    mini_batch_size: int
    epochs: int
    learning_rate: float
    lr_scheduler_step: tuple[int, ...]
    lr_scheduler_factor: float
    optimizer: str
    momentum: float
    weight_decay: float
    beta_1: float
    beta_2: float
    eps: float
    gamma: float
    augmentation_type: str | None
    early_stopping: bool
    early_stopping_min_epochs: int
    early_stopping_patience: int
    early_stopping_tolerance: float
    top_k: int | None
    resize: int | None
    checkpoint_frequency: int | None
    precision_dtype: str | None
    kv_store: str | None

    def to_json(self) -> dict[str, Any]:
        """All of them by name, for model.json."""
        return asdict(self)


class HyperparameterError(ProgramError):
    """Hyperparameters cannot be used; the text lists all of them."""

    def __init__(self, problems: list[str]) -> None:
        count = f"{len(problems)} hyperparameter{'s' if len(problems) > 1 else ''}"
        super().__init__("\n  ".join([f"Customer Error: {count} cannot be used", *problems]))
        self.problems = tuple(problems)


def parse(given: Mapping[str, str]) -> Hyperparameters:
    """Check hyperparameters as a training job's hyperparameters.json holds them: all values are text.

    Raises:
        HyperparameterError: Any is unknown, missing, malformed, out of range, or not built here.
    """
    texts = {name: _spelt(name, text) for name, text in given.items()}
    found = contract.problems(texts)
    violations = [one for one in found if one.severity == "error" or one.code in _REFUSED_TOO]
    problems = [f"{one}; {one.hint}" for one in violations]
    refused = {one.name for one in violations}
    values = {one.name: _value(one.name, texts) for one in TABLE if one.name not in refused}
    problems += _not_built(values)
    if problems:
        raise HyperparameterError(problems)
    return Hyperparameters(**{field.name: values[field.name] for field in fields(Hyperparameters)})


_REFUSED_TOO = frozenset({"C275"})
"""Warnings of the contract about what the local trainer cannot do: the top k of fewer than k classes."""


def _spelt(name: str, text: str) -> str:
    # The SageMaker SDK turns Python's True into "true".
    return text.capitalize() if name == "early_stopping" and text in ("true", "false") else text


def _value(name: str, texts: Mapping[str, str]) -> Any:
    """The value in Python's own types; None where it is not given and has no default."""
    text = texts.get(name, None if name == "precision_dtype" else BY_NAME[name].default)
    if text is None:
        return () if name == "lr_scheduler_step" else None
    value = BY_NAME[name].kind.read(text)
    return bool(value) if name == "use_pretrained_model" else value


ABSENT = {
    "multi_label": "the local trainer gives each image one class; use 0",
    "use_weighted_loss": "it belongs to multi_label, which the local trainer does not have; use 0",
}
"""Why the local trainer takes nothing but the default of these."""


def _not_built(values: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong for the local trainer only; hyperparameters that failed before are not in `values`."""
    for name, why in ABSENT.items():
        if values.get(name):
            yield f"{name} is '{values[name]}': {why}"
    yield from _sizes(values)
    for name in ("beta_1", "beta_2"):
        if values.get(name) == 1:
            yield f"{name} is 1, at which Adam divides by zero; use less"


def _sizes(values: Mapping[str, Any]) -> Iterator[str]:
    shape, layers = values.get("image_shape"), values.get("num_layers")
    if shape is None or layers is None:
        return
    least, most = CIFAR_SIDES if layers in CIFAR_LAYERS else (MIN_SIDE, math.inf)
    if shape[0] != 3 or min(shape[1:]) < least or max(shape[1:]) > most:
        sides = f"from {least} up" if most == math.inf else f"from {least} to {most}"
        yield (
            f"image_shape is '{','.join(map(str, shape))}': the local trainer takes 3 channels, "
            f"and sides {sides} with num_layers {layers}"
        )
