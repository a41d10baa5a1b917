from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.cli.data_place import Asked, find
from pipeline.cli.target import Target
from pipeline.errors import ConfigError, UsageError
from pipeline.session import Session
from tests.pipeline.data.pictures import CONFIG, upload

NONE_OF_ITS_OWN = "s3://placed/set has no validation images of its own: 20% of each class is kept for that"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without a config/pipeline.yaml."""
    monkeypatch.chdir(tmp_path)


def test_a_prefix_needs_no_config(
    session: Session, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[str | None, str | None]] = []

    def connect(profile: str | None, region: str | None, _: object) -> Session:
        asked.append((profile, region))
        return session

    monkeypatch.setattr("pipeline.session.connect_aws", connect)
    upload(session, "placed", {"set/cat/1.jpg": b"1"})
    data, settings = find(Asked("s3://placed/set", profile="me", region="eu-west-1"))
    assert asked == [("me", "eu-west-1")]
    assert (data.name, settings.validation_share) == ("s3://placed/set", 0.2)
    assert capsys.readouterr().err.splitlines()[1] == NONE_OF_ITS_OWN


def test_the_local_sagemaker_needs_no_config(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Target, "session", lambda target: session if target.local else None)
    assert Asked("s3://any", local=True).session() is session


def test_the_usual_config_gives_the_rules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "pipeline.yaml").write_text(
        CONFIG.replace(', validation: "s3://my-pets/validation"', ", validation_share: 0.3")
    )
    (tmp_path / "set" / "cat").mkdir(parents=True)
    _, settings = find(Asked("set"))
    assert (settings.image_shape, settings.validation_share) == ((3, 32, 32), 0.3)
    assert (
        capsys.readouterr().err
        == "set has no validation images of its own: 30% of each class is kept for that\n"
    )


def test_a_config_that_is_named_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    with pytest.raises((ConfigError, UsageError), match=r"no\.yaml"):
        find(Asked("set", config=Path("no.yaml")))
