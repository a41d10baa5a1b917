import os
import pickle
import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import save, save_file
from torch import Tensor

from steps.model import weights
from steps.model.network import build
from steps.model.weights import WeightsError


def published(num_layers: int = 18, num_classes: int = 1000) -> dict[str, Tensor]:
    """What torchvision publishes: a state dict with a classifier of ImageNet's classes."""
    torch.manual_seed(1)
    return build(num_layers, num_classes).state_dict()


@pytest.mark.parametrize("name", ["weights.pth", "weights.safetensors"])
def test_both_kinds_of_file_are_read(tmp_path: Path, name: str) -> None:
    state = published()
    path = tmp_path / name
    if path.suffix == ".safetensors":
        save_file(state, path)
    else:
        torch.save(state, path)

    loaded = weights.load(path)

    assert loaded.keys() == state.keys()
    assert all(loaded[key].equal(state[key]) for key in state)


class Hostile:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("ran",)


def test_code_in_a_file_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "weights.pth"
    torch.save({"conv1.weight": Hostile()}, path)

    with pytest.raises(WeightsError) as caught:
        weights.load(path)

    assert str(caught.value) == (
        f"{path} holds more than tensors, and loading the rest could run code\n"
        "hint: save the network's state_dict() alone, best as .safetensors"
    )
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty.pth", b""),
        ("text.pth", b"not weights"),
        ("cut.pth", b"PK\x03\x04 and then nothing"),
        ("empty.safetensors", b""),
        ("text.safetensors", b"not weights, and quite some of them"),
    ],
)
def test_other_files_are_refused_in_one_line(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)

    with pytest.raises(
        WeightsError, match=rf"^{re.escape(str(path))} (is no weights file: |holds more than)"
    ):
        weights.load(path)


@pytest.mark.parametrize("content", [[1, 2], {"epoch": 3}, {"state_dict": {"fc.bias": torch.zeros(2)}}])
def test_files_that_are_no_state_dict_are_refused(tmp_path: Path, content: object) -> None:
    path = tmp_path / "weights.pth"
    torch.save(content, path)

    with pytest.raises(WeightsError) as caught:
        weights.load(path)

    assert str(caught.value) == f"{path} is no state dict: a mapping of names to tensors is needed"


def test_plain_pickles_are_not_unpickled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "weights.pth"
    path.write_bytes(pickle.dumps(Hostile(), protocol=2))

    with pytest.raises(WeightsError):
        weights.load(path)

    assert not (tmp_path / "ran").exists()


def test_transfer_replaces_the_classifier_only() -> None:
    state = published(num_classes=1000)
    torch.manual_seed(2)
    network = build(18, 3)
    fresh = network.fc.weight.clone()

    weights.transfer(network, state, "resnet18.pth")

    for name, value in network.state_dict().items():
        if not name.startswith("fc."):
            assert value.equal(state[name]), name
    assert network.fc.weight.equal(fresh)
    assert network.fc.weight.shape == (3, 512)


def test_transfer_keeps_a_fresh_classifier_even_where_the_classes_are_as_many() -> None:
    state = published(num_classes=3)
    network = build(18, 3)
    fresh = network.fc.weight.clone()

    weights.transfer(network, state, "resnet18.pth")

    assert network.fc.weight.equal(fresh)


@pytest.mark.parametrize("left_out", [".num_batches_tracked", "fc."], ids=["old file", "without classifier"])
def test_what_transfer_does_not_need_may_be_missing(left_out: str) -> None:
    state = {name: value for name, value in published().items() if left_out not in name}
    network = build(18, 3)

    weights.transfer(network, state, "resnet18.pth")

    assert network.get_parameter("layer3.1.conv2.weight").equal(state["layer3.1.conv2.weight"])


def test_all_differences_are_told_at_once_and_nothing_is_copied() -> None:
    state = published()
    del state["bn1.bias"]
    del state["layer1.0.conv1.weight"]
    state["conv1.weight"] = torch.zeros(64, 1, 7, 7)
    state["head.bias"] = torch.zeros(2)
    network = build(18, 3)
    before = {name: value.clone() for name, value in network.state_dict().items()}

    with pytest.raises(WeightsError) as caught:
        weights.transfer(network, state, "my.pth")

    assert str(caught.value) == (
        "my.pth does not fit the network\n"
        "  missing: 2 (bn1.bias; layer1.0.conv1.weight)\n"
        "  unknown: 1 (head.bias)\n"
        "  wrong shape: 1 (conv1.weight 64x1x7x7, not 64x3x7x7)\n"
        "hint: num_layers must be that of the weights, and the names those of torchvision"
    )
    assert all(value.equal(before[name]) for name, value in network.state_dict().items())


def test_many_differences_are_counted() -> None:
    with pytest.raises(WeightsError, match=r"missing: 80 \(layer1\.2\.conv1\.weight; .*; … and 75 more\)"):
        weights.transfer(build(34, 3), published(18), "resnet18.pth")


def test_all_weights_are_restored() -> None:
    state = published(18, 5)
    torch.manual_seed(2)
    network = build(18, 5)

    weights.restore(network, weights.parse(save(state), "a.safetensors"), "a.safetensors")

    assert all(value.equal(state[name]) for name, value in network.state_dict().items())


def test_weights_of_another_network_are_not_restored() -> None:
    with pytest.raises(WeightsError) as caught:
        weights.restore(build(18, 5), published(18, 6), "model.tar.gz")

    assert str(caught.value) == (
        "model.tar.gz does not fit the network\n"
        "  wrong shape: 2 (fc.weight 6x512, not 5x512; fc.bias 6, not 5)\n"
        "hint: model.json tells of another network than these weights have"
    )


@pytest.mark.parametrize("data", [b"", b"\x80\x04pickle", b"\xff" * 16])
def test_bytes_that_are_no_weights(data: bytes) -> None:
    with pytest.raises(WeightsError, match=r"^a\.safetensors is no weights file: "):
        weights.parse(data, "a.safetensors")
