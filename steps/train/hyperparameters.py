"""The built-in algorithm's hyperparameters: names, types, ranges and defaults as data, and their checks.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/IC-Hyperparameter.html
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from steps.container import ProgramError
from steps.model.network import DEPTHS

MIN_SIDE = 32
"""The network halves an image five times; below this, nothing is left."""

CIFAR_DEPTHS = frozenset({20, 32, 44, 56, 110})


@dataclass(frozen=True)
class Hyperparameters:
    """Checked hyperparameters. Attributes are the algorithm's own names; None stands for "not set"."""

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
    precision_dtype: str | None

    def to_json(self) -> dict[str, Any]:
        """All of them by name, for model.json."""
        return asdict(self)


class HyperparameterError(ProgramError):
    """Hyperparameters cannot be used; the text lists all of them."""

    def __init__(self, problems: list[str]) -> None:
        count = f"{len(problems)} hyperparameter{'s' if len(problems) > 1 else ''}"
        super().__init__("\n  ".join([f"Customer Error: {count} cannot be used", *problems]))
        self.problems = tuple(problems)


Parser = Callable[[str], object]


@dataclass(frozen=True)
class Rule:
    """One hyperparameter.

    Attributes:
        name: As the algorithm spells it.
        expects: What its value must be, to follow "must be".
        parse: Text to value; raises ValueError when it is not what `expects` says.
        default: Where it is not given.
        required: It has no default.
        absent: Why the local trainer does not have it. Only its default value is allowed then.
    """

    name: str
    expects: str
    parse: Parser
    default: object = None
    required: bool = False
    absent: str | None = None


def parse(given: Mapping[str, str]) -> Hyperparameters:
    """Check hyperparameters as a training job's hyperparameters.json holds them: all values are text.

    Raises:
        HyperparameterError: Any is unknown, missing, malformed, out of range, or not built here.
    """
    problems = [_unknown(name, value) for name, value in sorted(given.items()) if name not in _BY_NAME]
    values: dict[str, Any] = {}
    for rule in RULES:
        try:
            values[rule.name] = _value(rule, given)
        except _Unusable as problem:
            problems.append(str(problem))
    problems += _contradictions(values)
    if problems:
        raise HyperparameterError(problems)
    return Hyperparameters(**{rule.name: values[rule.name] for rule in RULES if rule.absent is None})


class _Unusable(Exception):
    """One value cannot be used; the text is the line to show."""


