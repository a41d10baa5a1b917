from __future__ import annotations

from typing import Any

import pytest

from tests.pipeline.local.events.bus import Bus
from tests.pipeline.local.fakes import Running


@pytest.fixture
def bus(server: Running, name: str) -> Any:
    made = Bus(server, name)
    yield made
    made.events.remove_targets(Rule=name, Ids=["q", "p"])
    made.events.delete_rule(Name=name)
