"""Rules about what no section can know alone. Paths start at the top of the config."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pipeline.config.model import PipelineConfig
from steps.config import Problem
from steps.deploy.config import LONGEST_ENDPOINT
from steps.instances import has_local_storage


def problems(config: PipelineConfig) -> Iterator[Problem]:
    """All of them."""
    yield from _names(config)
    yield from _tags(config.tags)
    yield from _volume_key(config)
    yield from _key_regions(config)
    yield from _role_partition(config)
    yield from _caching(config)
    yield from _isolation(config)


def _names(config: PipelineConfig) -> Iterator[Problem]:
    names = [("register", "group", config.registry.group, 63)]
    if config.deploy.when == "gate":
        names.append(("deploy", "endpoint", config.deploy.endpoint, LONGEST_ENDPOINT))
    for section, key, given, longest in names:
        if given is None and len(config.name) > longest:
            yield Problem(
                "C212",
                ("name",),
                f"{section}.{key} is the pipeline's name, whose {len(config.name)} characters are too many",
                f"add {section}.{key} with at most {longest} characters, or shorten name",
                reads=((section, key), (section, "when")),
            )


_MOST_TAGS = 50
_LONGEST_TAG = {"key": 128, "value": 256}
_TAG = re.compile(r"[\w .:/=+@-]*")


def _tags(tags: Mapping[str, str]) -> Iterator[Problem]:
    if len(tags) > _MOST_TAGS:
        message = f"{len(tags)} tags, and a resource takes {_MOST_TAGS}"
        yield Problem("C238", ("tags",), message, f"remove {len(tags) - _MOST_TAGS} of them")
    for key, value in tags.items():
        if not key:
            yield Problem("C238", ("tags", key), "the key of a tag is empty", "name it")
        if key.lower().startswith("aws:"):
            message = f"'{key[:40]}' begins with aws:, which AWS keeps for tags of its own"
            yield Problem("C238", ("tags", key), message, "choose another key")
        for part, text in (("key", key), ("value", value)):
            yield from _tag_text(key, part, text)


def _tag_text(key: str, part: str, text: str) -> Iterator[Problem]:
    longest = _LONGEST_TAG[part]
    if len(text) > longest:
        message = f"the {part} of the tag '{key[:40]}' has {len(text)} characters, and {longest} are the most"
        yield Problem("C238", ("tags", key), message, f"shorten it by {len(text) - longest} or more")
    elif not _TAG.fullmatch(text):
        message = f"the {part} of the tag '{key[:40]}' holds a character that AWS does not take in tags"
        yield Problem("C238", ("tags", key), message, "use letters, digits, spaces and _ . : / = + - @")


def machines(config: PipelineConfig) -> dict[str, tuple[str, ...]]:
    """The instance types of each section that has machines; `evaluate` only where it has types of its own."""
    listed = {
        "validate": config.validation.instance_type,
        "train": config.train.instance_type,
        "score": config.score.instance_type,
        "evaluate": config.evaluate.instance_type or (),
        "deploy": config.deploy.instance_type if config.deploy.when == "gate" else (),
    }
    return {section: types for section, types in listed.items() if types}


def takes_volume_key(types: tuple[str, ...]) -> bool:
    """Whether SageMaker takes a KMS key for the disks of machines of these types."""
    return not any(map(has_local_storage, types))


def _volume_key(config: PipelineConfig) -> Iterator[Problem]:
    if config.encryption.volume_key is None:
        return
    for section, types in machines(config).items():
        own = [one for one in types if has_local_storage(one)]
        others = [one for one in types if one not in own]
        if own and others:
            yield Problem(
                "C237",
                (section, "instance_type"),
                f"encryption.volume_key fits {others[0]}, and SageMaker refuses it for {own[0]}",
                "list only types with local storage, or only types without",
                "machines with local storage encrypt it by hardware and take no key",
                reads=(("encryption", "volume_key"),),
            )
        elif own:
            yield Problem(
                "C283",
                ("encryption", "volume_key"),
                f"{section} does without volume_key: {own[0]} has local storage",
                "nothing to do, or choose a type without local storage",
                "its hardware encrypts that storage, and SageMaker refuses a key for it",
                "warning",
            )


def _key_regions(config: PipelineConfig) -> Iterator[Problem]:
    for name in ("volume_key", "output_key"):
        key = getattr(config.encryption, name) or ""
        region = key.split(":")[3] if key.startswith("arn:") else config.region
        if config.region is not None and region != config.region:
            yield Problem(
                "C241",
                ("encryption", name),
                f"the key is in {region}, and the pipeline runs in {config.region}",
                f"name a key of {config.region}",
                "SageMaker uses keys of its own region only",
                reads=(("region",),),
            )


_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "us-iso-": "aws-iso", "us-isob-": "aws-iso-b"}
"""Partitions whose resources no other partition knows, by how their regions begin."""


def _role_partition(config: PipelineConfig) -> Iterator[Problem]:
    if config.role is None or config.region is None:
        return
    given = config.role.split(":")[1]
    found = (name for start, name in _PARTITIONS.items() if config.region.startswith(start))
    needed = next(found, "aws")
    if given != needed and not config.region.startswith(("us-isof-", "eu-isoe-", "eusc-")):
        yield Problem(
            "C242",
            ("role",),
            f"the role begins with arn:{given}:, and those of {config.region} with arn:{needed}:",
            f"name a role of the account that has {config.region}",
            "an account belongs to one partition of AWS, and so do its roles",
            reads=(("region",),),
        )


def _caching(config: PipelineConfig) -> Iterator[Problem]:
    if config.caching is None:
        return
    if config.train.initial_model is not None:
        yield Problem(
            "C284",
            ("caching",),
            f"another model under the same URI is not seen for {config.caching} after a run",
            "give each model a URI of its own (InitialModel), or remove caching",
            "SageMaker compares the S3 URIs of a step's inputs, not what lies there; changed images it does "
            "notice, as their lists lie in a place that is named after their content",
            "warning",
        )
    if config.train.spot is not None and config.train.spot.checkpoints:
        yield Problem(
            "C285",
            ("caching",),
            "TrainModel runs every time, as spot keeps checkpoints in a place of each execution",
            "remove train.spot, or write checkpoints: false in it, if caching matters more",
            "SageMaker compares CheckpointConfig too",
            "warning",
        )


def _isolation(config: PipelineConfig) -> Iterator[Problem]:
    if config.network.isolation and config.validation.instance_count > 1:
        yield Problem(
            "C286",
            ("validate", "instance_count"),
            f"{config.validation.instance_count} instances send each other what they found, and "
            "network.isolation may keep them from it",
            "check with one larger instance, or without network.isolation",
            "AWS documents for training jobs only that isolated instances of one job reach each other",
            "warning",
        )
