"""What a user sees when things go wrong, on a local SageMaker that really runs the steps."""

from __future__ import annotations

import random
import signal
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from PIL import Image

from tests.end_to_end.conftest import Shell

pytestmark = [pytest.mark.end_to_end, pytest.mark.xdist_group("failures")]

CONFIG = """
version: 1
name: {name}
data: {{train: "s3://${{bucket}}/{name}/train", validation: "s3://${{bucket}}/{name}/validation"}}
validate: {{min_images_per_class: 2}}
train:
  instance_type: ml.g5.xlarge
  pretrained: {{when_missing: scratch}}
  hyperparameters:
    num_layers: 18
    image_shape: "3,32,32"
    resize: 32
    mini_batch_size: 4
    epochs: {epochs}
gate: {{accuracy: {accuracy}}}
register: {{group: {name}}}
deploy: {{when: gate, endpoint: {name}, instance_type: ml.m5.large}}
"""


def write_config(shell: Shell, name: str, *, accuracy: float = 0.5, epochs: int = 1) -> Path:
    file = shell.folder / f"{name}.yaml"
    file.write_text(CONFIG.format(name=name, accuracy=accuracy, epochs=epochs))
    return file


def draw(file: Path, colour: tuple[int, int, int]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (40, 40), colour).save(file, quality=90)


def lay_out(folder: Path) -> Path:
    """Images of random colours in two classes: there is nothing to learn in them."""
    dice = random.Random(7)
    for split, count in (("train", 8), ("validation", 4)):
        for name in ("cat", "dog"):
            for number in range(count):
                draw(folder / split / name / f"{number}.jpg", tuple(dice.randrange(256) for _ in "rgb"))  # type: ignore[arg-type]
    return folder


def push(shell: Shell, config: Path, folder: Path) -> None:
    pushed = shell.imgpipe("data", "push", folder, "--local", "-c", config)
    assert pushed.returncode == 0, pushed.stderr


def run(shell: Shell, config: Path) -> CompletedProcess[str]:
    return shell.imgpipe("run", "--local", "-c", config)


def test_a_closed_gate_fails_the_execution_with_its_figures(shell: Shell, tmp_path: Path) -> None:
    config = write_config(shell, "closed", accuracy=1.0)
    push(shell, config, lay_out(tmp_path))
    done = run(shell, config)
    assert done.returncode == 1
    assert "error R302 rejected: RejectModel ended the execution" in done.stderr
    assert "accuracy" in done.stderr
    assert "1.0" in done.stderr
    assert "not run: RegisterModel, CreateEndpointConfig, DeployEndpoint" in done.stderr
    assert shell.json("models", "list", "--local", "-c", config) == []
    asked = shell.imgpipe("endpoint", "status", "--local", "-c", config)
    assert asked.returncode == 1
    assert "error R405 no-endpoint: the local SageMaker has no endpoint 'closed'" in asked.stderr


def test_every_defect_of_the_images_is_told_at_once(shell: Shell, tmp_path: Path) -> None:
    config = write_config(shell, "defects")
    folder = lay_out(tmp_path)
    whole = (folder / "train/cat/0.jpg").read_bytes()
    (folder / "train/cat/0.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "train/cat/text.jpg").write_text("not an image")
    (folder / "train/dog/empty.jpg").write_bytes(b"")
    draw(folder / "validation/fox/0.jpg", (1, 2, 3))
    push(shell, config, folder)
    done = run(shell, config)
    assert done.returncode == 1
    assert "error R301 step-failed: ValidateImages failed" in done.stderr
    for named in ("cat/0.jpg", "cat/text.jpg", "dog/empty.jpg", "fox"):
        assert named in done.stderr
    assert "not run: TrainModel, CreateModel, ScoreValidation" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_prefix_without_objects_is_told_before_anything_starts(shell: Shell) -> None:
    config = write_config(shell, "nodata")
    done = run(shell, config)
    assert done.returncode == 1
    assert "error R201 no-data: no objects under s3://sagemaker-us-east-1-" in done.stderr
    assert "read by: TrainData" in done.stderr
    assert "read by: ValidationData" in done.stderr
    status = shell.imgpipe("status", "--local", "-c", config)
    assert status.returncode == 1
    assert "error R102 never-started: pipeline 'nodata' has no executions" in status.stderr


def test_ctrl_c_in_watch_leaves_the_execution_running_and_stop_ends_it(shell: Shell, tmp_path: Path) -> None:
    config = write_config(shell, "interrupted", epochs=1000)
    push(shell, config, lay_out(tmp_path))
    assert shell.imgpipe("upsert", "--local", "-c", config).returncode == 0
    shell.json("start", "--local", "-c", config)
    watching = shell.popen("watch", "--local", "-c", config)
    assert watching.stderr is not None
    for line in watching.stderr:
        if line.startswith("TrainModel  Executing"):
            break
    watching.send_signal(signal.SIGINT)
    _, said = watching.communicate(timeout=60)
    assert watching.returncode == 130
    assert "no longer watching; the execution goes on" in said
    assert shell.json("status", "--local", "-c", config)["status"] == "Executing"
    stopped = shell.imgpipe("stop", "--local", "-c", config)
    assert stopped.returncode == 0
    ended = shell.imgpipe("watch", "--local", "-c", config)
    assert ended.returncode == 1
    assert "ended as Stopped" in ended.stderr
