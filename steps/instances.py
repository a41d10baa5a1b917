"""What the pipeline knows of SageMaker's instance types."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator

from steps.config import Problem
from steps.instance_types import INSTANCE_TYPES, SOURCE

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


_LOCAL_STORAGE = (
    "c5d c6gd dl1 g4dn g5 g6 g6e g7e m5d m6gd p3dn p4d p4de p5 p5e p5en p6-b200 p6-b300 p6e-gb200 "
    "r5d r6gd r7gd trn1 trn1n trn2"
)
"""Families whose machines keep data on SSDs of their own (EC2's guide, "Instance store volume limits"). G7 is
missing: no source at hand says what it has."""


_STORAGE = {
    "g4dn": {"xlarge": 125, "2xlarge": 225, "4xlarge": 225, "8xlarge": 900, "12xlarge": 900, "16xlarge": 900},
    "g5": {
        "xlarge": 250,
        "2xlarge": 450,
        "4xlarge": 600,
        "8xlarge": 900,
        "12xlarge": 3800,
        "16xlarge": 1900,
        "24xlarge": 3800,
        "48xlarge": 7600,
    },
    "r5d": {
        "large": 75,
        "xlarge": 150,
        "2xlarge": 300,
        "4xlarge": 600,
        "8xlarge": 1200,
        "12xlarge": 1800,
        "16xlarge": 2400,
        "24xlarge": 3600,
    },
}
"""Gigabytes of such storage by family and size (aws.amazon.com/ec2/instance-types), of the families that jobs
of this kind run on; of the others it is not known here."""


def family(instance_type: str) -> str:
    """The family of a type: g4dn for ml.g4dn.xlarge."""
    return instance_type.split(".")[1]


def has_local_storage(instance_type: str) -> bool:
    """Whether machines of the type keep data on SSDs of their own.

    These are encrypted by keys of their own and have a fixed size: SageMaker takes no VolumeKmsKeyId for
    jobs on them (CreateTrainingJob, CreateProcessingJob, CreateTransformJob).
    """
    return family(instance_type) in _LOCAL_STORAGE.split()


def local_storage(instance_type: str) -> int | None:
    """Gigabytes of storage of its own that a machine of the type has; None if that is not known."""
    return _STORAGE.get(family(instance_type), {}).get(instance_type.split(".")[2])


def preferred(instance_types: tuple[str, ...], without: Collection[str] = ()) -> str:
    """The first type whose family is not retired, or the very first where all are.

    Args:
        instance_types: In order of preference, at least one.
        without: Types that the account may run none of. They come last: if there are only such types, as if
            there were none.
    """
    allowed = [one for one in instance_types if one not in without] or instance_types
    return next((one for one in allowed if family(one) not in RETIRED), allowed[0])


_KINDS = {
    "training": "training jobs",
    "processing": "processing jobs",
    "transform": "batch transform jobs",
    "endpoint": "endpoints",
}


def known(kind: str, instance_type: str) -> bool:
    """Whether SageMaker has the type for machines of a kind: training, processing, transform or endpoint."""
    size = instance_type.split(".")[2]
    return size in INSTANCE_TYPES[kind].get(family(instance_type), "").split()


def unsuitable(kind: str, instance_types: tuple[str, ...]) -> Iterator[Problem]:
    """An error for each unknown type, a warning for each retired one. Paths start at `instance_type`."""
    for index, one in enumerate(instance_types):
        if not known(kind, one):
            yield Problem(
                "C213",
                ("instance_type", index),
                f"SageMaker has no {one} for {_KINDS[kind]}",
                _instead(kind, one),
                _elsewhere(one) or f"it is not in the list of {SOURCE}",
            )
    yield from (one for one in retired(instance_types) if known(kind, instance_types[int(one.path[1])]))


def _elsewhere(instance_type: str) -> str:
    """What SageMaker has the type for."""
    kinds = [words for kind, words in _KINDS.items() if known(kind, instance_type)]
    return f"{SOURCE} lists it for: {', '.join(kinds)}" if kinds else ""


def _instead(kind: str, instance_type: str) -> str:
    """A type of the kind that may be meant."""
    families = INSTANCE_TYPES[kind]
    # Family first: among all names, those that merely end alike would seem near.
    for name in difflib.get_close_matches(family(instance_type), families, n=1, cutoff=0.7):
        names = [f"ml.{name}.{size}" for size in families[name].split()]
        near = difflib.get_close_matches(instance_type, names, n=1, cutoff=0.8)
        if near and not _elsewhere(instance_type):
            return f"did you mean '{near[0]}'?"
        if name == family(instance_type):
            return f"the sizes of {name} are {families[name].replace(' ', ', ')}"
    return "write a type such as ml.m5.xlarge, or ml.g4dn.xlarge with a GPU"


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
