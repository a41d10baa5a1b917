from __future__ import annotations

import time
from pathlib import Path

from tests.soak.soak import Soak


def test_nothing_that_was_acknowledged_is_lost(tmp_path: Path) -> None:
    """The short form of `make soak`; what fails says its seed."""
    lines: list[str] = []
    soak = Soak(tmp_path, int(time.time()), lines.append)
    soak.run(5)
    assert soak.counts["kills"] == 5
    assert soak.counts["checks"] >= soak.counts["writes"] > 0
