"""What the trainer can do beyond the built-in algorithm; all of it is off by default.

AWS's container refuses hyperparameters that it does not know, so these are variables of the trainer's own
environment: a config whose algorithm is the built-in one cannot set them. Names and meanings are those of
torch and of torchvision's reference recipe (references/classification/train.py).

    IMGPIPE_SEED              of the first weights, the order of the images and their augmentation; 0
    IMGPIPE_LR_SCHEDULER      "cosine": the rate falls to 0 along half a cosine; else lr_scheduler_step
    IMGPIPE_LR_WARMUP_EPOCHS  epochs in which the rate first rises in equal steps; 0
    IMGPIPE_LABEL_SMOOTHING   share of a label that is spread over all classes, 0 to 1 (CrossEntropyLoss)
    IMGPIPE_CLASS_WEIGHT      "balanced": every class counts the same, however few images it has
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType
from typing import Any

from steps.train.hyperparameters import Hyperparameters
from steps.train.problems import customer_error

PREFIX = "IMGPIPE_"

_LARGEST_SEED = 2**32 - 1
_LARGEST_WARMUP = 10_000  # epochs


@dataclass(frozen=True)
class Options:
    """Attributes are the variables, in small letters and without IMGPIPE_."""

    seed: int = 0
    lr_scheduler: str | None = None
    lr_warmup_epochs: int = 0
    label_smoothing: float = 0.0
    class_weight: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Those that are not at their default, by name."""
        return {name: value for name, value in asdict(self).items() if value != getattr(Options, name)}


DEFAULTS = Options()
"""Nothing but what the built-in algorithm does."""


def read(environ: Mapping[str, str], given: Hyperparameters) -> Options:
    """The options, checked, also against the hyperparameters.

    Raises:
        ProgramError: Any cannot be used; lists all.
    """
    problems: list[str] = []
    values: dict[str, Any] = {}
    for field in fields(Options):
        variable = PREFIX + field.name.upper()
        if text := environ.get(variable):
            kind = _KINDS[field.name]
            try:
                values[field.name] = kind.read(text)
            except ValueError:
                problems.append(f"{variable}={text!r}: must be {kind.words}")
    options = Options(**values)
    problems += _conflicts(options, given)
    if problems:
        raise customer_error("options of the trainer cannot be used", problems)
    return options


def _conflicts(options: Options, given: Hyperparameters) -> list[str]:
    found = []
    if options.lr_scheduler and given.lr_scheduler_step:
        found.append(f"{PREFIX}LR_SCHEDULER={options.lr_scheduler!r}: leave out lr_scheduler_step then")
    if options.lr_warmup_epochs >= given.epochs:
        found.append(
            f"{PREFIX}LR_WARMUP_EPOCHS='{options.lr_warmup_epochs}': must be less than epochs, {given.epochs}"
        )
    return found


@dataclass(frozen=True)
class _Kind:
    words: str
    read: Callable[[str], object]


def _whole(most: int) -> _Kind:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and int(text) <= most):
            raise ValueError
        return int(text)

    return _Kind(f"a whole number from 0 to {most}", read)


def _share() -> _Kind:
    def read(text: str) -> float:
        number = float(text)
        if not 0 <= number < 1:
            raise ValueError
        return number

    return _Kind("a number from 0 to less than 1", read)


def _word(word: str) -> _Kind:
    def read(text: str) -> str:
        if text != word:
            raise ValueError
        return text

    return _Kind(f"{word!r}, or not set", read)


_KINDS: Mapping[str, _Kind] = MappingProxyType(
    {
        "seed": _whole(_LARGEST_SEED),
        "lr_scheduler": _word("cosine"),
        "lr_warmup_epochs": _whole(_LARGEST_WARMUP),
        "label_smoothing": _share(),
        "class_weight": _word("balanced"),
    }
)
