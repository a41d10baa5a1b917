"""What a target receives: the event, or what Input, InputPath or InputTransformer make of it.

Source: "Amazon EventBridge input transformation" of the User Guide.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from pipeline.local.events.event import Event
from pipeline.local.events.jsonpath import PathError, find
from pipeline.local.events.timing import iso

_PLACEHOLDER = re.compile(r"<([^<>\s]+)>")


def payload(target: Mapping[str, Any], event: Event, rule: str, now: float) -> str:
    """The text that a target of a rule receives.

    Args:
        target: The target.
        event: The event.
        rule: The rule's ARN.
        now: Seconds since the epoch.

    Raises:
        PathError: InputPath leads to nothing.
    """
    if target.get("Input") is not None:
        return str(target["Input"])
    if target.get("InputPath"):
        return json.dumps(find(target["InputPath"], event))
    transformer = target.get("InputTransformer")
    if not transformer:
        return json.dumps(event)
    return _transformed(transformer["InputTemplate"], _variables(transformer, event, rule, now))


def _variables(transformer: Mapping[str, Any], event: Event, rule: str, now: float) -> dict[str, Any]:
    values: dict[str, Any] = {
        "aws.events.rule-arn": rule,
        "aws.events.rule-name": rule.rpartition("/")[2],
        "aws.events.event.ingestion-time": iso(now),
        "aws.events.event": {key: value for key, value in event.items() if key != "detail"},
        "aws.events.event.json": event,
    }
    for name, path in (transformer.get("InputPathsMap") or {}).items():
        try:
            values[name] = find(path, event)
        except PathError:
            # A variable whose path leads to nothing is not there.
            continue
    return values


def _transformed(template: str, values: Mapping[str, Any]) -> str:
    """Fill in the variables: as JSON, and inside of quotes as their bare text."""
    is_json = template.lstrip().startswith(("{", "[", '"'))
    made, at = [], 0
    for match in _PLACEHOLDER.finditer(template):
        made.append(template[at : match.start()])
        quoted = not is_json or _inside_quotes(template[: match.start()])
        made.append(_text(values.get(match[1], ""), quoted=quoted, escaped=is_json))
        at = match.end()
    return "".join([*made, template[at:]])


def _inside_quotes(text: str) -> bool:
    return len(re.findall(r'(?<!\\)"', text)) % 2 == 1


def _text(value: Any, *, quoted: bool, escaped: bool) -> str:
    if not quoted:
        return json.dumps(value)
    text = value if isinstance(value, str) else json.dumps(value)
    return json.dumps(text)[1:-1] if escaped else text
