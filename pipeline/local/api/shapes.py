"""Shapes of AWS's own service model: what a request must look like, and what of a record a response shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

from pipeline.local.errors import ApiError


@cache
def service(name: str) -> ServiceModel:
    """Botocore's model of a service (0.3 s for sagemaker)."""
    return ServiceModel(Loader().load_service_model(name, "service-2"))


def operation(name: str) -> OperationModel:
    """The model of a SageMaker operation."""
    return service("sagemaker").operation_model(name)


def check(shape: Shape | None, value: object, skip: object = None) -> None:
    """Refuse a request that does not fit its shape, naming all that is wrong in AWS's words.

    Args:
        shape: The input shape; None takes nothing.
        value: The request's JSON value.
        skip: A value that is not judged wherever it stands: it is not known yet.

    Raises:
        ApiError: ValidationException.
    """
    found = list(problems(shape, value, skip)) if shape is not None else []
    if found:
        errors = "error" if len(found) == 1 else "errors"
        raise ApiError(
            "ValidationException", f"{len(found)} validation {errors} detected: {'; '.join(found)}"
        )


def problems(shape: Shape, value: object, skip: object = None, path: str = "") -> Iterator[str]:
    """What is wrong with a value, a sentence each, in AWS's words."""
    if skip is not None and value is skip:
        return
    wanted, is_right = _TYPES[shape.type_name]
    if not is_right(value):
        yield _failed(value, path, f"Member must be {wanted}")
    elif isinstance(shape, StructureShape):
        assert isinstance(value, Mapping)
        yield from _structure(shape, value, skip, path)
    elif isinstance(shape, ListShape):
        assert isinstance(value, list)
        yield from _size(shape, len(value), value, path)
        for index, item in enumerate(value, 1):
            yield from problems(shape.member, item, skip, f"{path}.{index}.member")
    elif isinstance(shape, MapShape):
        assert isinstance(value, Mapping)
        yield from _size(shape, len(value), value, path)
        for key, item in value.items():
            yield from problems(shape.key, key, skip, f"{path}.{key}.key")
            yield from problems(shape.value, item, skip, f"{path}.{key}.value")
    else:
        yield from _scalar(shape, value, path)


def _structure(shape: StructureShape, value: Mapping[str, Any], skip: object, path: str) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield _failed(None, _inside(path, name), "Member must not be null")
    for name, item in value.items():
        if name not in shape.members:
            yield (
                f"Unknown parameter in input: '{_inside(path, name, lower=False)}', "
                f"must be one of: {', '.join(shape.members)}"
            )
        elif item is not None:
            yield from problems(shape.members[name], item, skip, _inside(path, name))


def _inside(path: str, name: str, lower: bool = True) -> str:
    step = name[:1].lower() + name[1:] if lower else name
    return f"{path}.{step}" if path else step


def _scalar(shape: Shape, value: object, path: str) -> Iterator[str]:
    if isinstance(value, str):
        yield from _size(shape, len(value), value, path)
        pattern = _compiled(shape.metadata.get("pattern"))
        if pattern and not pattern.fullmatch(value):
            yield _failed(
                value, path, f"Member must satisfy regular expression pattern: {shape.metadata['pattern']}"
            )
        allowed = shape.metadata.get("enum")
        if allowed and value not in allowed:
            yield _failed(value, path, f"Member must satisfy enum value set: [{', '.join(allowed)}]")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if low is not None and value < low:
            yield _failed(value, path, f"Member must have value greater than or equal to {low}")
        if high is not None and value > high:
            yield _failed(value, path, f"Member must have value less than or equal to {high}")


def _size(shape: Shape, size: int, value: object, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        yield _failed(value, path, f"Member must have length greater than or equal to {low}")
    if high is not None and size > high:
        yield _failed(value, path, f"Member must have length less than or equal to {high}")


def _failed(value: object, path: str, constraint: str) -> str:
    shown = "null" if value is None else f"'{value}'"
    # A whole definition or image would bury the reason.
    if len(shown) > 200:
        shown = shown[:197] + "…'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"


@cache
def _compiled(pattern: str | None) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern) if pattern else None
    except re.error:
        # The model's patterns are Java's; Python has no \p{...} classes. Length and type still hold.
        return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_TYPES: dict[str, tuple[str, Callable[[object], bool]]] = {
    "structure": ("an object", lambda value: isinstance(value, Mapping)),
    "list": ("a list", lambda value: isinstance(value, list)),
    "map": ("an object", lambda value: isinstance(value, Mapping)),
    "string": ("a string", lambda value: isinstance(value, str)),
    "blob": ("a string of base64", lambda value: isinstance(value, str)),
    "boolean": ("a Boolean", lambda value: isinstance(value, bool)),
    "integer": ("an integer", _is_integer),
    "long": ("an integer", _is_integer),
    "float": ("a number", _is_number),
    "double": ("a number", _is_number),
    "timestamp": ("a number of seconds since the epoch", _is_number),
}


def shown(shape: Shape, value: Any) -> Any:
    """The part of a JSON value that a shape knows: unknown members and nulls are left out."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        return {
            name: shown(member, value[name])
            for name, member in shape.members.items()
            if value.get(name) is not None
        }
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [shown(shape.member, item) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, Mapping):
        return {key: shown(shape.value, item) for key, item in value.items()}
    return value
