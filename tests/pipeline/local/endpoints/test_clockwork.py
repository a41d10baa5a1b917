from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from pipeline.local.endpoints.clockwork import Wall, wait_scale
from pipeline.local.records import Records
from pipeline.local.server import Ground, make_runners


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


def test_the_server_s_environment_says_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[object] = []
    monkeypatch.setattr(
        "pipeline.local.endpoints.runner.EndpointRunner",
        lambda *_, wait_scale, **__: given.append(wait_scale),
    )
    monkeypatch.setenv("IMGPIPE_LOCAL_WAIT_SCALE", "0.25")
    records = Records(tmp_path / "records.sqlite")
    runners = make_runners(Ground(tmp_path, records, nullcontext))
    runners.jobs.close()
    records.close()
    assert given == [0.25]


@pytest.mark.parametrize("given", ["2", "-1", "fast", "nan", ""])
def test_a_scale_that_is_none_is_told(given: str, caplog: pytest.LogCaptureFixture) -> None:
    assert wait_scale({"IMGPIPE_LOCAL_WAIT_SCALE": given}) == 1
    assert caplog.messages == [
        f"IMGPIPE_LOCAL_WAIT_SCALE is {given!r}, which is no number from 0 to 1: deployments wait as asked"
    ]
