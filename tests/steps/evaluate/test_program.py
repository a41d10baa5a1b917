import io
import json
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest
from PIL import Image

from steps.container import ProgramError
from steps.evaluate.program import evaluate, main

ANSWERS = {"cat/1.png": [0.9, 0.1], "cat/2.png": [0.2, 0.8], "dog/1.png": [0.3, 0.7], "dog/2.png": [0.4, 0.6]}


def lay(base: Path, answers: Mapping[str, list[float]]) -> Path:
    inputs = base / "processing" / "input"
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16), "teal").save(buffer, "PNG")
    files: dict[str, bytes] = {
        "validation_lst/validation.lst": b"".join(
            f"{row}\t{int(path.startswith('dog'))}\t{path}\n".encode() for row, path in enumerate(ANSWERS)
        ),
        "report/classes.json": b'["cat", "dog"]',
        **{f"scores/validation/{path}.out": json.dumps(answer).encode() for path, answer in answers.items()},
        **{f"validation/{path}": buffer.getvalue() for path in ANSWERS},
    }
    for name, data in files.items():
        file = inputs / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return base


def test_outputs(tmp_path: Path) -> None:
    evaluate(lay(tmp_path, ANSWERS))
    output = tmp_path / "processing" / "output" / "evaluation"
    assert sorted(file.name for file in output.iterdir()) == ["evaluation.json", "report.html"]
    document = json.loads((output / "evaluation.json").read_bytes())
    assert document["metrics"]["accuracy"] == 0.75
    assert document["confusion_matrix"]["rows"] == [[1, 1], [0, 2]]
    assert document["multiclass_classification_metrics"]["accuracy"]["value"] == 0.75
    page = (output / "report.html").read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert "cat/2.png" in page
    assert page.count("data:image/jpeg;base64,") == 1


def test_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    evaluate(lay(tmp_path, ANSWERS))
    assert caplog.messages == [
        "evaluated 4 images of 2 classes",
        "accuracy=0.750000",
        "macro_f1=0.733333",
        "worst_class_recall=0.500000",
        "expected_calibration_error=0.400000",
    ]


def test_same_every_time(tmp_path: Path) -> None:
    first, second = (lay(tmp_path / name, ANSWERS) for name in ("a", "b"))
    evaluate(first)
    evaluate(second)
    for name in ("evaluation.json", "report.html"):
        path = Path("processing", "output", "evaluation", name)
        assert (first / path).read_bytes() == (second / path).read_bytes()


def test_nothing_is_written_without_scores(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match=r"^error V002 scores-invalid: 1 of the scores of 4 images"):
        evaluate(lay(tmp_path, {path: answer for path, answer in ANSWERS.items() if path != "cat/1.png"}))
    assert not (tmp_path / "processing" / "output").exists()


def test_main_leaves_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(lay(tmp_path, ANSWERS | {"cat/1.png": [float("nan"), 0.5]})))
    assert main() == 1
    reason = (tmp_path / "output" / "message").read_text()
    assert reason.splitlines()[1] == "  bad-score  1 (cat/1.png: a probability is not finite)"


def test_needs_only_numpy_and_pillow() -> None:
    """AWS's scikit-learn image holds no more that this project uses."""
    code = """
        import sys
        import steps.evaluate.program, steps.validate.program
        heavy = {"torch", "onnxruntime", "sagemaker", "boto3", "pydantic", "pipeline", "sklearn", "yaml"}
        sys.exit(", ".join(sorted(heavy & set(sys.modules))) or 0)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
