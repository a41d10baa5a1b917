"""What type the value of an expression will have, told before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.language import expressions, properties
from pipeline.language.definition import Definition
from pipeline.language.properties import NoPropertyError

if TYPE_CHECKING:
    from botocore.model import Shape

UNKNOWN = "unknown"

_PARAMETERS = {"String": "string", "Integer": "integer", "Float": "float", "Boolean": "boolean"}


def type_of(value: object, definition: Definition) -> str:
    """The JSON type that a value has once its expression is evaluated.

    Args:
        value: Any value of a definition; expressions in it must be well-formed.
        definition: Where parameters and steps are looked up.

    Returns:
        One of string, integer, float, boolean, list, structure, null and unknown. Unknown is what nothing
        here can tell: a value out of a JSON file, or of something that does not exist.
    """
    function = expressions.function_of(value)
    if function == "Std:Join":
        return "string"
    if function == "Std:JsonGet":
        return UNKNOWN
    if function == "Get":
        assert isinstance(value, Mapping)
        return _of_reference(expressions.parse_reference(value["Get"]), definition)
    return _of_literal(value)


def property_shape(reference: expressions.Property, definition: Definition) -> Shape | None:
    """AWS's shape of a property, with its limits; None where there is none or no such property."""
    offer = _offer(reference, definition)
    return None if isinstance(offer, str | Mapping) else offer


def _of_reference(reference: expressions.Reference, definition: Definition) -> str:
    match reference:
        case expressions.Parameter(name) if name in definition.parameters:
            return _PARAMETERS[definition.parameters[name].type]
        case expressions.Variable():
            return "string"
        case expressions.Property():
            return properties.type_name(_offer(reference, definition))
    return UNKNOWN


def _offer(reference: expressions.Property, definition: Definition) -> properties.Offer:
    step = definition.steps.get(reference.step)
    try:
        return properties.resolve(step, reference.path) if step else UNKNOWN
    except NoPropertyError:
        return UNKNOWN


def _of_literal(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    names = {str: "string", int: "integer", float: "float", list: "list", type(None): "null"}
    return "structure" if isinstance(value, Mapping) else names[type(value)]
