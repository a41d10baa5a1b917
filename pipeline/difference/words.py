"""Values of a definition as one reads them aloud: `${TrainData}`, `s3://b/${Execution.PipelineName}/x`."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pipeline.language.expressions import FUNCTIONS


def is_expression(value: object) -> bool:
    """Whether a value stands for another one; a function that we do not know counts too."""
    if not isinstance(value, Mapping) or len(value) != 1:
        return False
    (name,) = value
    return isinstance(name, str) and (name in FUNCTIONS or name.startswith("Std:"))


def worded(value: object) -> str:
    """A JSON value on one line, its expressions short."""
    if isinstance(value, str):
        return value if _is_plain(value) else _quoted(value)
    if is_expression(value):
        assert isinstance(value, Mapping)
        ((function, body),) = value.items()
        return _expression(function, body) or _quoted(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{worded(key)}: {worded(item)}" for key, item in sorted(value.items())) + "}"
    if isinstance(value, list):
        return ", ".join(worded(item) for item in value) if value else "[]"
    return json.dumps(value)


def worded_pair(old: object, new: object) -> tuple[str, str]:
    """Two values that differ, in words that differ too, such as 10 and "10"."""
    words = worded(old), worded(new)
    return words if words[0] != words[1] else (_quoted(old), _quoted(new))


def _quoted(value: object) -> str:
    # Only what a terminal shows as it is: names of files may be in any script, escape codes may not pass.
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return text if text.isprintable() else json.dumps(value, sort_keys=True)


def _is_plain(text: str) -> bool:
    return bool(text) and text.isprintable() and text == text.strip()


def _expression(function: str, body: object) -> str | None:
    """The words for an expression; None if it is malformed."""
    if function == "Get":
        return f"${{{_reference(body)}}}" if isinstance(body, str) and _is_plain(body) else None
    if not isinstance(body, Mapping):
        return None
    if function == "Std:Join":
        return _join(body)
    return _json_get(body) if function == "Std:JsonGet" else None


def _reference(text: str) -> str:
    for prefix in ("Parameters.", "Steps."):
        text = text.removeprefix(prefix)
    return text.replace("['", "[").replace("']", "]")


def _join(body: Mapping[str, object]) -> str | None:
    separator, values = body.get("On"), body.get("Values")
    if not isinstance(separator, str) or not isinstance(values, list):
        return None
    parts = [value if isinstance(value, str) else worded(value) for value in values]
    joined = separator.join(parts)
    return joined if _is_plain(joined) else None


def _json_get(body: Mapping[str, object]) -> str | None:
    source, path = body.get("PropertyFile", body.get("S3Uri")), body.get("Path")
    if source is None or not isinstance(path, str):
        return None
    name = worded(source).replace(".PropertyFiles.", ".")
    if name.startswith("${") and name.endswith("}"):
        name = name[2:-1]
    return f"${{{name}: {path}}}"
