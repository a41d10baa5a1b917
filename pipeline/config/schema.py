"""The JSON schema of the config, by which editors complete and check the YAML files while one types.

`python -m pipeline.config.schema` writes config/schema.json.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.config.model import PipelineConfig

FILE = Path(__file__).parents[2] / "config" / "schema.json"

_PLACEHOLDER = {
    "description": "A text with ${name} in it.",
    "pattern": r"\$\{[A-Za-z][A-Za-z0-9_]*\}",
    "type": "string",
}
_EXTENDS = {
    "description": "Another YAML file, relative to this one; what this one says is laid over it.",
    "type": "string",
}
_ABOUT = ("default", "description", "examples")
"""Keywords that tell about a value and do not restrict it."""


def schema() -> dict[str, Any]:
    """The schema.

    It demands less than the loader: keys that a section needs may come from the file that is extended.
    """
    raw = PipelineConfig.model_json_schema(by_alias=True)
    relaxed = _relaxed(raw)
    required = raw["required"]
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        **relaxed,
        "$defs": {**relaxed["$defs"], "Placeholder": _PLACEHOLDER},
        "properties": {"extends": _EXTENDS, **relaxed["properties"]},
        "if": {"not": {"required": ["extends"]}},
        "then": {"required": required},
    }


def text() -> str:
    """The content of config/schema.json."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _relaxed(node: Any) -> Any:
    if isinstance(node, list):
        return [_relaxed(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {
        key: {name: _relaxed(below) for name, below in value.items()}
        if key in ("properties", "$defs")
        else _relaxed(value)
        for key, value in node.items()
        if key not in ("title", "required")
    }
    return _or_placeholder(kept) if _is_restricted(kept) else kept


def _is_restricted(node: dict[str, Any]) -> bool:
    """Whether a text with a placeholder would not pass for this value."""
    return node.get("type") in ("integer", "number", "boolean") or "pattern" in node


def _or_placeholder(node: dict[str, Any]) -> dict[str, Any]:
    about = {key: value for key, value in node.items() if key in _ABOUT}
    rules = {key: value for key, value in node.items() if key not in _ABOUT}
    return {**about, "anyOf": [rules, {"$ref": "#/$defs/Placeholder"}]}


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
