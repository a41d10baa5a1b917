import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.validate.split import Group, choose_groups, validation_size


@pytest.mark.parametrize(
    ("images", "share", "expected"),
    [
        (0, 0.2, 0),
        (1, 0.9, 0),
        (2, 0.01, 1),
        (2, 0.99, 1),
        (7, 0.2, 1),
        (8, 0.2, 2),
        (10, 0.25, 3),
        (1000, 0.2, 200),
    ],
)
def test_validation_size(images: int, share: float, expected: int) -> None:
    assert validation_size(images, share) == expected


def groups_of(*images: int) -> list[Group]:
    return [Group(bytes([i]), one) for i, one in enumerate(images)]


@pytest.mark.parametrize(
    ("images", "share", "chosen"),
    [
        pytest.param((1,) * 10, 0.2, [0, 1], id="the first ones"),
        pytest.param((1, 3, 1, 1), 0.5, [0, 2, 3], id="a group that is too large is left for training"),
        pytest.param((5, 2, 3), 0.1, [1], id="the smallest rather than none"),
        pytest.param((5,), 0.2, [], id="all equal"),
        pytest.param((1,), 0.5, [], id="one image"),
        pytest.param((), 0.5, [], id="none"),
        pytest.param((2, 2), 0.5, [0], id="two pairs"),
    ],
)
def test_choice(images: tuple[int, ...], share: float, chosen: list[int]) -> None:
    found = choose_groups(groups_of(*images), sum(images), share)
    assert list(found) == [bytes([i]) for i in chosen]


def test_images_that_must_train_count_for_the_share() -> None:
    assert list(choose_groups(groups_of(1, 1, 1), 10, 0.2)) == [b"\x00", b"\x01"]
    assert list(choose_groups([], 10, 0.2)) == []


@given(st.lists(st.integers(1, 5), max_size=30), st.floats(0.01, 0.99))
def test_share_is_kept_as_far_as_groups_allow(images: list[int], share: float) -> None:
    total = sum(images)
    chosen = set(choose_groups(groups_of(*images), total, share))
    taken = sum(group.images for group in groups_of(*images) if group.key in chosen)
    assert taken < max(total, 1)
    assert bool(taken) == (len(images) > 1)
    if len(images) > 1:
        assert validation_size(total, share) - 5 < taken <= max(validation_size(total, share), min(images))
