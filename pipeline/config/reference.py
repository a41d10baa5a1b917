"""The page about the config, made from the models.

`python -m pipeline.config.reference` writes docs/configuration.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args, get_origin

from pipeline.config.codes import CODES
from pipeline.config.model import PipelineConfig
from pipeline.config.translation import bare, is_section, keys_of
from pipeline.definition.settings import NAMES
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

Keys with a name in the column *parameter* become parameters of the pipeline: an execution can be started
with other values of them, as with `imgpipe start -p Epochs=20`. A key that has neither a value nor a default
becomes none. The value of the config is the default. Durations become whole seconds, hyperparameters texts.
Where a key lists several instance types, the first that AWS has not retired and that the account's quota
allows is the default, and an execution can choose among the listed ones. Names of resources are fixed when
the definition is built, so they are no parameters; nor are lists, such as subnets.

## What a team may add

```yaml
tags: {team: vision, cost-center: "4711"}     # of the pipeline and all that it makes
parallelism: 4                                # steps at once
network:                                      # a VPC that reaches S3; no network for containers
  subnets: [subnet-0a1b2c3d4e5f60718, subnet-0a1b2c3d4e5f60719]
  security_groups: sg-0a1b2c3d4e5f60718
  isolation: true
encryption:
  volume_key: arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab
  output_key: alias/image-results
train:
  spot: {max_wait: 48h}                       # machines that AWS may take back, with checkpoints in S3
  retry:
    - {when: capacity, interval: 1h, expire: 3d}
    - {when: internal_error, attempts: 2}
  initial_model: s3://my-bucket/models/2026-01/model.tar.gz
gate:
  accuracy: 0.95
  worst_class_recall: 0.80
  expected_calibration_error: 0.05
```

## What is off unless a config says otherwise

Spot training, checkpoints, caching, a network of your own, KMS keys, tags and limits on parallel steps: a key
that is absent adds nothing to the definition. One thing is on: TrainModel waits for a machine where AWS has
none free, as `train.retry` says.

Caching compares the arguments of a step with those of earlier executions. SageMaker looks at S3 URIs, not at
what lies there, so ValidateImages runs each time, and puts its lists into
`s3://BUCKET/NAME/datasets/HASH/`, where HASH stands for the classes and for the path and the content of each
image that is used. TrainModel reads them there: it is taken from an earlier execution if all images are as
they were then, and trains anew if one has changed. CreateModel and RegisterModel cannot be cached, so neither
ScoreValidation nor EvaluateModel finds its model among earlier ones; CreateEndpointConfig and DeployEndpoint
are not, as the endpoint would keep an earlier model.

## One prefix for all images

With `data: {train: s3://my-bucket/images, validation_share: 0.2}` a fifth of each class is kept to measure
the model on. The content of an image decides on which side it is, so the choice is the same each time,
however files are named, and copies stay together. `validation: null` gives up the prefix of an extended file.

## Many images

`validate.instance_count` shares the images out: each instance checks its part and tells the first what it
found, copies and leaks between the parts included. In a VPC of your own, the security group must let its
members reach each other.

## Codes

| code | name | meaning |
|---|---|---|
"""


def page() -> str:
    """The content of docs/configuration.md."""
    schema = PipelineConfig.model_json_schema(by_alias=True)
    sections = "\n".join(_sections(PipelineConfig, (), schema, _Page(schema["$defs"])))
    codes = "\n".join(f"| {code} | {about.slug} | {about.meaning} |" for code, about in CODES.items())
    return f"{_BEGINNING}\n{sections}{_PARAMETERS}{codes}\n"


@dataclass
class _Page:
    """What is known while the page is written.

    Attributes:
        defs: The schemas of all sections, by the name of their class.
        told: Where the table of a section that appears in several places stands.
    """

    defs: dict[str, Any]
    told: dict[type[Section], str] = field(default_factory=dict)


def _sections(
    section: type[Section], path: tuple[str, ...], schema: dict[str, Any], page: _Page
) -> Iterator[str]:
    """The tables of a section and of those in it."""
    named = {key: NAMES.get((*path, key), "") for key in keys_of(section)}
    column = any(named.values())
    yield f"### {'.'.join(path) or 'Top level'}\n"
    yield "| key | takes | default |" + (" parameter |" if column else "") + " meaning |"
    yield "|---" * (5 if column else 4) + "|"
    below = []
    for key, about in keys_of(section).items():
        kind = bare(about.annotation)
        inner = _listed(kind) if get_origin(kind) is tuple else kind
        takes = _takes(schema["properties"][key])
        if is_section(inner):
            where = page.told.setdefault(inner, "".join((*path, key)))
            takes = ("a list; " if inner is not kind else "") + f"see [below](#{where.replace('.', '')})"
            if where == "".join((*path, key)):
                below.append((inner, (*path, key)))
        parameter = f" {named[key]} |" if column else ""
        yield f"| `{key}` | {takes} | {_default(schema, key)} |{parameter} {about.description} |"
    yield ""
    for one, place in below:
        yield from _sections(one, place, page.defs[one.__name__], page)


def _listed(kind: Any) -> Any:
    """What a list holds."""
    return bare(get_args(kind)[0])


def _takes(rule: dict[str, Any]) -> str:
    if "anyOf" in rule:
        return ", or ".join(dict.fromkeys(_takes(one) for one in rule["anyOf"] if one.get("type") != "null"))
    if "enum" in rule or "const" in rule:
        return ", ".join(f"`{one}`" for one in rule.get("enum", [rule.get("const")]))
    if "$ref" in rule:
        return "keys"
    if rule["type"] == "object":
        return "keys with texts"
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
    if isinstance(default, list) and all(isinstance(one, dict) for one in default):
        return "see the meaning" if default else ""
    if isinstance(default, list):
        return ", ".join(f"`{one}`" for one in default)
    return f"`{default if isinstance(default, str) else json.dumps(default)}`"


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(page(), encoding="utf-8")
