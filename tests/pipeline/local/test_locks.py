from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from pipeline.local.locks import Locked, hold, holding, is_held, wait_until_free


def test_one_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    handle = hold(path)
    assert is_held(path)
    with pytest.raises(Locked):
        hold(path)
    os.close(handle)
    assert not is_held(path)


def test_asking_takes_nothing(tmp_path: Path) -> None:
    assert not is_held(tmp_path / "lock")
    assert not is_held(tmp_path / "no folder" / "lock")
    os.close(hold(tmp_path / "lock"))


def test_patience(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    handle = hold(path)
    threading.Timer(0.03, os.close, [handle]).start()
    os.close(hold(path, tries=500))


def test_holding_waits(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    order: list[str] = []
    handle = hold(path)

    def other() -> None:
        with holding(path):
            order.append("other")

    thread = threading.Thread(target=other)
    thread.start()
    order.append("first")
    os.close(handle)
    thread.join()
    assert order == ["first", "other"]


def test_waiting_until_it_is_free(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    handle = hold(path)
    assert not wait_until_free(path, 0.01)
    threading.Timer(0.01, os.close, [handle]).start()
    assert wait_until_free(path, 20)
    assert wait_until_free(tmp_path / "no folder" / "lock", 20)
