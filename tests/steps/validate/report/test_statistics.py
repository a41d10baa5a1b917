import numpy as np
import pytest

from steps.validate.images.facts import Channels
from steps.validate.report.statistics import Colours, measure_colours


def channels_of(pixels: np.ndarray) -> Channels:
    """The sums of an image [N, 3] from 0 to 1."""
    red, green, blue = pixels.sum(axis=0).tolist()
    squares = (pixels**2).sum(axis=0).tolist()
    return Channels(len(pixels), (red, green, blue), (squares[0], squares[1], squares[2]))


def test_every_image_counts_the_same() -> None:
    random = np.random.default_rng(1)
    images = [random.random((n, 3)) * [0.2, 0.5, 1.0] for n in (1, 50, 1000)]
    found = measure_colours(channels_of(image) for image in images)
    # Of one size: each pixel as often as it takes.
    together = np.concatenate([np.repeat(image, 1000 // len(image), axis=0) for image in images])
    assert found is not None
    assert found.images == 3
    assert found.mean == pytest.approx(together.mean(axis=0), abs=1e-12)
    assert found.std == pytest.approx(together.std(axis=0), abs=1e-12)


def test_one_colour_has_no_deviation() -> None:
    total = 0.7  # of 7 pixels of 0.1 each, whose squares come to a little less than they should
    found = measure_colours([Channels(7, (total,) * 3, (0.0699999999,) * 3)])
    assert found is not None
    assert found.std == (0, 0, 0)


def test_nothing_has_no_colours() -> None:
    assert measure_colours([]) is None
    assert measure_colours([Channels(0, (0, 0, 0), (0, 0, 0))]) is None


def test_exact() -> None:
    black_and_white = Channels(2, (1.0, 0.0, 2.0), (1.0, 0.0, 2.0))
    assert measure_colours([black_and_white]) == Colours(1, (0.5, 0.0, 1.0), (0.5, 0.0, 0.0))