def _unknown(name: str, value: str) -> str:
    near = difflib.get_close_matches(name, _BY_NAME, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    return f"{name}='{value}': not a hyperparameter of image-classification{hint}"


def _value(rule: Rule, given: Mapping[str, str]) -> object:
    if rule.name not in given:
        if rule.required:
            raise _Unusable(f"{rule.name}: required, and missing; {rule.expects}")
        return rule.default
    text = given[rule.name]
    try:
        value = rule.parse(text)
    except ValueError as error:
        raise _Unusable(f"{rule.name}='{text}': must be {rule.expects}") from error
    if rule.absent is not None and value != rule.default:
        raise _Unusable(f"{rule.name}='{text}': {rule.absent}")
    if rule.name == "num_layers" and value in CIFAR_DEPTHS:
        raise _Unusable(
            f"num_layers='{text}': the networks for CIFAR-size images are not built in the local trainer; "
            f"use {_either(DEPTHS)}"
        )
    return value


def _contradictions(values: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong between values; those that failed on their own are not in `values`."""
    shape, resize = values.get("image_shape"), values.get("resize")
    if shape and resize and resize < min(shape[1:]):
        text = ",".join(map(str, shape))
        yield f"resize='{resize}': less than both sides of image_shape={text}; all images would be too small"
    top_k, classes = values.get("top_k"), values.get("num_classes")
    if top_k and classes and top_k > classes:
        yield f"top_k='{top_k}': more than num_classes={classes}"


def _whole(text: str, low: int = 1) -> int:
    value = int(text)
    if value < low:
        raise ValueError(text)
    return value


def _fraction(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:  # also refuses nan
        raise ValueError(text)
    return value


def _below_one(text: str) -> float:
    value = _fraction(text)
    if math.isclose(value, 1):
        raise ValueError(text)
    return value


def _one_of(*choices: str) -> Parser:
    def choose(text: str) -> str:
        if text not in choices:
            raise ValueError(text)
        return text

    return choose


def _depth(text: str) -> int:
    value = int(text)
    if value not in DEPTHS and value not in CIFAR_DEPTHS:
        raise ValueError(text)
    return value


def _switch(text: str) -> bool:
    return _one_of("0", "1")(text) == "1"


def _truth(text: str) -> bool:
    # The SageMaker SDK turns Python's True into "true".
    return _one_of("true", "false")(text.lower()) == "true"


def _shape(text: str) -> tuple[int, int, int]:
    channels, height, width = (int(side) for side in text.split(","))
    if channels != 3 or min(height, width) < MIN_SIDE:
        raise ValueError(text)
    return channels, height, width


def _epochs(text: str) -> tuple[int, ...]:
    steps = tuple(_whole(step) for step in text.split(","))
    if list(steps) != sorted(set(steps)):
        raise ValueError(text)
    return steps


def _either(choices: Mapping[int, object]) -> str:
    *most, last = map(str, choices)
    return f"{', '.join(most)} or {last}"


_POSITIVE = "a whole number from 1 up"
_FRACTION = "a number from 0 to 1"
_BELOW_ONE = "a number from 0 to below 1"

RULES: tuple[Rule, ...] = (
    Rule("num_classes", _POSITIVE, _whole, required=True),
    Rule("num_training_samples", _POSITIVE, _whole, required=True),
    Rule("num_layers", f"{_either(DEPTHS)}", _depth, 152),
    Rule("use_pretrained_model", "0 or 1", _switch, default=False),
    Rule("image_shape", f"'3,height,width' with sides from {MIN_SIDE} up", _shape, (3, 224, 224)),
    Rule("mini_batch_size", _POSITIVE, _whole, 32),
    Rule("epochs", _POSITIVE, _whole, 30),
    Rule("learning_rate", _FRACTION, _fraction, 0.1),
    Rule("lr_scheduler_step", "rising epoch numbers from 1 up, such as '10,20'", _epochs, ()),
    Rule("lr_scheduler_factor", _FRACTION, _fraction, 0.1),
    Rule("optimizer", "sgd, adam, rmsprop or nag", _one_of("sgd", "adam", "rmsprop", "nag"), "sgd"),
    Rule("momentum", _FRACTION, _fraction, 0.9),
    Rule("weight_decay", _FRACTION, _fraction, 0.0001),
    Rule("beta_1", _BELOW_ONE, _below_one, 0.9),
    Rule("beta_2", _BELOW_ONE, _below_one, 0.999),
    Rule("eps", _FRACTION, _fraction, 1e-8),
    Rule("gamma", _FRACTION, _fraction, 0.9),
    Rule(
        "augmentation_type",
        "crop, crop_color or crop_color_transform",
        _one_of("crop", "crop_color", "crop_color_transform"),
    ),
    Rule("early_stopping", "True or False", _truth, default=False),
    Rule("early_stopping_min_epochs", _POSITIVE, _whole, 10),
    Rule("early_stopping_patience", _POSITIVE, _whole, 5),
    Rule("early_stopping_tolerance", _FRACTION, _fraction, 0.0),
    Rule("top_k", "a whole number from 2 up", lambda text: _whole(text, 2)),
    Rule("resize", _POSITIVE, _whole),
    Rule("precision_dtype", "float32 or float16", _one_of("float32", "float16")),
    Rule(
        "checkpoint_frequency",
        _POSITIVE,
        _whole,
        absent="the local trainer keeps the best epoch only; leave it out",
    ),
    Rule(
        "multi_label",
        "0 or 1",
        _switch,
        default=False,
        absent="the local trainer gives each image one class; use 0",
    ),
    Rule(
        "use_weighted_loss",
        "0 or 1",
        _switch,
        default=False,
        absent="it belongs to multi_label, which the local trainer does not have; use 0",
    ),
    Rule(
        "kv_store",
        "dist_sync or dist_async",
        _one_of("dist_sync", "dist_async"),
        absent="it is for several machines, and the local trainer has one; leave it out",
    ),
)
"""All that the algorithm has, in the order of AWS's table.

precision_dtype has no default here, where AWS says float32: not set means the fastest that the machine
computes well. beta_1 and beta_2 exclude 1, at which Adam divides by zero.
"""

_BY_NAME: Mapping[str, Rule] = {rule.name: rule for rule in RULES}
