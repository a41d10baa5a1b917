import hashlib
import io
import json
import random
import tarfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import load, save

from steps.container import ProgramError
from steps.model.artifact import Description
from steps.model.network import build
from steps.model.preprocessing import Preprocessing
from steps.train import earlier
from tests.steps.train.jobs import hyperparameters, write_model

GIVEN = hyperparameters(num_layers="20", image_shape="3,28,28", resize="28")


def archive(folder: Path, members: dict[str, bytes], name: str = "model.tar.gz") -> Path:
    """A .tar.gz of these files in the channel."""
    folder.mkdir(exist_ok=True)
    with tarfile.open(folder / name, "w:gz") as file:
        for path, content in members.items():
            info = tarfile.TarInfo(path)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return folder


def described(
    num_layers: int = 20, image_shape: tuple[int, int, int] = (3, 28, 28), classes: int = 3
) -> bytes:
    labels = tuple(f"class {number}" for number in range(classes))
    return json.dumps(Description(num_layers, labels, Preprocessing(image_shape)).to_json()).encode()


def weights() -> bytes:
    torch.manual_seed(5)
    return save(build(20, 3).state_dict())


def said(folder: Path) -> list[str]:
    with pytest.raises(ProgramError) as caught:
        earlier.read(folder, GIVEN)
    first, *problems = str(caught.value).split("\n  ")
    assert first == "Customer Error: the model in the model channel cannot be trained on"
    return problems


@pytest.mark.parametrize("root", ["", "./"])
def test_a_model_is_read_with_its_classifier(tmp_path: Path, root: str) -> None:
    folder = archive(
        tmp_path, {f"{root}model.json": described(), f"{root}model.safetensors": weights(), "notes": b""}
    )

    found = earlier.read(folder, GIVEN)

    expected = load(weights())
    assert found.state.keys() == expected.keys()
    assert found.state["fc.weight"].equal(expected["fc.weight"])
    assert found.origin == {
        "source": "model",
        "file": "model.tar.gz",
        "sha256": hashlib.sha256((folder / "model.tar.gz").read_bytes()).hexdigest(),
    }


def test_what_this_trainer_writes_is_read(tmp_path: Path) -> None:
    assert earlier.read(write_model(tmp_path, GIVEN), GIVEN).state["fc.bias"].shape == (3,)


@pytest.mark.parametrize(
    ("description", "problems"),
    [
        (described(num_layers=32), ["num_layers is 20, but the model has 32"]),
        (described(image_shape=(3, 28, 30)), ["image_shape is 3,28,28, but the model has 3,28,30"]),
        (described(classes=5), ["num_classes is 3, but the model has 5"]),
        (
            described(18, (3, 32, 32), 4),
            [
                "num_layers is 20, but the model has 18",
                "image_shape is 3,28,28, but the model has 3,32,32",
                "num_classes is 3, but the model has 4",
            ],
        ),
    ],
    ids=["layers", "shape", "classes", "all"],
)
def test_all_differences_are_told_at_once(tmp_path: Path, description: bytes, problems: list[str]) -> None:
    assert said(archive(tmp_path, {"model.json": description, "model.safetensors": weights()})) == problems


def test_no_archive_and_several(tmp_path: Path) -> None:
    assert said(tmp_path) == [f"exactly one model.tar.gz is needed in {tmp_path}; found none"]
    archive(archive(tmp_path, {}), {}, "older.tar.gz")
    assert said(tmp_path) == [
        f"exactly one model.tar.gz is needed in {tmp_path}; found model.tar.gz, older.tar.gz"
    ]


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        (
            {"notes": b""},
            (
                "model.tar.gz has no model.json and no model.safetensors; "
                "give the model.tar.gz of an earlier training job"
            ),
        ),
        (
            {"image-classification-symbol.json": b"", "image-classification-0003.params": b""},
            (
                "model.tar.gz has no model.json and no model.safetensors; "
                "it is a model of AWS's own container, and the local trainer reads only its own"
            ),
        ),
        (
            {"model.json": b"{", "model.safetensors": b""},
            (
                "model.tar.gz/model.json is not JSON: "
                "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"
            ),
        ),
        (
            {"model.json": b"{}", "model.safetensors": b""},
            "model.tar.gz/model.json has format_version None; this version reads 1",
        ),
    ],
    ids=["something else", "a model of MXNet", "no JSON", "another format"],
)
def test_an_archive_without_a_model(tmp_path: Path, members: dict[str, bytes], problem: str) -> None:
    assert said(archive(tmp_path, members)) == [problem]


def test_weights_that_are_none(tmp_path: Path) -> None:
    (problem,) = said(archive(tmp_path, {"model.json": described(), "model.safetensors": b"\x80pickle"}))

    assert problem.startswith("model.tar.gz/model.safetensors is no weights file: ")


@pytest.mark.parametrize("cut", [0, 40, 5000])
def test_a_damaged_archive(tmp_path: Path, cut: int) -> None:
    file = (
        archive(tmp_path, {"a": random.Random(1).randbytes(9999), "model.json": described()}) / "model.tar.gz"
    )
    file.write_bytes(b"PK" if cut == 0 else file.read_bytes()[:cut])

    (problem,) = said(tmp_path)
    assert problem.startswith("model.tar.gz is no .tar.gz file: ")


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(described())
    channel = tmp_path / "model"
    channel.mkdir()
    with tarfile.open(channel / "model.tar.gz", "w:gz") as file:
        link = tarfile.TarInfo("model.json")
        link.type, link.linkname = tarfile.SYMTYPE, str(secret)
        file.addfile(link)

    assert said(channel) == ["model.json in the archive is no file"]


def test_paths_that_lead_elsewhere_are_written_nowhere(tmp_path: Path) -> None:
    channel = archive(tmp_path / "model", {"../out": b"x", "/model.json": b"x", "a/model.json": b"x"})

    assert said(channel)[0].startswith("model.tar.gz has no model.json and no model.safetensors")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["model", "model.tar.gz"]


def test_a_member_that_is_too_large_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(earlier, "LARGEST", 100)

    assert said(archive(tmp_path, {"model.json": described()})) == [
        "model.json in the archive has more than 100 bytes"
    ]
