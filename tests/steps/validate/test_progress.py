import itertools

import pytest

from steps.validate.progress import PROGRESS_SECONDS, LogProgress, duration


def test_a_line_every_few_seconds_and_one_at_the_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    # A call takes 2 s, so that the third one is past PROGRESS_SECONDS.
    ticks = itertools.count(start=100.0, step=2.0)
    assert 2 * 2.0 < PROGRESS_SECONDS <= 3 * 2.0
    progress = LogProgress(lambda: next(ticks))
    progress.begin("train: images", 1200)
    for _ in range(4):
        progress.advance(300)
    progress.end()
    assert caplog.messages == [
        "train: images: 900 of 1 200 (150/s, 2 s left)",
        "train: images: 1 200 in 10.0 s (120/s)",
    ]


def test_nothing_done_yet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    ticks = itertools.count(start=0.0, step=6.0)
    progress = LogProgress(lambda: next(ticks))
    progress.begin("images", 7)
    progress.advance(0)
    assert caplog.messages == ["images: 0 of 7 (0/s, unknown left)"]


def test_no_time_passed(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    progress = LogProgress(lambda: 0.0)
    progress.begin("images", 0)
    progress.end()
    assert caplog.messages == ["images: 0 in 0.0 s"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0 s"),
        (59.4, "59 s"),
        (60, "1 min 0 s"),
        (200, "3 min 20 s"),
        (3900, "1 h 5 min"),
        (90000, "25 h 0 min"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text
