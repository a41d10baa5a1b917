"""What the pipeline knows of SageMaker's instance types, beyond what the service's own lists tell."""

from __future__ import annotations

from collections.abc import Iterator

from steps.config import Problem

_P3 = "AWS asked to leave P3 by 20 December 2025: github.com/zalando-incubator/kubernetes-on-aws/pull/8685"

RETIRED = {
    "p2": "EC2 retired P2 in 2024: github.com/aws/deep-learning-containers/pull/3950",
    "m4": "EC2 retired M4 in 2024: github.com/aws/deep-learning-containers/pull/3950",
    "c4": "AWS moved its own tests off C4 in 2024: github.com/aws/deep-learning-containers/pull/3772",
    "p3": _P3,
    "p3dn": _P3,
}
"""Families that AWS has withdrawn, and the evidence. SageMaker's API still lists their types, so that no
validation of a request finds them; a job that asks for one waits for capacity that does not come."""


def family(instance_type: str) -> str:
    """The family of a type: g4dn for ml.g4dn.xlarge."""
    return instance_type.split(".")[1]


def preferred(instance_types: tuple[str, ...]) -> str:
    """The first type whose family is not retired, or the very first where all are."""
    return next((one for one in instance_types if family(one) not in RETIRED), instance_types[0])


def retired(instance_types: tuple[str, ...]) -> Iterator[Problem]:
    """A warning for each type of a retired family. Paths start at the key `instance_type`."""
    for index, one in enumerate(instance_types):
        if family(one) not in RETIRED:
            continue
        instead = preferred(instance_types)
        hint = "put a newer type beside it, such as ml.g4dn.xlarge or ml.m5.xlarge"
        if instead != one and family(instead) not in RETIRED:
            hint = f"nothing to do: {instead} is used in its place; remove {one} to silence this"
        yield Problem(
            "C251",
            ("instance_type", index),
            f"{one} belongs to a retired family",
            hint,
            RETIRED[family(one)],
            "warning",
        )
