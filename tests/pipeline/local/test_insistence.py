from __future__ import annotations

import logging
import sqlite3

import pytest

from pipeline.local.insistence import insist
from pipeline.local.records import RecordsClosed


def test_a_change_is_made_as_soon_as_it_can_be(caplog: pytest.LogCaptureFixture) -> None:
    errors = [sqlite3.OperationalError("database or disk is full")] * 2

    def change() -> str:
        if errors:
            raise errors.pop()
        return "made"

    with caplog.at_level(logging.ERROR):
        assert insist(change) == "made"
    # Once is enough, and the log may be on the same disk.
    assert len(caplog.records) == 1
    assert "database or disk is full" in caplog.text


@pytest.mark.parametrize("error", [RecordsClosed("closed"), sqlite3.IntegrityError("twice")])
def test_other_errors_are_the_caller_s(error: Exception) -> None:
    def change() -> None:
        raise error

    with pytest.raises(type(error), match=str(error)):
        insist(change)
