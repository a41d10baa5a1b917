import pytest

from steps.validate.report.sizes import Sizes, cell, measure_sizes

NAMES = ("min", "p5", "p25", "median", "p75", "p95", "max")


def test_one_image() -> None:
    assert measure_sizes([(640, 480, 1)]) == Sizes(
        dict.fromkeys(NAMES, 640), dict.fromkeys(NAMES, 480), {(37, 35): 1}
    )


def test_quantiles_are_sizes_of_images() -> None:
    sizes = measure_sizes((width, 10, 1) for width in range(1, 101))
    assert sizes is not None
    assert sizes.width == dict(zip(NAMES, (1, 5, 25, 50, 75, 95, 100), strict=True))
    assert sizes.height == dict.fromkeys(NAMES, 10)
    assert list(sizes.width) == list(NAMES)


def test_counts_weigh() -> None:
    sizes = measure_sizes([(100, 1, 1), (300, 1, 97), (200, 1, 2)])
    assert sizes is not None
    assert sizes.width == dict(zip(NAMES, (100, 300, 300, 300, 300, 300, 300), strict=True))


def test_order_does_not_matter() -> None:
    groups = [(64, 48, 3), (640, 480, 2), (64, 480, 1)]
    assert measure_sizes(groups) == measure_sizes(reversed(groups))


@pytest.mark.parametrize(("pixels", "expected"), [(1, 0), (2, 4), (3, 6), (224, 31), (256, 32), (1024, 40)])
def test_cell(pixels: int, expected: int) -> None:
    assert cell(pixels) == expected


def test_nothing_has_no_sizes() -> None:
    assert measure_sizes([]) is None
