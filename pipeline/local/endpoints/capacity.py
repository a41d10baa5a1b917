"""How much each production variant of an endpoint has: its weight and its instances."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.local.records import Record


@dataclass(frozen=True)
class Capacity:
    """What one variant has.

    Attributes:
        weight: Its part of the traffic is its weight among all weights.
        instances: Number of instances that it asks for; 1 if it is serverless.
        serverless: Its ServerlessConfig.
    """

    weight: float = 1.0
    instances: int = 1
    serverless: Record | None = None


Capacities = Mapping[str, Capacity]
"""By the variants' names, in the order of the configuration."""


def configured(config: Record) -> dict[str, Capacity]:
    """What an endpoint configuration gives to each of its variants."""
    return {
        variant["VariantName"]: Capacity(
            variant.get("InitialVariantWeight", 1.0),
            variant.get("InitialInstanceCount", 1),
            variant.get("ServerlessConfig"),
        )
        for variant in config["ProductionVariants"]
    }


def desired(summaries: Sequence[Record]) -> dict[str, Capacity]:
    """What the summaries of variants (of DescribeEndpoint) want for each."""
    return {
        summary["VariantName"]: Capacity(
            summary.get("DesiredWeight", 1.0),
            summary.get("DesiredInstanceCount", 1),
            summary.get("DesiredServerlessConfig"),
        )
        for summary in summaries
    }


def retained(new: Capacities, old: Capacities, excluded: Collection[str] = ()) -> dict[str, Capacity]:
    """The capacities of a new configuration, with what variants of the same name had before.

    Args:
        new: As the new configuration has them.
        old: As they were.
        excluded: Kinds of properties that the new configuration decides: DesiredWeight, DesiredInstanceCount.
    """
    kept: dict[str, Capacity] = {}
    for name, capacity in new.items():
        before = old.get(name, capacity)
        weight = capacity.weight if "DesiredWeight" in excluded else before.weight
        counted = "DesiredInstanceCount" in excluded or capacity.serverless is not None
        instances = capacity.instances if counted else before.instances
        kept[name] = replace(capacity, weight=weight, instances=instances)
    return kept


def summary(name: str, capacity: Capacity, active: int | None = None) -> Record:
    """A variant's ProductionVariantSummary.

    Args:
        name: The variant's name.
        capacity: What it is to have.
        active: Instances that it has at present; all of them if None.
    """
    shown: Record = {
        "VariantName": name,
        "CurrentWeight": capacity.weight,
        "DesiredWeight": capacity.weight,
    }
    if capacity.serverless is not None:
        both = {
            "CurrentServerlessConfig": capacity.serverless,
            "DesiredServerlessConfig": capacity.serverless,
        }
        return shown | both
    current = capacity.instances if active is None else active
    return shown | {"CurrentInstanceCount": current, "DesiredInstanceCount": capacity.instances}
