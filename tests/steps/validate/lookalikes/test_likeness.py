import numpy as np
import pytest

from steps.validate.lookalikes.likeness import alike, prepare

RAMP = np.add.outer(np.arange(16) * 4, np.arange(16) * 6) + 20
NOISE = np.random.default_rng(3).integers(0, 256, (16, 16))


def judged(one: np.ndarray, other: np.ndarray) -> bool:
    thumbs = prepare([image.clip(0, 255).astype(np.uint8).tobytes() for image in (one, other)])
    (same,) = alike(thumbs, np.array([0]), np.array([1])).tolist()
    return bool(same)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param(RAMP, RAMP, True, id="itself"),
        pytest.param(RAMP, RAMP + 30, True, id="brighter"),
        pytest.param(RAMP, RAMP // 2, True, id="less contrast"),
        pytest.param(RAMP, RAMP + np.indices((16, 16)).sum(0) % 2, True, id="rounded otherwise"),
        pytest.param(RAMP, RAMP.T, False, id="turned"),
        pytest.param(RAMP, 255 - RAMP, False, id="negative"),
        pytest.param(NOISE, NOISE[::-1], False, id="noise"),
        pytest.param(NOISE, np.roll(NOISE, 1, 1), False, id="moved by a pixel"),
    ],
)
def test_alike(one: np.ndarray, other: np.ndarray, same: bool) -> None:
    assert judged(one, other) is same
    assert judged(other, one) is same


def test_flat_thumbs_are_like_themselves_only() -> None:
    flat = np.full((16, 16), 7)
    assert judged(flat, flat)
    assert not judged(flat, RAMP)


def test_many_pairs() -> None:
    thumbs = prepare([RAMP.astype(np.uint8).tobytes(), NOISE.astype(np.uint8).tobytes()])
    other = np.arange(5000) % 2
    assert alike(thumbs, np.zeros(5000, int), other).tolist() == [number == 0 for number in other]


def test_no_pairs() -> None:
    assert alike(prepare([bytes(256)]), np.empty(0, int), np.empty(0, int)).tolist() == []
