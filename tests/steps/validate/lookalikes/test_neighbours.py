import io
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps.validate.lookalikes import neighbours
from steps.validate.lookalikes.neighbours import affordable_distance, count_in_steps, find_pairs

Pair = tuple[int, int]


def found(hashes: Sequence[int], distance: int, part: int = neighbours.PART) -> list[Pair]:
    file = io.BytesIO(np.array(hashes, np.uint64).tobytes())
    return [
        (min(pair), max(pair))
        for pairs in find_pairs(file, len(hashes), distance, part)
        for pair in zip(pairs.one.tolist(), pairs.other.tolist(), strict=True)
    ]


def compared(hashes: Sequence[int], distance: int) -> list[Pair]:
    """Every hash with every other."""
    return [
        (one, other)
        for one in range(len(hashes))
        for other in range(one + 1, len(hashes))
        if (hashes[one] ^ hashes[other]).bit_count() <= distance
    ]


def planted(seed: int, count: int, distance: int, free: int = 64) -> list[int]:
    """Random hashes, a fifth of which differ from another in up to two bits more than the distance.

    Only the last `free` bits are random, so that fewer make hashes that are much alike.
    """
    dice = np.random.default_rng(seed)
    hashes = [int(value) >> (64 - free) for value in dice.integers(0, 2**64, count, np.uint64)]
    for number in range(count // 5):
        flips = dice.choice(free, min(free, int(dice.integers(0, distance + 3))), replace=False)
        hashes[-1 - number] = hashes[number] ^ sum(1 << int(bit) for bit in flips)
    return hashes


@settings(deadline=None, max_examples=60)
@given(
    hashes=st.lists(st.integers(0, 2**64 - 1), max_size=30),
    flips=st.lists(st.tuples(st.integers(0, 29), st.sets(st.integers(0, 63), max_size=10)), max_size=30),
    distance=st.integers(0, 9),
)
def test_recall_is_exact(hashes: list[int], flips: list[tuple[int, set[int]]], distance: int) -> None:
    near = [hashes[which % len(hashes)] ^ sum(1 << bit for bit in bits) for which, bits in flips if hashes]
    everything = hashes + near
    assert sorted(found(everything, distance)) == compared(everything, distance)


@pytest.mark.parametrize(
    ("free", "distance", "part"),
    [
        pytest.param(64, 8, 10**6, id="spread"),
        pytest.param(64, 8, 400, id="spread, in parts"),
        pytest.param(64, 3, 10**6, id="spread, small distance"),
        pytest.param(22, 5, 10**6, id="much alike"),
        pytest.param(22, 5, 400, id="much alike, in parts"),
        pytest.param(14, 2, 10**6, id="nearly all alike"),
    ],
)
@pytest.mark.parametrize("limits", [(2048, 16, 64), (40, 4, 8)], ids=["as it is", "small limits"])
def test_recall_is_exact_with_bands(
    free: int, distance: int, part: int, limits: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in zip(("_LARGEST", "_SHORT", "_TILE"), limits, strict=True):
        monkeypatch.setattr(neighbours, name, value)
    # Sorting looks cheap and comparing dear, so that few hashes are parted as many are.
    monkeypatch.setattr("steps.validate.lookalikes.bands._COMPARE_COST", 10_000)
    monkeypatch.setattr("steps.validate.lookalikes.bands._GROUP_COST", 0)
    hashes = planted(free, 1500, distance, free)
    array = np.array(hashes, np.uint64)
    expected = [
        (one, one + shift)
        for shift in range(1, len(array))
        for one in np.flatnonzero(np.bitwise_count(array[:-shift] ^ array[shift:]) <= distance).tolist()
    ]
    assert sorted(found(hashes, distance, part)) == sorted(expected)
    assert len(expected) > 150


@pytest.mark.parametrize("hashes", [[], [7]], ids=["none", "one"])
def test_nothing_to_compare(hashes: list[int]) -> None:
    assert found(hashes, 8) == []


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1))
def test_bits_are_counted_without_numpy_2(values: list[int]) -> None:
    counted = count_in_steps(np.array(values, np.uint64))
    assert counted.dtype == np.uint8
    assert counted.tolist() == [value.bit_count() for value in values]


def test_recall_is_exact_without_numpy_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "_count_bits", count_in_steps)
    hashes = planted(1, 60, 8)
    assert sorted(found(hashes, 8)) == compared(hashes, 8)
    assert affordable_distance(io.BytesIO(np.array(hashes, np.uint64).tobytes()), 60, 8, 10**6) == 8


@pytest.mark.parametrize(
    ("free", "most", "expected"),
    [
        pytest.param(64, 1000, 8, id="spread"),
        pytest.param(16, 10**7, 8, id="alike, but many pairs will do"),
        pytest.param(16, 50_000, 2, id="alike"),
        pytest.param(16, 0, 0, id="none will do"),
    ],
)
def test_distance_that_can_be_afforded(free: int, most: int, expected: int) -> None:
    hashes = [
        int(value) >> (64 - free) for value in np.random.default_rng(1).integers(0, 2**64, 4096, np.uint64)
    ]
    file = io.BytesIO(np.array(hashes, np.uint64).tobytes())
    assert affordable_distance(file, len(hashes), 8, most) == expected


def test_distance_for_no_hashes() -> None:
    assert affordable_distance(io.BytesIO(), 0, 8, 10) == 8
