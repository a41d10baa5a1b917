"""What a request asks of its answer, by the header that InvokeEndpoint's CustomAttributes become."""

from __future__ import annotations

from dataclasses import dataclass

HEADER = "X-Amzn-SageMaker-Custom-Attributes"
"""https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html"""

_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


class WishError(ValueError):
    """An attribute of ours has a value that it cannot have; the text says which."""


@dataclass(frozen=True)
class Wishes:
    """What the answer shall hold beside or instead of plain probabilities.

    Attributes:
        top_k: Only so many classes, the likeliest first; None for all in the order of the model.
        labels: With the names of the classes.
    """

    top_k: int | None = None
    labels: bool = False

    @property
    def are_none(self) -> bool:
        """Whether the answer is that of the built-in algorithm: probabilities and nothing else."""
        return self.top_k is None and not self.labels


def parse(attributes: str) -> Wishes:
    """Reads "top_k=3, labels=true".

    Attributes are parted by commas or semicolons. Those of other names are passed over: the header also
    carries what callers trace their requests by.

    Raises:
        WishError: top_k is no whole number from 1 on, or labels is neither true nor false.
    """
    given: dict[str, str] = {}
    for attribute in attributes.replace(";", ",").split(","):
        name, _, value = attribute.partition("=")
        given[name.strip().lower()] = value.strip()
    return Wishes(_top_k(given.get("top_k")), _labels(given.get("labels")))


def _top_k(value: str | None) -> int | None:
    if value is None:
        return None
    # No model has more classes than nine digits can tell, and int() takes long over thousands of digits.
    if not (value.isascii() and value.isdigit() and len(value) <= 9 and int(value) >= 1):
        raise WishError(f"top_k is '{value:.40}', but has to be a whole number from 1 on")
    return int(value)


def _labels(value: str | None) -> bool:
    if value is None:
        return False
    if value.lower() not in _TRUTHS:
        raise WishError(f"labels is '{value:.40}', but has to be true or false")
    return _TRUTHS[value.lower()]
