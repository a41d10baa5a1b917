"""What the server takes and gives: content types and the forms of an answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

CONTENT_TYPES = ("image/jpeg", "image/png", "application/x-image")
"""Those of the built-in algorithm: https://docs.aws.amazon.com/sagemaker/latest/dg/image-classification.html"""


@dataclass(frozen=True)
class Form:
    """One form of an answer.

    Attributes:
        media_type: As it is asked for and answered with.
        render: From the probabilities to the body.
    """

    media_type: str
    render: Callable[[Sequence[float]], bytes]


def _json_list(probabilities: Sequence[float]) -> bytes:
    return json.dumps(list(probabilities), allow_nan=False).encode()


def _json_line(probabilities: Sequence[float]) -> bytes:
    return json.dumps({"prediction": list(probabilities)}, allow_nan=False).encode()


FORMS: Mapping[str, Form] = MappingProxyType(
    {
        "application/json": Form("application/json", _json_list),
        "application/jsonlines": Form("application/jsonlines", _json_line),
    }
)
"""By media type; the first is the one for whoever takes anything."""


def is_taken(content_type: str) -> bool:
    """Whether a body of this Content-Type may be an image; parameters do not matter."""
    return content_type.partition(";")[0].strip().lower() in CONTENT_TYPES


def choose_form(accept: str) -> Form | None:
    """The form that an Accept header prefers (RFC 9110, 12.5.1), or None for none of ours.

    An empty header takes anything.
    """
    wanted = [_weighed(part) for part in accept.split(",") if part.strip()] or [("*/*", 1.0)]
    # The sort is stable: among equals the first one named wins.
    for media_range, weight in sorted(wanted, key=lambda item: -item[1]):
        for media_type, form in FORMS.items():
            if weight > 0 and media_range in (media_type, "application/*", "*/*"):
                return form
    return None


def _weighed(part: str) -> tuple[str, float]:
    media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return media_range, float(value)
            except ValueError:
                # What cannot be understood must not count as wanted.
                return media_range, 0.0
    return media_range, 1.0
