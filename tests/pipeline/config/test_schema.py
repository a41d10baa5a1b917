from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from pipeline.config import reference, schema
from tests.pipeline.config.conftest import WHOLE, Load
from tests.regenerate_golden import CONFIGS, NAMES

OWN = Path(__file__).parents[3] / "config"


def errors(text: str) -> list[str]:
    validator = jsonschema.Draft7Validator(schema.schema())
    return [error.message for error in validator.iter_errors(yaml.safe_load(text))]


def test_the_file_is_current() -> None:
    assert schema.FILE.read_text(encoding="utf-8") == schema.text(), "run python -m pipeline.config.schema"


def test_the_page_is_current() -> None:
    assert reference.FILE.read_text(encoding="utf-8") == reference.page(), (
        "run python -m pipeline.config.reference"
    )


def test_the_example_on_the_page_is_right(load: Load) -> None:
    (example,) = re.findall(r"^```yaml\n(.*?)^```$", reference.page(), re.DOTALL | re.MULTILINE)
    text = WHOLE.partition("gate:")[0] + example
    assert {one.code for one in load(text).warnings} == {"C283"}
    assert errors(text) == []


def test_it_is_a_schema() -> None:
    jsonschema.Draft7Validator.check_schema(schema.schema())


@pytest.mark.parametrize("file", sorted(OWN.glob("*.yaml")), ids=lambda file: file.name)
def test_the_configs_of_this_project_name_it_and_pass(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=schema.json\n")
    assert errors(text) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_configs_of_the_golden_definitions_pass(name: str) -> None:
    assert errors(CONFIGS[name].read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(WHOLE, id="least"),
        pytest.param(
            "extends: a.yaml\ngate: {macro_f1: 0.5}\n", id="what is needed comes from the other file"
        ),
        pytest.param(WHOLE + "score:\n  instance_count: ${count}\n", id="name for a number"),
        pytest.param(WHOLE + "score: {instance_type: [ml.m5.large, ml.m5.xlarge]}\n", id="list"),
        pytest.param(WHOLE + "score: {instance_type: ml.m5.large}\n", id="text for a list"),
    ],
)
def test_right_texts_pass(text: str) -> None:
    assert errors(text) == []


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param(WHOLE + "triggers: 1\n", "'triggers' was unexpected", id="unknown key"),
        pytest.param("version: 1\n", "'gate' is a required property", id="missing section"),
        pytest.param(WHOLE + "score: {instance_count: 0}\n", "0 is not valid", id="too small"),
        pytest.param(WHOLE.replace("/train", "/tr[ain"), "is not valid", id="character that S3 avoids"),
        pytest.param(WHOLE + "deploy: {when: approved}\n", "'approved' is not one of", id="unknown value"),
        pytest.param(WHOLE + "tags: {a: 5}\n", "5 is not of type 'string'", id="tag that is a number"),
    ],
)
def test_wrong_texts_do_not_pass(text: str, error: str) -> None:
    assert any(error in message for message in errors(text))


def test_every_key_is_explained() -> None:
    def unexplained(node: Any, path: str) -> list[str]:
        found = []
        for name, below in node.get("properties", {}).items():
            found += [] if "description" in below else [f"{path}.{name}"]
        return found

    whole = schema.schema()
    assert [
        *unexplained(whole, ""),
        *(one for name, node in whole["$defs"].items() for one in unexplained(node, name)),
    ] == []
