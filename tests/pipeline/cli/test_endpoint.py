from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError

from pipeline.cli import endpoint
from pipeline.cli.target import Target
from pipeline.errors import RunError, UsageError
from pipeline.session import Session
from tests.pipeline.served import SAGEMAKER
from tests.pipeline.stubs import client_error, stub_session

Use = Callable[..., Session]

PNG = b"\x89PNG\r\n\x1a\n"
NO_CONFIG = client_error("ValidationException", 'Could not find endpoint configuration "pets-1".')


def invoke(Body: bytes, **_: object) -> Any:
    """Refuses images that end in "bad", loses its credentials at "lost"."""
    if Body.endswith(b"bad"):
        return client_error("ModelError", "cannot identify image")
    if Body.endswith(b"lost"):
        return NoCredentialsError()
    return {"Body": io.BytesIO(b"[0.1, 0.7, 0.2]")}


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Use:
    """Lets the commands meet a stubbed session."""

    def install(**sagemaker: Any) -> Session:
        session = stub_session(
            sagemaker={**SAGEMAKER, **sagemaker},
            sagemaker_runtime={"invoke_endpoint": invoke},
            s3={"get_object": lambda **_: {"Body": io.BytesIO(b'["cat", "dog", "polecat"]')}},
        )
        monkeypatch.setattr(Target, "session", lambda _: session)
        return session

    return install


def images(folder: Path, *names: str) -> list[Path]:
    """Files named by what `invoke` makes of them."""
    for name in names:
        (folder / name).write_bytes(PNG + name.encode())
    return [folder / name for name in names]


class TestStatus:
    def test_table(self, use: Use, capsys: pytest.CaptureFixture[str]) -> None:
        use()
        endpoint.status(endpoint="pets")
        assert capsys.readouterr().out == (
            "endpoint  pets\nstatus    InService\nconfig    pets-1\nmodel     model-1\n"
            "changed   2026-01-01 00:00:00 UTC\n"
        )

    def test_deleted_config(self, use: Use, capsys: pytest.CaptureFixture[str]) -> None:
        use(describe_endpoint_config=NO_CONFIG)
        endpoint.status(endpoint="pets")
        assert capsys.readouterr().out == (
            "endpoint  pets\nstatus    InService\nconfig    pets-1 (deleted)\n"
            "changed   2026-01-01 00:00:00 UTC\n"
        )


def test_delete_without_a_config(use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    session = use(describe_endpoint_config=NO_CONFIG, delete_endpoint_config=NO_CONFIG)
    endpoint.delete(endpoint="pets", yes=True)
    assert ("delete_endpoint", {"EndpointName": "pets"}) in session.client("sagemaker").calls
    assert capsys.readouterr().out == "endpoint pets: deleted\n"


class TestPredict:
    def test_table(self, use: Use, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        use()
        [file] = images(tmp_path, "x")
        endpoint.predict([file], endpoint="pets", top=2)
        width = len(str(file))
        assert capsys.readouterr().out == (
            f"{'FILE':<{width}}  LABEL    PROBABILITY\n"
            f"{file}  dog      0.7000\n"
            f"{'':<{width}}  polecat  0.2000\n"
        )

    def test_table_shows_one_label(
        self, use: Use, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        use()
        endpoint.predict(images(tmp_path, "x", "y"), endpoint="pets")
        assert [line.split()[1:] for line in capsys.readouterr().out.splitlines()] == [
            ["LABEL", "PROBABILITY"],
            ["dog", "0.7000"],
            ["dog", "0.7000"],
        ]

    def test_refusals_come_last_and_stop_nothing(
        self, use: Use, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        use()
        files = images(tmp_path, "1-bad", "2-good", "3-bad", "4-good")
        with pytest.raises(RunError) as caught:
            endpoint.predict(files, endpoint="pets")
        assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
            "FILE",
            str(files[1]),
            str(files[3]),
        ]
        assert str(caught.value) == (
            f"error R406 prediction-failed: endpoint 'pets' refused {files[0]}\n"
            "  reason: cannot identify image\n\n"
            f"error R406 prediction-failed: endpoint 'pets' refused {files[2]}\n"
            "  reason: cannot identify image"
        )

    def test_nothing_but_refusals_prints_no_table(
        self, use: Use, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        use()
        with pytest.raises(RunError):
            endpoint.predict(images(tmp_path, "bad"), endpoint="pets")
        assert capsys.readouterr().out == ""

    @pytest.mark.parametrize(
        ("top", "labels"), [(None, ["dog", "polecat", "cat"]), (2, ["dog", "polecat"])], ids=["all", "two"]
    )
    def test_json(
        self,
        use: Use,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        top: int | None,
        labels: list[str],
    ) -> None:
        use()
        bad, good = images(tmp_path, "bad", "good")
        with pytest.raises(RunError, match="R406"):
            endpoint.predict([bad, good], endpoint="pets", top=top, as_json=True)
        refused, said = json.loads(capsys.readouterr().out)
        assert refused["file"] == str(bad)
        assert refused["error"]["code"] == "R406"
        assert [each["label"] for each in said["predictions"]] == labels

    def test_json_keeps_what_came_before_the_end_of_all(
        self, use: Use, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        use()
        files = images(tmp_path, "good", "lost", "never-sent")
        with pytest.raises(NoCredentialsError):
            endpoint.predict(files, endpoint="pets", as_json=True)
        assert [each["file"] for each in json.loads(capsys.readouterr().out)] == [str(files[0])]

    def test_without_labels(self, use: Use, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        use(describe_endpoint_config=NO_CONFIG)
        endpoint.predict(images(tmp_path, "x"), endpoint="pets")
        out, err = capsys.readouterr()
        assert out.splitlines()[1].split()[1:] == ["1", "0.7000"]
        assert err == "the endpoint's model does not name its classes; labels are class indices\n"

    def test_files_are_checked_before_anything_is_asked(self, use: Use, tmp_path: Path) -> None:
        session = use()
        with pytest.raises(UsageError, match="R401"):
            endpoint.predict([*images(tmp_path, "x"), tmp_path / "absent"], endpoint="pets")
        assert session.client("sagemaker").calls == []
