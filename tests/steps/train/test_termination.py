import signal

import pytest

from steps.train.termination import EXIT_CODE, Termination


def test_sigterm_ends_the_program_before_training() -> None:
    termination = Termination()

    with pytest.raises(SystemExit) as caught, termination.handled():
        signal.raise_signal(signal.SIGTERM)

    assert caught.value.code == EXIT_CODE == 143


def test_sigterm_is_only_noted_while_training() -> None:
    termination = Termination()

    with termination.handled():
        termination.gentle = True
        signal.raise_signal(signal.SIGTERM)

    assert termination.requested


def test_the_handler_of_before_comes_back() -> None:
    before = signal.getsignal(signal.SIGTERM)

    with Termination().handled():
        assert signal.getsignal(signal.SIGTERM) is not before

    assert signal.getsignal(signal.SIGTERM) is before
