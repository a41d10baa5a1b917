"""The body of an answer: the probabilities of one image or of several, in the form that was asked for."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from steps.deploy.wishes import Wishes

Probabilities = Sequence[float]


@dataclass(frozen=True)
class Predictions:
    """The answer as values.

    Attributes:
        images: Of each image either the probabilities of all classes, or what `rank` makes of them.
        is_batch: Whether several images were sent, if only as one part.
    """

    images: Sequence[Sequence[Any]]
    is_batch: bool


@dataclass(frozen=True)
class Form:
    """One form of an answer.

    Attributes:
        media_type: As it is asked for and answered with.
        render: To the body.
    """

    media_type: str
    render: Callable[[Predictions], bytes]


def rank(probabilities: Probabilities, labels: Sequence[str], wishes: Wishes) -> Sequence[Any]:
    """What a request wants to know of one image.

    Returns:
        The probabilities as they are, if nothing else is wished; or a list of {"class": index, "label": name,
        "probability": p}, "label" only if wished, the likeliest first if top_k is.
    """
    if wishes.are_none:
        return probabilities
    indices = list(range(len(probabilities)))
    if wishes.top_k is not None:
        # The sort is stable: among equals the first class wins.
        indices = sorted(indices, key=lambda index: -probabilities[index])[: wishes.top_k]
    names = labels if wishes.labels else None
    return [_entry(index, probabilities[index], names) for index in indices]


def _entry(index: int, probability: float, names: Sequence[str] | None) -> dict[str, Any]:
    label = {} if names is None else {"label": names[index]}
    return {"class": index, **label, "probability": probability}


def _json(predictions: Predictions) -> bytes:
    return _dump(predictions.images if predictions.is_batch else predictions.images[0])


def _json_lines(predictions: Predictions) -> bytes:
    return b"\n".join(_dump({"prediction": image}) for image in predictions.images)


def _csv(predictions: Predictions) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(_cells(image) for image in predictions.images)
    return text.getvalue().encode()


def _cells(image: Sequence[Any]) -> list[Any]:
    """A row: the probabilities, or of each class its index, label and probability after one another."""
    return [cell for entry in image for cell in (entry.values() if isinstance(entry, dict) else [entry])]


def _dump(value: Any) -> bytes:
    return json.dumps(value, allow_nan=False, ensure_ascii=False).encode()


FORMS: Mapping[str, Form] = MappingProxyType(
    {
        "application/json": Form("application/json", _json),
        "application/jsonlines": Form("application/jsonlines", _json_lines),
        "text/csv": Form("text/csv", _csv),
    }
)
"""By media type; the first is the one for whoever takes anything."""
