"""Definitions without what makes no difference to SageMaker: nothings, and defaults that are spelled out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.difference.words import is_expression

# Defaults by the API's reference of CreateTrainingJob, CreateProcessingJob, CreateTransformJob and their data
# types, and by "Retry policy for pipeline steps" in the developer guide.
_DEFAULTS: Mapping[str, object] = {
    "AssembleWith": "None",
    "BackoffRate": 2.0,
    "CompressionType": "None",
    "EnableInterContainerTrafficEncryption": False,
    "EnableManagedSpotTraining": False,
    "EnableNetworkIsolation": False,
    "IntervalSeconds": 1,
    "RecordWrapperType": "None",
    "S3DataDistributionType": "FullyReplicated",
    "SplitType": "None",
}

# What lies below these is the user's own: no key of it has a meaning to SageMaker.
_OPAQUE = frozenset(
    {"Environment", "HyperParameters", "CustomerMetadataProperties", "Tags", "DefaultValue", "Metadata"}
)


def normal(value: object) -> Any:
    """The value without members that are null, empty or equal to their default; lists keep all items."""
    if is_expression(value):
        return value
    if isinstance(value, Mapping):
        members = ((key, _member(str(key), item)) for key, item in value.items())
        return {key: item for key, item in members if not _says_nothing(str(key), item)}
    if isinstance(value, list):
        return [normal(item) for item in value]
    return value


def _member(key: str, item: object) -> object:
    return item if key in _OPAQUE else normal(item)


def _says_nothing(key: str, item: object) -> bool:
    if item is None or (isinstance(item, Mapping | list) and not item):
        return True
    if key == "CacheConfig" and isinstance(item, Mapping):
        return item.get("Enabled", False) is False
    # True equals 1 in Python, but not in JSON.
    return (
        key in _DEFAULTS
        and item == _DEFAULTS[key]
        and isinstance(item, bool) == isinstance(_DEFAULTS[key], bool)
    )
