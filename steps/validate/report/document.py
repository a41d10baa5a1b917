"""report.json: the validation for programs. docs/validation-report.md describes it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from steps.validate.findings import CHECKS, EXAMPLES, Finding
from steps.validate.report.census import Census
from steps.validate.wording import shortened, visible

SCHEMA_VERSION = 1
"""Another one when a key is renamed, removed or means something else; a new key needs none."""

_LONGEST_EXAMPLE = 300


def is_passed(findings: Sequence[Finding]) -> bool:
    """Whether the images can be trained on: no finding is an error."""
    return all(finding.severity != "error" for finding in findings)


def render_document(census: Census, findings: Sequence[Finding]) -> str:
    """The text of report.json: the same for the same images and settings, one line a class and a finding."""
    members = (f"{json.dumps(key)}: {_written(value)}" for key, value in _members(census, findings))
    return "{\n" + ",\n".join(members) + "\n}\n"


def _members(census: Census, findings: Sequence[Finding]) -> Iterator[tuple[str, Any]]:
    yield "schema_version", SCHEMA_VERSION
    yield "passed", is_passed(findings)
    yield "num_classes", len(census.classes)
    yield "num_training_samples", sum(one.train for one in census.classes)
    yield "num_validation_samples", sum(one.validation for one in census.classes)
    yield "content_hash", census.content_hash
    yield "splits", {name: _split(census, name) for name in census.splits}
    yield "formats", dict(census.formats)
    yield "sizes", census.sizes and {"width": dict(census.sizes.width), "height": dict(census.sizes.height)}
    yield "channels", _channels(census)
    yield "findings", [_finding(finding) for finding in findings]
    yield (
        "classes",
        [
            {"name": visible(one.name), "index": index, "train": one.train, "validation": one.validation}
            for index, one in enumerate(census.classes)
        ],
    )


def _split(census: Census, name: str) -> Mapping[str, int]:
    split = census.splits[name]
    return {"files": split.files, "usable": split.usable, "bytes": split.bytes}


def _channels(census: Census) -> Mapping[str, Any] | None:
    colours = census.colours
    if colours is None:
        return None
    return {
        "images": colours.images,
        # As many digits as anyone uses; the last ones of a sum differ between machines.
        "mean": [round(value, 6) for value in colours.mean],
        "std": [round(value, 6) for value in colours.std],
    }


def _finding(finding: Finding) -> Mapping[str, Any]:
    check = CHECKS[finding.check]
    return {
        "code": check.code,
        "check": finding.check,
        "severity": finding.severity,
        "split": finding.split,
        "count": finding.count,
        "examples": [shortened(str(one), _LONGEST_EXAMPLE) for one in finding.examples[:EXAMPLES]],
        "reason": check.reason,
        "hint": check.hint,
    }


def _written(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(f"  {_compact(item)}" for item in value) + "\n]"
    return _compact(value)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
