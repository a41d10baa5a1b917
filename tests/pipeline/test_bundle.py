from __future__ import annotations

import ast
import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from pipeline.bundle import Bundle, bundle

FILES = {
    "__init__.py": "",
    "container.py": "import os\n\nrun = os.getcwd\n",
    "config.py": "import pydantic\n",
    "unused.py": "",
    "model/__init__.py": "",
    "model/preprocessing.py": "from steps.model import shapes\n",
    "model/shapes.py": "",
    "model/network.py": "import torch\n",
    "room/__init__.py": "",
    "room/config.py": "import steps.config\n",
    "room/step.py": "import sagemaker\n",
    "room/program.py": """\
import steps.room.first
from steps.container import run
from importlib.resources import files


def main() -> int:
    from steps.room.inner.late import word

    print(word, files("steps.room").joinpath("page.html").read_text(encoding="utf-8"))
    return 7
""",
    "room/first.py": "from steps.model.preprocessing import x\n".replace("x", "shapes"),
    "room/page.html": "<p>ü</p>",
    "room/inner/__init__.py": "",
    "room/inner/late.py": "word = 'late'\n",
    "room/alone.py": "",
}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "steps" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "steps"


def names(packed: Bundle) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(packed.content)).namelist()


def run(packed: Bundle, folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Runs it far from this repository, with nothing in the environment but what is given."""
    file = folder / f"{packed.room}.pyz"
    file.write_bytes(packed.content)
    command = [sys.executable, "-I", str(file), *arguments]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True)


def test_it_holds_what_the_program_leads_to_and_nothing_else(package: Path) -> None:
    assert names(bundle("room", package)) == [
        "__main__.py",
        "steps/__init__.py",
        "steps/container.py",
        "steps/model/__init__.py",
        "steps/model/preprocessing.py",
        "steps/model/shapes.py",
        "steps/room/__init__.py",
        "steps/room/first.py",
        "steps/room/inner/__init__.py",
        "steps/room/inner/late.py",
        "steps/room/page.html",
        "steps/room/program.py",
    ]


def test_it_runs_by_itself_and_ends_with_the_programs_status(package: Path, tmp_path: Path) -> None:
    done = run(bundle("room", package), tmp_path, PYTHONUTF8="1")
    assert (done.returncode, done.stdout, done.stderr) == (7, "late <p>ü</p>\n", "")


def test_its_hash_is_that_of_its_content(package: Path) -> None:
    packed = bundle("room", package)
    assert packed.sha256 == hashlib.sha256(packed.content).hexdigest()
    assert packed.key("digits") == f"digits/code/{packed.sha256}/room.pyz"
    assert packed.uri("my-bucket", "digits") == f"s3://my-bucket/digits/code/{packed.sha256}/room.pyz"


def test_the_same_files_are_the_same_bytes_whatever_their_age_and_order(
    package: Path, tmp_path: Path
) -> None:
    first = bundle("room", package)
    copy = tmp_path / "copy" / "steps"
    for name in reversed(FILES):
        path = copy / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(FILES[name], encoding="utf-8")
        os.utime(path, (1, 1))
        path.chmod(0o600)
    assert bundle("room", copy) == first


@pytest.mark.parametrize(
    ("file", "changes"),
    [("room/first.py", True), ("room/page.html", True), ("model/shapes.py", True), ("room/step.py", False)],
)
def test_its_hash_changes_only_with_what_it_holds(package: Path, file: str, changes: bool) -> None:
    before = bundle("room", package)
    (package / file).write_text("# changed\n", encoding="utf-8")
    assert (bundle("room", package).sha256 != before.sha256) == changes


def test_compiled_files_beside_the_sources_are_left_out(package: Path) -> None:
    before = bundle("room", package)
    (package / "room" / "__pycache__").mkdir()
    (package / "room" / "__pycache__" / "first.cpython-311.pyc").write_bytes(b"x")
    assert bundle("room", package) == before


@pytest.mark.parametrize("room", ["validate", "evaluate"])
def test_the_projects_programs_hold_nothing_that_their_image_lacks(room: str) -> None:
    archive = zipfile.ZipFile(io.BytesIO(bundle(room).content))
    assert f"steps/{room}/program.py" in archive.namelist()
    imported = set()
    for name in archive.namelist():
        nodes = list(ast.walk(ast.parse(archive.read(name)))) if name.endswith(".py") else []
        imported |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        imported |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    foreign = {name.partition(".")[0] for name in imported} - sys.stdlib_module_names
    assert foreign <= {"steps", "numpy", "PIL"}


@pytest.mark.parametrize("room", ["validate", "evaluate"])
def test_the_projects_programs_start_in_an_empty_environment(room: str, tmp_path: Path) -> None:
    done = run(bundle(room), tmp_path, SAGEMAKER_BASE_DIR=str(tmp_path))
    assert done.returncode == 1
    assert (tmp_path / "output" / "message").read_text(encoding="utf-8") != ""
    assert "a bug in imgpipe" not in done.stdout


def test_the_packed_validation_checks_images_in_processes_of_its_own(tmp_path: Path) -> None:
    inputs = tmp_path / "processing" / "input"
    for split, count in (("train", 520), ("validation", 20)):  # from 1,024 images on it starts processes
        for blue, name in enumerate(("cat", "dog")):
            (inputs / split / name).mkdir(parents=True)
            for index in range(count):
                shade = (index % 256, index // 256 + len(split), blue)
                Image.new("RGB", (12, 12), shade).save(inputs / split / name / f"{index}.png")
    config = {"ProcessingInputs": [_input(split) for split in ("train", "validation")]}
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "processingjobconfig.json").write_text(json.dumps(config), encoding="utf-8")
    arguments = (
        "--image-shape 3,12,12 --resize 12 --mini-batch-size 4 --min-images-per-class 5 --on-corrupt fail"
    )
    done = run(bundle("validate"), tmp_path, *arguments.split(), SAGEMAKER_BASE_DIR=str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "processing/output/report/report.json").read_text(encoding="utf-8"))
    assert (report["num_classes"], report["num_training_samples"]) == (2, 1040)


def _input(split: str) -> dict[str, object]:
    local = f"/opt/ml/processing/input/{split}"
    return {"InputName": split, "S3Input": {"S3Uri": f"s3://my-bucket/{split}/", "LocalPath": local}}
