import re
from collections.abc import Iterator

import pytest

from pipeline.cli import console
from pipeline.cli.meter import metered


def test_tasks_are_shown_one_after_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    with metered() as meter:
        meter.begin("train images", 3)
        meter.advance(2)
        meter.advance(1)
        meter.end()
        meter.begin("validation images", 0)
        meter.end()
        meter.begin("more", 9)
        meter.advance(6)
    (line,) = capsys.readouterr().err.splitlines()
    # What is not done is not told so soon.
    assert re.fullmatch("train images 3/3, [0-9,]+/s", line)


def test_a_bar_on_a_terminal_is_put_away_however_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = []

    def bar(*_: object) -> Iterator[None]:
        try:
            while True:
                yield
        finally:
            ended.append(True)

    monkeypatch.setattr(console, "is_terminal", lambda: True)
    monkeypatch.setattr(console, "_bar", bar)

    def interrupted() -> None:
        with metered() as meter:
            meter.begin("images", 3)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert ended == [True]
