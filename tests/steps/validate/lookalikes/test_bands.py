from math import comb

import pytest

from steps.validate.lookalikes.bands import BITS, SPREAD, plan_bands


def test_spread_takes_each_bit_once() -> None:
    assert sorted(SPREAD) == list(range(BITS))


@pytest.mark.parametrize(
    ("count", "bands", "kept"),
    [(0, 1, 0), (500, 1, 0), (20_000, 9, 1), (300_000, 9, 1), (10**6, 45, 2), (10**7, 45, 2)],
)
def test_more_hashes_are_parted_further(count: int, bands: int, kept: int) -> None:
    plan = plan_bands(count, SPREAD, 8)
    assert len(plan) == bands == comb(8 + kept, kept)
    assert {len(band.bits) > 0 for band in plan} == {kept > 0}


def test_groups_cover_all_bits_once() -> None:
    plan = plan_bands(20_000, SPREAD, 8)
    assert sorted(bit for band in plan for bit in band.bits) == list(range(BITS))
    assert sum(band.mask for band in plan) == 2**64 - 1


def test_bands_know_the_groups_that_come_before_them() -> None:
    plan = plan_bands(20_000, SPREAD, 8)
    assert [band.others for band in plan] == [
        tuple(before.mask for before in plan[:number]) for number in range(len(plan))
    ]


def test_few_free_bits_are_not_parted() -> None:
    (band,) = plan_bands(10**6, range(8), 8)
    assert (band.bits, band.mask, band.others) == ((), 0, ())


def test_distance_of_none() -> None:
    (band,) = plan_bands(10**6, SPREAD, 0)
    assert len(band.bits) == BITS
