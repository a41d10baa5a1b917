"""Bodies of requests and answers as arrays, for functions that a script does not write itself."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

JSON = "application/json"
CSV = "text/csv"
NPY = "application/x-npy"

TEXTS = (JSON, CSV)
"""Bodies of these types are given to scripts as text."""


class Unsupported(Exception):
    """A function of ours does not know a media type.

    Attributes:
        media_type: That type.
    """

    def __init__(self, media_type: str, known: Mapping[str, Any], function: str) -> None:
        super().__init__(
            f"{media_type!r} is not supported by the default {function}, which knows {', '.join(known)}: "
            f"write an {function} for it"
        )
        self.media_type = media_type


Decoder = Callable[[Any], Any]


def numpy() -> Any:
    """NumPy: imported only by models whose functions need it, as that takes a tenth of a second."""
    return import_module("numpy")


def _from_json(text: str) -> Any:
    return numpy().array(json.loads(text))


def _from_csv(text: str) -> Any:
    return numpy().genfromtxt(io.StringIO(text), delimiter=",")


def _from_npy(body: bytes) -> Any:
    # Objects in it would be pickles, which run whatever a request asks for.
    return numpy().load(io.BytesIO(body), allow_pickle=False)


DECODERS: Mapping[str, Decoder] = {JSON: _from_json, CSV: _from_csv, NPY: _from_npy}


def decode(body: Any, content_type: str, decoders: Mapping[str, Decoder] = DECODERS) -> Any:
    """A request's body: an array, or what other decoders make of it.

    Raises:
        Unsupported: There is no decoder for it.
    """
    if content_type not in decoders:
        raise Unsupported(content_type, decoders, "input_fn")
    return decoders[content_type](body)


def table(text: str, empty: str = "") -> Any:
    """CSV as a table of numbers [rows, columns].

    Args:
        text: Rows of numbers.
        empty: What an empty field stands for.

    Raises:
        ValueError: A field is no number.
    """
    rows = [[field or empty for field in row] for row in csv.reader(io.StringIO(text)) if row]
    return numpy().array(rows, dtype=float)


def to_json(value: Any) -> bytes:
    """A value, which may hold arrays, as JSON.

    Raises:
        TypeError: Something in it is neither JSON nor an array.
    """
    return json.dumps(value, default=_listed).encode()


def _listed(value: Any) -> Any:
    if not hasattr(value, "tolist"):
        raise TypeError(f"a {type(value).__name__} cannot be written as JSON")
    return value.tolist()


def _to_csv(value: Any) -> bytes:
    rows = numpy().array(value)
    if rows.ndim < 2:
        rows = rows.reshape(-1, 1)
    target = io.StringIO()
    csv.writer(target, lineterminator="\n").writerows(rows.tolist())
    return target.getvalue().encode()


def _to_npy(value: Any) -> bytes:
    target = io.BytesIO()
    numpy().save(target, numpy().asarray(value), allow_pickle=False)
    return target.getvalue()


_ENCODERS: Mapping[str, Callable[[Any], bytes]] = {JSON: to_json, CSV: _to_csv, NPY: _to_npy}


def encode(value: Any, accept: str) -> bytes:
    """A prediction in the type that is asked for.

    Raises:
        Unsupported: It is none that is known.
    """
    if accept not in _ENCODERS:
        raise Unsupported(accept, _ENCODERS, "output_fn")
    return _ENCODERS[accept](value)


def first_known(accept: str) -> str:
    """The first type of an Accept header with several that can be written; else the header."""
    types = [part.partition(";")[0].strip() for part in accept.split(",")]
    return next((name for name in types if name in _ENCODERS), accept)
