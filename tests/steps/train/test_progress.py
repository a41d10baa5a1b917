import logging
from itertools import count

import pytest

from steps.train import progress
from steps.train.history import Epoch, Score


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def test_the_lines_of_an_epoch_are_those_of_the_algorithm(caplog: pytest.LogCaptureFixture) -> None:
    progress.epoch_lines(Epoch(0, 0.1, Score(0.150391, 2.0), Score(0.253906, 1.9), 8.095), top_k=None)

    assert caplog.messages == [
        "Epoch[0] Train-accuracy=0.150391",
        "Epoch[0] Time cost=8.095",
        "Epoch[0] Validation-accuracy=0.253906",
    ]


def test_top_k_has_lines_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    progress.epoch_lines(Epoch(7, 0.1, Score(0.5, 2.0, 0.75), Score(0.25, 1.9, 1.0), 8.0), top_k=3)

    assert caplog.messages == [
        "Epoch[7] Train-accuracy=0.500000",
        "Epoch[7] Train-top_k_accuracy_3=0.750000",
        "Epoch[7] Time cost=8.000",
        "Epoch[7] Validation-accuracy=0.250000",
        "Epoch[7] Validation-top_k_accuracy_3=1.000000",
    ]


def test_speed_is_told_every_twenty_batches(caplog: pytest.LogCaptureFixture) -> None:
    clock = count(0.0, 0.1)
    speed = progress.Speedometer(29, lambda: next(clock))

    for batch in range(1, 41):
        speed.after(batch, 32, 0.97619)

    assert len(caplog.messages) == 2
    assert caplog.messages[0] == "Epoch[29] Batch [20]#011Speed: 320.000 samples/sec#011accuracy=0.976190"
    assert caplog.messages[1].startswith("Epoch[29] Batch [40]#011")


def test_speed_of_slow_batches_is_told_sooner(caplog: pytest.LogCaptureFixture) -> None:
    clock = count(0.0, 4.0)
    speed = progress.Speedometer(0, lambda: next(clock))

    for batch in range(1, 5):
        speed.after(batch, 6, 0.5)

    assert caplog.messages == ["Epoch[0] Batch [3]#011Speed: 1.500 samples/sec#011accuracy=0.500000"]


def test_the_clock_may_stand_still(caplog: pytest.LogCaptureFixture) -> None:
    progress.Speedometer(0, lambda: 5.0).after(20, 32, 0.5)

    assert caplog.messages[0].startswith("Epoch[0] Batch [20]#011Speed: ")
