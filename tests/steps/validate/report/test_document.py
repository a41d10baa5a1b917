import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from steps.validate.findings import CHECKS, EXAMPLES, Culprit, Finding
from steps.validate.report.census import Census, ClassSize, SplitCount
from steps.validate.report.document import SCHEMA_VERSION, is_passed, render_document
from steps.validate.report.sizes import measure_sizes
from steps.validate.report.statistics import Colours
from tests.steps.validate.datasets import finding

DOCS = Path(__file__).parents[4] / "docs"
SCHEMA: dict[str, Any] = json.loads((DOCS / "validation-report.schema.json").read_bytes())
PAGE = (DOCS / "validation-report.md").read_text("utf-8")

CENSUS = Census(
    content_hash="ab" * 32,
    splits={
        "train": SplitCount("s3://b/train", 4, 3, 3000),
        "validation": SplitCount("s3://b/validation", 2, 2, 2000),
    },
    classes=(ClassSize("cat", 2, 1), ClassSize("dog", 1, 1)),
    formats={"JPEG": 4, "PNG": 1},
    sizes=measure_sizes([(640, 480, 5)]),
    colours=Colours(3, (0.1234567, 0.5, 1.0), (0.25, 0.0, 0.1)),
)
WARNING = finding("hidden-file", Culprit("train", ".x", "skipped"), severity="warning")
ERROR = finding("unreadable-image", Culprit("train", "cat/é", "zero bytes"), count=12)
EMPTY = Census(
    "00" * 32, {name: replace(one, files=0) for name, one in CENSUS.splits.items()}, (), {}, None, None
)
NUMBERS = '{"min": %d, "p5": %d, "p25": %d, "median": %d, "p75": %d, "p95": %d, "max": %d}'


def validate(text: str) -> dict[str, Any]:
    """The document of a text, which keeps to the schema."""
    document: dict[str, Any] = json.loads(text)
    Draft202012Validator(SCHEMA).validate(document)
    return document


def test_document() -> None:
    reason, hint = CHECKS["unreadable-image"].reason, CHECKS["unreadable-image"].hint
    assert render_document(CENSUS, [ERROR]) == (
        "{\n"
        '"schema_version": 1,\n'
        '"passed": false,\n'
        '"num_classes": 2,\n'
        '"num_training_samples": 3,\n'
        '"num_validation_samples": 2,\n'
        f'"content_hash": "{"ab" * 32}",\n'
        '"splits": {"train": {"files": 4, "usable": 3, "bytes": 3000},'
        ' "validation": {"files": 2, "usable": 2, "bytes": 2000}},\n'
        '"formats": {"JPEG": 4, "PNG": 1},\n'
        f'"sizes": {{"width": {NUMBERS % ((640,) * 7)}, "height": {NUMBERS % ((480,) * 7)}}},\n'
        '"channels": {"images": 3, "mean": [0.123457, 0.5, 1.0], "std": [0.25, 0.0, 0.1]},\n'
        '"findings": [\n'
        '  {"code": "V111", "check": "unreadable-image", "severity": "error", "split": "train", "count": 12,'
        f' "examples": ["train/cat/é: zero bytes"], "reason": "{reason}", "hint": "{hint}"}}\n'
        "],\n"
        '"classes": [\n'
        '  {"name": "cat", "index": 0, "train": 2, "validation": 1},\n'
        '  {"name": "dog", "index": 1, "train": 1, "validation": 1}\n'
        "]\n"
        "}\n"
    )


@pytest.mark.parametrize(
    ("census", "findings"),
    [
        pytest.param(CENSUS, [], id="passed"),
        pytest.param(CENSUS, [ERROR, WARNING], id="failed"),
        pytest.param(EMPTY, [ERROR], id="nothing there"),
    ],
)
def test_documents_keep_to_the_schema(census: Census, findings: list[Finding]) -> None:
    document = validate(render_document(census, findings))
    assert document["schema_version"] == SCHEMA_VERSION
    assert document["passed"] is is_passed(findings)


def test_same_data_same_bytes() -> None:
    elsewhere = replace(
        CENSUS, splits={name: replace(one, uri="s3://other") for name, one in CENSUS.splits.items()}
    )
    assert render_document(elsewhere, [WARNING]) == render_document(CENSUS, [WARNING])


def test_every_check_keeps_to_the_schema() -> None:
    findings = [finding(check, Culprit("train", "a", "b")) for check in CHECKS]
    assert len(validate(render_document(CENSUS, findings))["findings"]) == len(CHECKS)


def test_hostile_names() -> None:
    name = '<script>"\\\n\udcff\u2028'
    census = replace(CENSUS, classes=(ClassSize(name, 1, 1),))
    text = render_document(census, [finding("leak", Culprit("train", f"{name}/1", f"same as {name}"))])
    document = validate(text.encode("utf-8", "backslashreplace").decode())
    assert document["classes"][0]["name"] == '<script>"\\\\n\\udcff\u2028'
    assert document["findings"][0]["examples"] == [f'train/<script>"\\\\n\\udcff\u2028/1: same as {name}']


def test_small_with_a_thousand_classes() -> None:
    classes = tuple(ClassSize(f"{i:04}{'é' * 40}", 1300, 50) for i in range(1000))
    examples = tuple(Culprit("train", "x" * 900, "y" * 900) for _ in range(EXAMPLES))
    text = render_document(replace(CENSUS, classes=classes), [finding("leak", *examples, count=10**7)] * 50)
    document = validate(text)
    assert len(text.encode()) < 400_000
    assert len(document["findings"][0]["examples"][0]) == 300


@pytest.mark.parametrize(("findings", "expected"), [([], True), ([WARNING], True), ([WARNING, ERROR], False)])
def test_passed_is_without_errors(findings: list[Finding], expected: bool) -> None:
    assert is_passed(findings) is expected


def keys(schema: dict[str, Any], prefix: str = "") -> list[str]:
    found = []
    for key, value in schema.get("properties", {}).items():
        found += [f"{prefix}{key}", *keys(value, f"{prefix}{key}.")]
        found += keys(value.get("items", {}), f"{prefix}{key}[].")
    return found


def test_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_page_tells_of_every_key() -> None:
    told = [line.split("`")[1] for line in PAGE.splitlines() if line.startswith("| `")]
    resolved = [key for key in keys(SCHEMA) if key]
    assert told == resolved
