from __future__ import annotations

import pytest

from pipeline.local.endpoints.clockwork import Wall, wait_scale


def test_a_wait_ends_in_time_or_with_the_server() -> None:
    wall = Wall()
    before = wall.now()
    assert not wall.wait(0.01)
    assert wall.now() >= before + 0.009
    wall.end()
    assert wall.wait(60)


@pytest.mark.parametrize(
    ("given", "scale"),
    [({}, 1), ({"IMGPIPE_LOCAL_WAIT_SCALE": "0.01"}, 0.01), ({"IMGPIPE_LOCAL_WAIT_SCALE": "0"}, 0)],
)
def test_the_scale_of_waits(given: dict[str, str], scale: float) -> None:
    assert wait_scale(given) == scale


@pytest.mark.parametrize("given", ["2", "-1", "fast", "nan", ""])
def test_a_scale_that_is_none_is_told(given: str, caplog: pytest.LogCaptureFixture) -> None:
    assert wait_scale({"IMGPIPE_LOCAL_WAIT_SCALE": given}) == 1
    assert caplog.messages == [
        f"IMGPIPE_LOCAL_WAIT_SCALE is {given!r}, which is no number from 0 to 1: deployments wait as asked"
    ]
