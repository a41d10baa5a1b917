from __future__ import annotations

import pytest

from steps.instance_types import INSTANCE_TYPES, SOURCE
from steps.instances import RETIRED, family, has_local_storage, local_storage, preferred, retired, unsuitable


@pytest.mark.parametrize(
    ("types", "first"),
    [
        pytest.param(("ml.m5.large", "ml.m5.xlarge"), "ml.m5.large", id="first"),
        pytest.param(("ml.p2.xlarge", "ml.p3.2xlarge", "ml.g5.xlarge"), "ml.g5.xlarge", id="not retired"),
        pytest.param(("ml.p2.xlarge", "ml.m4.xlarge"), "ml.p2.xlarge", id="all retired"),
    ],
)
def test_the_first_type_that_is_not_retired_is_preferred(types: tuple[str, ...], first: str) -> None:
    assert preferred(types) == first


@pytest.mark.parametrize(
    ("without", "first"),
    [
        pytest.param((), "ml.g4dn.xlarge", id="all allowed"),
        pytest.param(("ml.g4dn.xlarge",), "ml.g5.xlarge", id="the first is not"),
        pytest.param(("ml.g4dn.xlarge", "ml.g5.xlarge"), "ml.p2.xlarge", id="only a retired one is"),
        pytest.param(("ml.p2.xlarge", "ml.g4dn.xlarge", "ml.g5.xlarge"), "ml.g4dn.xlarge", id="none is"),
    ],
)
def test_a_type_that_the_account_may_not_run_comes_last(without: tuple[str, ...], first: str) -> None:
    assert preferred(("ml.p2.xlarge", "ml.g4dn.xlarge", "ml.g5.xlarge"), without) == first


def test_families() -> None:
    assert family("ml.p3dn.24xlarge") == "p3dn"


def test_retired_types_are_named_with_evidence_and_what_comes_in_their_place() -> None:
    (found,) = retired(("ml.m5.large", "ml.m4.xlarge"))
    assert (found.code, found.severity, found.path) == ("C251", "warning", ("instance_type", 1))
    assert found.message == "ml.m4.xlarge belongs to a retired family"
    assert found.why == RETIRED["m4"]
    assert (
        found.hint == "nothing to do: ml.m5.large is used in its place; remove ml.m4.xlarge to silence this"
    )


def test_a_retired_type_without_another_asks_for_one() -> None:
    (found,) = retired(("ml.p3.2xlarge",))
    assert found.hint == "put a newer type beside it, such as ml.g4dn.xlarge or ml.m5.xlarge"


def test_nothing_is_said_of_other_types() -> None:
    assert list(retired(("ml.g5.xlarge",))) == []
    assert list(retired(())) == []


UNKNOWN = {
    "no family, a size that exists": (
        "endpoint",
        "ml.nope.large",
        "SageMaker has no ml.nope.large for endpoints",
        f"it is not in the list of {SOURCE}",
        "write a type such as ml.m5.xlarge, or ml.g4dn.xlarge with a GPU",
    ),
    "no family": (
        "transform",
        "ml.bogus.huge",
        "SageMaker has no ml.bogus.huge for batch transform jobs",
        f"it is not in the list of {SOURCE}",
        "write a type such as ml.m5.xlarge, or ml.g4dn.xlarge with a GPU",
    ),
    "misspelt family": (
        "endpoint",
        "ml.mm5.xlarge",
        "SageMaker has no ml.mm5.xlarge for endpoints",
        f"it is not in the list of {SOURCE}",
        "did you mean 'ml.m5.xlarge'?",
    ),
    "misspelt size": (
        "training",
        "ml.g5.xlagre",
        "SageMaker has no ml.g5.xlagre for training jobs",
        f"it is not in the list of {SOURCE}",
        "did you mean 'ml.g5.xlarge'?",
    ),
    "no size": (
        "training",
        "ml.p2.small",
        "SageMaker has no ml.p2.small for training jobs",
        f"it is not in the list of {SOURCE}",
        "the sizes of p2 are 16xlarge, 8xlarge, xlarge",
    ),
    "of other machines only": (
        "processing",
        "ml.trn1.2xlarge",
        "SageMaker has no ml.trn1.2xlarge for processing jobs",
        f"{SOURCE} lists it for: training jobs, batch transform jobs, endpoints",
        "write a type such as ml.m5.xlarge, or ml.g4dn.xlarge with a GPU",
    ),
}


@pytest.mark.parametrize(("kind", "type_", "message", "why", "hint"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_unknown_types_are_refused(kind: str, type_: str, message: str, why: str, hint: str) -> None:
    (found,) = unsuitable(kind, ("ml.m5.xlarge", type_))
    assert (found.code, found.severity, found.path) == ("C213", "error", ("instance_type", 1))
    assert (found.message, found.why, found.hint) == (message, why, hint)


def test_retired_types_are_known() -> None:
    assert [one.code for one in unsuitable("training", ("ml.p2.xlarge", "ml.m5.large"))] == ["C251"]


@pytest.mark.parametrize(
    ("instance_type", "own", "gigabytes"),
    [
        ("ml.g4dn.xlarge", True, 125),
        ("ml.g5.48xlarge", True, 7600),
        ("ml.r5d.large", True, 75),
        ("ml.p4d.24xlarge", True, None),
        ("ml.c5d.xlarge", True, None),
        ("ml.trn1.2xlarge", True, None),
        ("ml.p2.xlarge", False, None),
        ("ml.p3.2xlarge", False, None),
        ("ml.m5.large", False, None),
        ("ml.g7.2xlarge", False, None),
        ("ml.g5.huge", True, None),
    ],
)
def test_storage_of_their_own(instance_type: str, own: bool, gigabytes: int | None) -> None:
    assert (has_local_storage(instance_type), local_storage(instance_type)) == (own, gigabytes)


def test_every_size_with_known_storage_exists() -> None:
    for name in ("g4dn", "g5", "r5d"):
        sizes = {size for kind in INSTANCE_TYPES.values() for size in kind.get(name, "").split()}
        assert all(local_storage(f"ml.{name}.{size}") for size in sizes)
