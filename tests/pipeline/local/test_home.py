from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from pipeline.errors import RunError
from pipeline.local.home import Home, client_variables, key_pair, write_json


def test_the_folder_is_for_nobody_else(tmp_path: Path) -> None:
    home = Home(tmp_path / "deep" / "home")
    home.make()
    assert stat.S_IMODE(home.local.stat().st_mode) == 0o700
    home.local.chmod(0o755)
    home.make()
    assert stat.S_IMODE(home.local.stat().st_mode) == 0o700


def test_a_folder_that_is_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "local").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RunError) as caught:
        Home(tmp_path).make()
    assert str(caught.value) == (
        f"error L004 unsafe-folder: {tmp_path}/local cannot hold the local SageMaker's state: it is a link\n"
        "  hint: remove it, or choose another folder with IMGPIPE_HOME"
    )


def test_a_file_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "local").touch()
    with pytest.raises(RunError, match=r"state: it is not a folder"):
        Home(tmp_path).make()


def test_a_folder_of_somebody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(RunError, match=r"state: it belongs to another user"):
        Home(tmp_path).make()


def test_keys_are_made_once_and_kept_secret(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make()
    keys = key_pair(home)
    assert key_pair(home) == keys
    assert stat.S_IMODE(home.credentials.stat().st_mode) == 0o600
    assert (keys.access_key[:5], len(keys.access_key), len(keys.secret_key)) == ("LOCAL", 20, 40)
    other = Home(tmp_path / "other")
    other.make()
    assert key_pair(other) != keys


@pytest.mark.parametrize("text", ["", "{", "[]", '{"access_key": "x"}'])
def test_damaged_keys_are_made_anew(tmp_path: Path, text: str) -> None:
    home = Home(tmp_path)
    home.make()
    home.credentials.write_text(text)
    assert key_pair(home) == key_pair(home)


def test_a_program_s_variables_lead_to_the_server(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make()
    keys = key_pair(home)
    assert client_variables("http://127.0.0.1:1234", keys) == {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1234",
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    write_json(path, {"a": 1})
    with pytest.raises(TypeError):
        write_json(path, {"a": object()})
    assert path.read_text() == '{"a": 1}'
    assert [item.name for item in tmp_path.iterdir()] == ["x.json"]
