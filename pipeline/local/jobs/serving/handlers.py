"""The functions of a model's script, and the model that they have loaded."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from pipeline.local.jobs.serving.defaults import Defaults
from pipeline.local.jobs.serving.formats import JSON, TEXTS, Unsupported, to_json

_ANY = "*/*"
_PARTS = ("input_fn", "predict_fn", "output_fn")

Function = Callable[..., Any]


class ScriptError(Exception):
    """A function of a script, or ours in its place, failed; `__cause__` is its error.

    Attributes:
        function: Its name.
        status: The HTTP status that says so.
    """

    def __init__(self, function: str, error: BaseException, status: int = 500) -> None:
        is_ours = isinstance(error, Unsupported)
        super().__init__(str(error) if is_ours else f"{function} failed: {type(error).__name__}: {error}")
        self.function = function
        self.status = status


@dataclass(frozen=True)
class Request:
    """What a model is asked.

    Attributes:
        body: As it came.
        headers: Its headers; names in lower case.
    """

    body: bytes
    headers: Mapping[str, str]

    @property
    def content_type(self) -> str:
        """The type of its body."""
        return self.headers.get("content-type") or JSON


@dataclass(frozen=True)
class Context:
    """What functions with one more parameter are told, of what the toolkit tells them.

    Attributes:
        system_properties: The model's folder.
        headers: Those of the request; names in lower case.
    """

    system_properties: Mapping[str, Any]
    headers: Mapping[str, str]

    def get_request_header(self, index: int, name: str) -> str | None:
        """One header of the request; the index is that of a batch, of which there is one."""
        del index
        return self.headers.get(name.lower())

    def get_all_request_header(self, index: int) -> Mapping[str, str]:
        """All headers of the request."""
        del index
        return self.headers


@dataclass(frozen=True)
class Functions:
    """The functions that serve a model: those of a script, and defaults for the others.

    Attributes:
        load: model_fn.
        transform: transform_fn, if the script has one.
        parts: input_fn, predict_fn and output_fn.
    """

    load: Function
    transform: Function | None
    parts: Mapping[str, Function]

    @staticmethod
    def of(module: ModuleType | None, defaults: Defaults) -> Functions:
        """Those of a script's module.

        Raises:
            ValueError: It has functions that exclude each other.
        """
        given = {name: getattr(module, name, None) for name in ("model_fn", "transform_fn", *_PARTS)}
        both = [name for name in _PARTS if given[name]]
        if given["transform_fn"] and both:
            raise ValueError(
                f"transform_fn takes the place of {' and '.join(both)}: write the one or the other"
            )
        parts = {name: given[name] or getattr(defaults, name) for name in _PARTS}
        return Functions(given["model_fn"] or defaults.model_fn, given["transform_fn"], parts)


class Model:
    """A loaded model.

    Args:
        functions: What serves it.
        folder: Its folder, as functions are told it.
        accept: The type of answers that requests do not ask for another of.

    Raises:
        ScriptError: model_fn failed.
    """

    def __init__(self, functions: Functions, folder: str, accept: str = JSON) -> None:
        self._functions = functions
        self._properties = {"model_dir": folder, "gpu_id": None}
        self._accept = accept
        self._model = _called("model_fn", functions.load, self._context({}), folder)

    def answer(self, request: Request) -> tuple[bytes, str]:
        """Ask it.

        Returns:
            The answer and its media type.

        Raises:
            ScriptError: A function failed.
        """
        accept = request.headers.get("accept") or _ANY
        accept = self._accept if accept == _ANY else accept
        result = self._transformed(request, accept)
        if isinstance(result, tuple) and len(result) == 2:
            result, accept = result
        return _bytes(result), accept

    def _transformed(self, request: Request, accept: str) -> Any:
        kind = request.content_type
        context = self._context(request.headers)
        body = _text(request.body) if kind in TEXTS else request.body
        if self._functions.transform:
            return _called(
                "transform_fn", self._functions.transform, context, self._model, body, kind, accept
            )
        parts = self._functions.parts
        data = _called("input_fn", parts["input_fn"], context, body, kind)
        prediction = _called("predict_fn", parts["predict_fn"], context, data, self._model)
        return _called("output_fn", parts["output_fn"], context, prediction, accept)

    def _context(self, headers: Mapping[str, str]) -> Context:
        return Context(self._properties, headers)


_UNSUPPORTED = {"input_fn": 415, "output_fn": 406}


def _called(name: str, function: Function, context: Context, *arguments: Any) -> Any:
    """Call a function of a script; one with one more parameter is told the context."""
    try:
        if len(inspect.signature(function).parameters) == len(arguments) + 1:
            arguments = (*arguments, context)
        return function(*arguments)
    except Unsupported as error:
        raise ScriptError(name, error, _UNSUPPORTED.get(name, 500)) from error
    except Exception as error:
        # Whatever a script raises is its own affair: the next request may go well.
        raise ScriptError(name, error) from error


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise ScriptError("reading the body", error) from error


def _bytes(result: Any) -> bytes:
    """What output_fn or transform_fn returned, as the servers of the images write it."""
    if isinstance(result, str):
        return result.encode()
    if isinstance(result, bytes | bytearray | memoryview):
        return bytes(result)
    try:
        return to_json(result)
    except TypeError as error:
        raise ScriptError("writing the answer", error) from error
