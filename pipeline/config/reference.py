"""The page about the config, made from the models.

`python -m pipeline.config.reference` writes docs/configuration.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.config.codes import CODES
from pipeline.config.model import PipelineConfig
from pipeline.config.translation import keys_of
from steps.config import Section

FILE = Path(__file__).parents[2] / "docs" / "configuration.md"

_BEGINNING = """\
# Configuration

<!-- Made by `python -m pipeline.config.reference`. Change the models, not this page. -->

A pipeline is described by one YAML file; [config/pipeline.yaml](../config/pipeline.yaml) is a whole one.
`imgpipe validate -c FILE` reports everything that is wrong with a file at once, each with its line and a way
to mend it. Editors that know the YAML language server complete and check the files by
[config/schema.json](../config/schema.json).

## Files that build on files

`extends: other.yaml` lays this file over another one, whose path starts at this file. Mappings are merged key
by key; a list or a single value replaces what was there.

## Names in texts

`${name}` stands for the first of these that there is:

1. the top-level key `name` of the config, such as `${name}` itself or `${bucket}`,
2. a fact of the AWS account: `account`, `bucket`, `partition`, `region` or `role`,
3. the environment variable `IMGPIPE_NAME`,
4. for a fact of the account where none is at hand (`imgpipe validate` and `imgpipe compile` need no account),
   a stand-in, such as the account 111122223333.

Without quotes around it, a text that is nothing but `${name}` becomes a number if what it stands for is one.
`$${` stands for the characters `${` themselves.

## YAML

The core of YAML 1.2: `true` and `false` are the only words for yes and no, `1e-4` is a number, and a key may
not appear twice. Anchors, aliases and `<<` work; tags are refused, as a config is data and never code.

## Keys
"""

_PARAMETERS = """
## What can be changed without a new definition

These keys become parameters of the pipeline, which an execution can be started with other values of:
`data.train` (TrainData), `data.validation` (ValidationData), `train.instance_type` (TrainInstanceType),
`validate.instance_type` (ProcessingInstanceType), `gate.accuracy` (AccuracyThreshold), `register.approval`
(ModelApprovalStatus), `deploy.instance_type` (EndpointInstanceType), and the hyperparameters `epochs`
(Epochs), `learning_rate` (LearningRate) and `mini_batch_size` (MiniBatchSize). Where a key lists several
instance types, the first that AWS has not retired is the default, and an execution can choose among the
listed ones.

## Codes

| code | name | meaning |
|---|---|---|
"""


def page() -> str:
    """The content of docs/configuration.md."""
    schema = PipelineConfig.model_json_schema(by_alias=True)
    sections = "\n".join(_sections(PipelineConfig, (), schema, schema["$defs"]))
    codes = "\n".join(f"| {code} | {about.slug} | {about.meaning} |" for code, about in CODES.items())
    return f"{_BEGINNING}\n{sections}{_PARAMETERS}{codes}\n"


def _sections(
    section: type[Section], path: tuple[str, ...], schema: dict[str, Any], defs: dict[str, Any]
) -> Iterator[str]:
    """The tables of a section and of those in it."""
    yield f"### {'.'.join(path) or 'Top level'}\n"
    yield from ("| key | takes | default | meaning |", "|---|---|---|---|")
    below = []
    for key, field in keys_of(section).items():
        kind = field.annotation
        inner = kind if isinstance(kind, type) and issubclass(kind, Section) else None
        takes = (
            f"see [below](#{''.join((*path, key)).replace('.', '')})"
            if inner
            else _takes(schema["properties"][key])
        )
        yield f"| `{key}` | {takes} | {_default(schema, key)} | {field.description} |"
        if inner:
            below.append((inner, (*path, key)))
    yield ""
    for inner, where in below:
        yield from _sections(inner, where, defs[inner.__name__], defs)


def _takes(rule: dict[str, Any]) -> str:
    if "anyOf" in rule:
        return ", or ".join(dict.fromkeys(_takes(one) for one in rule["anyOf"] if one.get("type") != "null"))
    if "enum" in rule or "const" in rule:
        return ", ".join(f"`{one}`" for one in rule.get("enum", [rule.get("const")]))
    if rule["type"] == "array":
        return "a list of them"
    if rule["type"] == "string":
        return f"text, such as `{rule['examples'][0]}`" if "examples" in rule else "text"
    names = {"integer": "whole number", "number": "number", "boolean": "`true` or `false`"}
    return names[rule["type"]] + _range(rule)


def _range(rule: dict[str, Any]) -> str:
    least, most = rule.get("minimum"), rule.get("maximum")
    if least is None:
        return ""
    return f" from {least:g}" if most is None else f", {least:g} to {most:g}"


def _default(schema: dict[str, Any], key: str) -> str:
    if key in schema.get("required", ()):
        return "**required**"
    default = schema["properties"][key].get("default")
    if default is None:
        return ""
    if isinstance(default, list):
        return ", ".join(f"`{one}`" for one in default)
    return f"`{default if isinstance(default, str) else json.dumps(default)}`"


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(page(), encoding="utf-8")
