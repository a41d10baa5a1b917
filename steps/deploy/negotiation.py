"""What the server takes and gives: content types, and the form of an answer by the Accept header."""

from __future__ import annotations

from steps.deploy.answers import FORMS, Form

CONTENT_TYPES = ("image/jpeg", "image/png", "application/x-image")
"""Those of the built-in algorithm: https://docs.aws.amazon.com/sagemaker/latest/dg/image-classification.html"""

BATCH_TYPES = ("multipart/form-data", "multipart/mixed")
"""Several images in one request."""

# What clients say of a file whose kind they do not know.
_UNTOLD = ("", "application/octet-stream")


def is_image(content_type: str) -> bool:
    """Whether a body of this Content-Type may be an image; parameters do not matter."""
    return _bare(content_type) in CONTENT_TYPES


def is_batch(content_type: str) -> bool:
    """Whether a body of this Content-Type holds several images."""
    return _bare(content_type) in BATCH_TYPES


def is_image_part(content_type: str) -> bool:
    """Whether a part of a batch with this Content-Type, "" for none, may be an image."""
    return is_image(content_type) or _bare(content_type) in _UNTOLD


def choose_form(accept: str) -> Form | None:
    """The form that an Accept header prefers (RFC 9110, 12.5.1), or None for none of ours.

    An empty header takes anything.
    """
    wanted = [_weighed(part) for part in accept.split(",") if part.strip()] or [("*/*", 1.0)]
    # The sort is stable: among equals the first one named wins.
    for media_range, weight in sorted(wanted, key=lambda item: -item[1]):
        for media_type, form in FORMS.items():
            if weight > 0 and media_range in (media_type, _range_of(media_type), "*/*"):
                return form
    return None


def _bare(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _range_of(media_type: str) -> str:
    return media_type.partition("/")[0] + "/*"


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
