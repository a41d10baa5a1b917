"""What training scripts and entrypoints install."""

from __future__ import annotations

import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.local.jobs.requirements import Installer, pip_variables
from pipeline.local.locks import Locked, hold

from .place import MOUNTS, Place
from .sources import IMAGE, channel


def wheel(folder: Path, name: str) -> None:
    """A wheel with one module, made of nothing but a zip."""

    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{name}.py", "WORD = 'installed'\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(
            f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n"
        )


def test_requirements_are_installed_once_and_not_into_our_python(
    place: Place, script: Callable[..., str], tmp_path: Path
) -> None:
    wheel(tmp_path, "imgpipe_test_wheel")
    text = "import imgpipe_test_wheel, sys; print(imgpipe_test_wheel.WORD, imgpipe_test_wheel.__file__)"
    files = {"requirements__txt": f"--no-index\n--find-links {tmp_path}\nimgpipe_test_wheel\n"}
    runner = place.runner(mounts=MOUNTS)
    logs = []
    for _ in range(2):
        name = script(text, files)
        runner.start("TrainingJob", name)
        record = place.finish("TrainingJob", name)
        assert record["TrainingJobStatus"] == "Completed", (record, place.log("TrainingJob", name))
        logs.append(place.log("TrainingJob", name))
    word, path = logs[0][-1].split()
    assert word == "installed"
    layers = place.home / "local" / "python"
    assert Path(path).is_relative_to(layers)
    assert logs[0][0] == "Installing dependencies with the following command:"
    assert logs[1][0] == "The requirements are installed already."
    assert len([layer for layer in layers.iterdir() if layer.is_dir()]) == 1
    assert not list(Path(sys.prefix).glob("lib/python3*/site-packages/imgpipe_test_wheel*"))


def test_a_layer_that_is_used_is_not_swept(tmp_path: Path) -> None:
    wheel(tmp_path, "imgpipe_test_wheel")
    source = tmp_path / "source"
    source.mkdir()
    (source / "requirements.txt").write_text(f"--no-index\n--find-links {tmp_path}\nimgpipe_test_wheel\n")
    installer = Installer(str(tmp_path / "layers"), {})
    with installer.layer(source) as layer, installer.layer(source) as same:
        assert layer is not None
        assert same == layer
        # As the sweep does.
        with pytest.raises(Locked):
            hold(layer.with_suffix(".lock"))
    os.close(hold(layer.with_suffix(".lock")))


def test_only_pip_gets_the_settings_of_pip() -> None:
    host = {"PIP_INDEX_URL": "x", "HOME": "/h", "https_proxy": "p", "SECRET": "s", "PATH": "/bin"}
    assert pip_variables(host) == {"PIP_INDEX_URL": "x", "HOME": "/h", "https_proxy": "p"}


def test_requirements_that_cannot_be_had_are_named(place: Place, script: Callable[..., str]) -> None:
    name = script("print('never')", {"requirements__txt": "--no-index\nno-such-package-anywhere\n"})
    place.runner().start("TrainingJob", name)
    record = place.finish("TrainingJob", name)
    assert record["FailureReason"].startswith(
        "AlgorithmError: InstallRequirementsError:\nExitCode 1\nErrorMessage "
    )
    assert "No matching distribution found for no-such-package-anywhere" in record["FailureReason"]
    assert "never" not in place.log("TrainingJob", name)


def test_what_an_entrypoint_installs_goes_into_the_job_s_own_python(
    place: Place, training: Callable[..., str], tmp_path: Path
) -> None:
    """As the SDK's own driver scripts do: bash, python3 and pip3 as they are found."""
    wheel(tmp_path, "imgpipe_test_wheel")
    place.write(
        "code/train.sh",
        b"""
        set -e
        pip3 install --no-index --find-links "$1" imgpipe_test_wheel
        python3 -c 'import imgpipe_test_wheel, yaml; print(imgpipe_test_wheel.__file__)'
    """,
    )
    arguments = ["-c", "cd $0 && bash train.sh $1", "/opt/ml/input/data/code", str(tmp_path)]
    name = training(
        AlgorithmSpecification={
            **IMAGE,
            "ContainerEntrypoint": ["/bin/bash"],
            "ContainerArguments": arguments,
        },
        InputDataConfig=[channel("code", place.uri("code/"))],
    )
    place.runner(mounts=MOUNTS).start("TrainingJob", name)
    record = place.finish("TrainingJob", name)
    assert record["TrainingJobStatus"] == "Completed", place.log("TrainingJob", name)
    job = place.home / "local" / "jobs" / "TrainingJob" / name
    assert Path(place.log("TrainingJob", name)[-1]).is_relative_to(job / "python")
