from concurrent.futures import ThreadPoolExecutor
from threading import Event, active_count

import numpy as np
import pytest
from numpy.typing import NDArray

from steps.deploy.batching import Batcher
from steps.model.preprocessing import Pixels


def image(value: int) -> Pixels:
    return np.full((3, 2, 2), value, np.uint8)


class Model:
    """Answers each image with its value; waits before its first answer until it is told to go on."""

    def __init__(self) -> None:
        self.entered = Event()
        self.go_on = Event()
        self.sizes: list[int] = []

    def infer(self, images: Pixels) -> NDArray[np.float32]:
        self.entered.set()
        assert self.go_on.wait(30)
        if images.max() == 255:
            raise ZeroDivisionError
        return images[:, :1, 0, 0].astype(np.float32)


@pytest.fixture
def model() -> Model:
    return Model()


def test_what_waits_goes_together_in_its_order(model: Model) -> None:
    with Batcher(model.infer, 4, model.sizes.append) as batcher:
        first = batcher.submit(image(0))
        assert model.entered.wait(30)
        rest = [batcher.submit(image(value)) for value in range(1, 7)]
        model.go_on.set()
        assert [float(answer.result(30)[0]) for answer in (first, *rest)] == list(range(7))
    assert model.sizes == [1, 4, 2]


def test_an_idle_model_takes_an_image_at_once(model: Model) -> None:
    model.go_on.set()
    with Batcher(model.infer, 4, model.sizes.append) as batcher:
        for value in range(3):
            assert batcher.submit(image(value)).result(30)[0] == value
    assert model.sizes == [1, 1, 1]


def test_a_failure_is_told_to_its_batch_and_to_no_other(model: Model) -> None:
    with Batcher(model.infer, 2, model.sizes.append) as batcher:
        first = batcher.submit(image(1))
        assert model.entered.wait(30)
        failing = [batcher.submit(image(value)) for value in (2, 255)]
        last = batcher.submit(image(3))
        model.go_on.set()
        assert first.result(30)[0] == 1
        for answer in failing:
            with pytest.raises(ZeroDivisionError):
                answer.result(30)
        assert last.result(30)[0] == 3


def test_a_request_that_was_given_up_does_not_disturb(model: Model) -> None:
    with Batcher(model.infer, 4, model.sizes.append) as batcher:
        first = batcher.submit(image(0))
        assert model.entered.wait(30)
        given_up, other = batcher.submit(image(1)), batcher.submit(image(2))
        assert given_up.cancel()
        model.go_on.set()
        assert (first.result(30)[0], other.result(30)[0]) == (0, 2)


def test_leaving_answers_what_was_submitted_and_ends_the_thread(model: Model) -> None:
    before = active_count()
    with Batcher(model.infer, 2, model.sizes.append) as batcher:
        answers = [batcher.submit(image(value)) for value in range(5)]
        model.go_on.set()
    assert [float(answer.result(0)[0]) for answer in answers] == list(range(5))
    assert active_count() == before


def test_many_threads(model: Model) -> None:
    model.go_on.set()
    with Batcher(model.infer, 8, model.sizes.append) as batcher, ThreadPoolExecutor(8) as pool:
        values = [number % 200 for number in range(400)]
        rows = pool.map(lambda value: float(batcher.submit(image(value)).result(30)[0]), values)
        assert list(rows) == values
    assert sum(model.sizes) == 400
    assert max(model.sizes) <= 8
