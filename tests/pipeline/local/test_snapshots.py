from __future__ import annotations

import logging
import pickle
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from pipeline.local import snapshots
from pipeline.local.aws import BUCKET, ROLE, furnish
from pipeline.local.snapshots import SERVICES, Keeper, restore, save
from tests.pipeline.local.fakes import Running, forget_moto

Save = Callable[[Path, Iterable[str]], None]


def test_everything_is_there_again(server: Running, tmp_path: Path, name: str) -> None:
    s3, logs = server.client("s3"), server.client("logs")
    large = b"text" * 2_000_000
    s3.put_object(Bucket=BUCKET, Key=f"{name}/ü", Body=large, Metadata={"a": "b"})
    s3.create_bucket(Bucket=f"other-{name}")
    logs.create_log_group(logGroupName=name)
    save(tmp_path / "aws")
    forget_moto()
    assert restore(tmp_path / "aws") == []
    furnish()
    found = s3.get_object(Bucket=BUCKET, Key=f"{name}/ü")
    assert (found["Body"].read() == large, found["Metadata"]) == (True, {"a": "b"})
    assert s3.list_objects_v2(Bucket=f"other-{name}")["KeyCount"] == 0
    groups = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert [group["logGroupName"] for group in groups] == [name]
    assert server.client("iam").get_role(RoleName=ROLE)["Role"]["RoleName"] == ROLE
    s3.delete_object(Bucket=BUCKET, Key=f"{name}/ü")


def test_nothing_to_restore(tmp_path: Path) -> None:
    assert restore(tmp_path) == []


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\x80\x05garbage", id="garbage"),
        pytest.param(pickle.dumps({"not": "backends"}), id="another value"),
        pytest.param(b"cno_such_module\nThing\n.", id="another moto"),
    ],
)
def test_a_damaged_file_is_moved_aside_and_said(
    server: Running, tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "servicequotas.pickle").write_bytes(content)
    (note,) = restore(tmp_path)
    (aside,) = tmp_path.iterdir()
    assert aside.name.startswith("servicequotas.pickle.damaged-")
    assert aside.read_bytes() == content
    assert note == (
        f"what was kept of servicequotas is damaged and starts empty; the damaged file is {aside}"
    )
    assert "cannot read the state of servicequotas" in caplog.text


def test_a_file_is_replaced_at_once(server: Running, tmp_path: Path) -> None:
    save(tmp_path, ["sts"])
    save(tmp_path, ["sts"])
    assert [path.name for path in tmp_path.iterdir()] == ["sts.pickle"]


class Saves:
    """Stands for `save`: remembers what was asked for."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, ...]] = []
        self.saved = threading.Event()
        self.error: Exception | None = None

    def __call__(self, folder: Path, services: Iterable[str] = SERVICES) -> None:
        self.calls.append(tuple(services))
        self.saved.set()
        if self.error:
            raise self.error


@pytest.fixture
def saves(monkeypatch: pytest.MonkeyPatch) -> Saves:
    stand_in = Saves()
    monkeypatch.setattr(snapshots, "save", stand_in)
    monkeypatch.setattr(snapshots, "_QUIET_S", 0.02)
    return stand_in


class TestKeeper:
    def test_it_saves_what_was_written_after_a_quiet_moment(self, saves: Saves, tmp_path: Path) -> None:
        keeper = Keeper(tmp_path)
        for service in ("s3", "logs", "s3"):
            keeper.wrote(service)
        assert saves.saved.wait(20)
        assert saves.calls == [("logs", "s3")]
        keeper.close()
        assert saves.calls == [("logs", "s3"), SERVICES]

    def test_it_does_not_wait_for_ever(
        self, saves: Saves, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(snapshots, "_QUIET_S", 1000.0)
        monkeypatch.setattr(snapshots, "_LONGEST_S", 0.02)
        keeper = Keeper(tmp_path)
        keeper.wrote("s3")
        assert saves.saved.wait(20)
        keeper.close()

    def test_an_execution_that_ends_hurries_it(
        self, saves: Saves, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(snapshots, "_QUIET_S", 1000.0)
        keeper = Keeper(tmp_path)
        keeper.save_soon()
        assert saves.saved.wait(20)
        assert saves.calls == [tuple(sorted(SERVICES))]
        keeper.close()

    def test_it_goes_on_after_an_error(
        self, saves: Saves, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        saves.error = OSError("No space left on device")
        keeper = Keeper(tmp_path)
        keeper.save_soon()
        assert saves.saved.wait(20)
        saves.saved.clear()
        saves.error = None
        keeper.save_soon()
        assert saves.saved.wait(20)
        keeper.close()
        assert "No space left on device" in caplog.text
        assert [record.levelno for record in caplog.records] == [logging.ERROR]
