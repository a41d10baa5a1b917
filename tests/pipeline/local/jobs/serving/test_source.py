from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.local.jobs.serving.source import BadSource, Source, find_source


@pytest.mark.parametrize(
    ("variables", "file", "folder", "module"),
    [
        pytest.param({}, "model/code/inference.py", "model/code", "inference", id="of-the-model"),
        pytest.param({}, "model/inference.py", "model/code", None, id="none"),
        pytest.param({"SAGEMAKER_PROGRAM": ""}, "model/code/x.py", "model/code", None, id="named-empty"),
        pytest.param(
            {"SAGEMAKER_PROGRAM": "serve.py"}, "model/code/serve.py", "model/code", "serve", id="named"
        ),
        pytest.param(
            {"SAGEMAKER_PROGRAM": "serve"}, "model/code/serve.py", "model/code", "serve", id="module"
        ),
        pytest.param(
            {"SAGEMAKER_PROGRAM": "src/a.py"}, "model/code/src/a.py", "model/code", "src.a", id="deeper"
        ),
        pytest.param({"SAGEMAKER_PROGRAM": "mine"}, "model/code/setup.py", "model/code", "mine", id="setup"),
        pytest.param(
            {"SAGEMAKER_SUBMIT_DIRECTORY": "s3://b/source.tar.gz"},
            "code/inference.py",
            "code",
            "inference",
            id="s3",
        ),
    ],
)
def test_a_source_is_found(
    tmp_path: Path, variables: dict[str, str], file: str, folder: str, module: str | None
) -> None:
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).touch()
    assert find_source(variables, tmp_path) == Source(tmp_path / folder, module)


def test_a_source_may_be_any_folder(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "inference.py").touch()
    variables = {"SAGEMAKER_SUBMIT_DIRECTORY": str(tmp_path / "mine")}
    assert find_source(variables, tmp_path / "ml") == Source(tmp_path / "mine", "inference")


@pytest.mark.parametrize("program", ["gone.py", "../inference.py", "/etc/hosts"])
def test_a_program_that_is_not_there_is_named(tmp_path: Path, program: str) -> None:
    (tmp_path / "model" / "code").mkdir(parents=True)
    (tmp_path / "model" / "inference.py").touch()
    with pytest.raises(BadSource) as caught:
        find_source({"SAGEMAKER_PROGRAM": program}, tmp_path)
    assert str(caught.value) == f"SAGEMAKER_PROGRAM {program!r} is not a file of {tmp_path}/model/code"
