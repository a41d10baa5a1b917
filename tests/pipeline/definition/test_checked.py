from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.account import PLACEHOLDERS
from pipeline.checks import engine
from pipeline.definition.build import build_definition
from pipeline.definition.cache import Cache
from pipeline.definition.checked import checked_definition
from pipeline.language.problem import Problem
from tests.definitions import config

_AGAIN = """
import sys
from pathlib import Path
from pipeline.account import PLACEHOLDERS
from pipeline.definition.cache import Cache
from pipeline.definition.checked import checked_definition
from tests.definitions import config

def built(_: object = None) -> None:
    raise SystemExit("it was built again")

checked_definition(config(name="kept"), PLACEHOLDERS, Cache(Path(sys.argv[1])), built, built)
print(sorted({"sagemaker", "boto3", "botocore"} & set(sys.modules)))
"""


def unkept(error: OSError) -> None:
    raise error


def test_the_second_time_nothing_is_built_and_no_sdk_imported(tmp_path: Path) -> None:
    builds: list[str] = []
    cache = Cache(tmp_path)
    first = checked_definition(
        config(name="kept"), PLACEHOLDERS, cache, lambda: builds.append("built"), unkept
    )
    assert first.definition == build_definition(config(name="kept"), PLACEHOLDERS)
    assert checked_definition(config(name="kept"), PLACEHOLDERS, cache, pytest.fail, unkept) == first
    assert builds == ["built"]
    # In a process that has not imported the SDK already; `tests.definitions` itself stays clear of it too.
    again = subprocess.run(
        [sys.executable, "-c", _AGAIN, tmp_path],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert (again.stdout, again.stderr) == ("[]\n", "")


def test_another_config_is_built(tmp_path: Path) -> None:
    builds: list[str] = []
    for accuracy in (0.8, 0.9):
        checked_definition(
            config(gate={"accuracy": accuracy}),
            PLACEHOLDERS,
            Cache(tmp_path),
            lambda: builds.append("built"),
            unkept,
        )
    assert builds == ["built", "built"]


def test_what_is_wrong_is_kept_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = Problem("D401", ("Version",), "too old", "write another", severity="warning")
    monkeypatch.setattr(engine, "problems", lambda _: (wrong,))
    for on_build in (lambda: None, pytest.fail):
        checked = checked_definition(config(), PLACEHOLDERS, Cache(tmp_path), on_build, unkept)
        assert checked.problems == (wrong,)


def test_a_definition_that_cannot_be_kept_is_as_good(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_text("a file, where a folder should be")
    told: list[OSError] = []
    checked = checked_definition(config(), PLACEHOLDERS, Cache(home), lambda: None, told.append)
    assert checked.definition == build_definition(config(), PLACEHOLDERS)
    assert [type(error) for error in told] == [FileExistsError]
