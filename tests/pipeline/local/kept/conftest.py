from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline.local.fakes import own_moto


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home; moto is empty, as in a new process."""
    with own_moto():
        yield tmp_path
