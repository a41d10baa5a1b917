from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.local.jobs.layer import make_layer, python_of, search_path


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("layers") / "a layer"
    make_layer(folder)
    return folder


def said(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_a_layer_sees_our_packages_after_its_own(layer: Path) -> None:
    program = "import json, sys, yaml, pipeline; print(json.dumps([sys.prefix, sys.path, yaml.__file__]))"

    prefix, path, found = json.loads(said(python_of(layer), "-c", program))
    assert prefix == str(layer)
    own = [Path(each).is_relative_to(layer) for each in path]
    ours = [Path(each).is_relative_to(sys.prefix) for each in path]
    assert own.index(True) < ours.index(True)
    assert Path(found).is_relative_to(sys.prefix)


def test_its_pip_installs_into_it(layer: Path) -> None:
    program = "import sysconfig; print(sysconfig.get_path('purelib'))"
    assert Path(said(python_of(layer), "-I", "-c", program)).is_relative_to(layer)
    assert said(layer / "bin" / "pip3", "--version").startswith("pip ")


@pytest.mark.parametrize(("path", "expected"), [("/bin", "/l/bin:/bin"), (None, "/l/bin")])
def test_its_programs_come_first(path: str | None, expected: str) -> None:
    assert search_path(Path("/l"), path) == expected
