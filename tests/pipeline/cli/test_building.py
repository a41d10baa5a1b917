from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.cli import building
from pipeline.config.loader import Loaded, load_config
from pipeline.definition import Definition
from pipeline.definition.checked import Checked
from pipeline.errors import ConfigError
from pipeline.language.problem import Problem

LEAST = """\
version: 1
name: digits
data: {train: s3://b-1/train, validation: s3://b-1/validation}
train:
  instance_type: [ml.p2.xlarge]
  volume_gb: 60
gate: {accuracy: 0.9}
"""
VOLUME = ("Steps", 1, "Arguments", "ResourceConfig", "VolumeSizeInGB")


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Loaded:
    monkeypatch.setenv("IMGPIPE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    Path("pipeline.yaml").write_text(LEAST)
    return load_config(Path("pipeline.yaml"), facts=None, environ={})


def test_the_definition_of_a_sound_config(loaded: Loaded, capsys: pytest.CaptureFixture[str]) -> None:
    assert '"ValidateImages"' in building.build(loaded).text
    first = capsys.readouterr().err
    assert first.startswith("building the definition with the SageMaker SDK, some seconds; ")
    assert first.count("C251 retired-instance") == 1
    building.build(loaded)
    assert first.endswith(second := capsys.readouterr().err)
    assert second.startswith("pipeline.yaml:5:19: warning C251 retired-instance: ml.p2.xlarge belongs to")


def test_a_home_that_cannot_be_written_stops_nothing(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IMGPIPE_HOME", "/dev/null")
    assert '"ValidateImages"' in building.build(loaded).text
    note = "note: the definition could not be kept, and is built again the next time: "
    assert f"{note}[Errno 20] Not a directory: " in capsys.readouterr().err


def test_the_local_sagemaker_needs_no_warning_about_machines_of_aws(
    loaded: Loaded, capsys: pytest.CaptureFixture[str]
) -> None:
    building.build(loaded, local=True)
    assert "warning" not in capsys.readouterr().err


def test_what_the_checks_find_is_told_at_its_place_in_the_yaml(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = building.build(loaded).text
    problems = (
        Problem("D206", VOLUME, "step 'TrainModel': VolumeSizeInGB is 60", "write 50", "CreateTrainingJob"),
        Problem("D401", ("Version",), "a", severity="warning"),
    )
    monkeypatch.setattr(
        building, "checked_definition", lambda *_: Checked(Definition("digits", text, ()), problems)
    )
    with pytest.raises(ConfigError) as caught:
        building.build(loaded)
    assert str(caught.value).splitlines()[1:] == [
        "    5 |   instance_type: [ml.p2.xlarge]",
        "    6 |   volume_gb: 60",
        "      |              ^^",
        "  why:  CreateTrainingJob",
        "  hint: write 50",
    ]
    assert str(caught.value).startswith("pipeline.yaml:6:14: error D206 ")


def test_a_region_without_the_algorithm_is_told_at_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMGPIPE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    Path("pipeline.yaml").write_text(f"{LEAST}region: eu-west-99\n")
    loaded = load_config(Path("pipeline.yaml"), facts=None, environ={})
    with pytest.raises(ConfigError, match=r"^pipeline\.yaml:8:9: error D101 region-without-image: "):
        building.build(loaded)
