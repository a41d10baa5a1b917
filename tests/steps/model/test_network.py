from collections.abc import Iterator
from math import sqrt

import pytest
import torch

from steps.model.network import DEPTHS, Classifier, build


def torchvision_resnet50_names() -> Iterator[str]:
    """The state dict of torchvision.models.resnet50, in its order, spelt out from its published layout."""

    def norm(name: str) -> Iterator[str]:
        for key in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"):
            yield f"{name}.{key}"

    yield "conv1.weight"
    yield from norm("bn1")
    for layer, blocks in ((1, 3), (2, 4), (3, 6), (4, 3)):
        for block in range(blocks):
            place = f"layer{layer}.{block}"
            for number in (1, 2, 3):
                yield f"{place}.conv{number}.weight"
                yield from norm(f"{place}.bn{number}")
            if block == 0:
                yield f"{place}.downsample.0.weight"
                yield from norm(f"{place}.downsample.1")
    yield "fc.weight"
    yield "fc.bias"


def test_state_dict_of_resnet50_has_torchvisions_names_in_its_order() -> None:
    with torch.device("meta"):
        network = build(50, 1000)

    assert list(network.state_dict()) == list(torchvision_resnet50_names())


@pytest.mark.parametrize(
    ("num_layers", "parameters"),
    [
        # num_params of torchvision's ResNet*_Weights.
        (18, 11_689_512),
        (34, 21_797_672),
        (50, 25_557_032),
        (101, 44_549_160),
        (152, 60_192_808),
        # timm's resnet200 with the plain stem, which torchvision does not have.
        (200, 64_673_832),
    ],
)
def test_number_of_parameters_is_the_published_one(num_layers: int, parameters: int) -> None:
    with torch.device("meta"):
        network = build(num_layers, 1000)

    assert sum(parameter.numel() for parameter in network.parameters()) == parameters


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("conv1.weight", (64, 3, 7, 7)),
        ("layer1.0.conv1.weight", (64, 64, 1, 1)),
        ("layer1.0.downsample.0.weight", (256, 64, 1, 1)),
        ("layer2.0.conv2.weight", (128, 128, 3, 3)),
        ("layer4.2.conv3.weight", (2048, 512, 1, 1)),
        ("fc.weight", (7, 2048)),
    ],
)
def test_shapes_of_resnet50(name: str, shape: tuple[int, ...]) -> None:
    with torch.device("meta"):
        network = build(50, 7)

    assert network.state_dict()[name].shape == shape


def test_stride_of_a_bottleneck_is_in_its_3x3_convolution() -> None:
    with torch.device("meta"):
        network = build(50, 7)

    assert network.get_submodule("layer2.0.conv1").stride == (1, 1)
    assert network.get_submodule("layer2.0.conv2").stride == (2, 2)


def test_initial_weights_are_those_of_torchvision() -> None:
    torch.manual_seed(0)
    state = build(18, 5).state_dict()

    spread = state["layer4.1.conv2.weight"].std().item()
    assert spread == pytest.approx(sqrt(2 / (512 * 3 * 3)), rel=0.01)
    assert state["layer4.1.bn2.weight"].eq(1).all()
    assert state["layer4.1.bn2.bias"].eq(0).all()
    # nn.Linear's own: uniform within 1/sqrt(inputs).
    assert state["fc.weight"].abs().max().item() == pytest.approx(1 / sqrt(512), rel=0.01)


@pytest.mark.parametrize(
    "shape", [(2, 3, 32, 32), (2, 3, 40, 72)], ids=["smallest", "neither square nor even"]
)
def test_any_size_of_image_gives_logits(shape: tuple[int, ...]) -> None:
    assert build(18, 5)(torch.zeros(shape)).shape == (2, 5)


def test_the_same_seed_gives_the_same_weights() -> None:
    torch.manual_seed(3)
    first = build(18, 2).fc.weight
    torch.manual_seed(3)

    assert build(18, 2).fc.weight.equal(first)


@pytest.mark.parametrize("num_layers", [7, 19, 269])
def test_other_depths_are_refused(num_layers: int) -> None:
    known = "18, 34, 50, 101, 152, 200, 20, 32, 44, 56, 110"
    message = f"there is no ResNet with {num_layers} layers here; there are {known}"
    with pytest.raises(ValueError, match=f"^{message}$"):
        build(num_layers, 10)


def test_depths_say_how_many_layers_they_have() -> None:
    for num_layers, depth in DEPTHS.items():
        in_block = 2 if depth.block.expansion == 1 else 3
        # The first convolution and the classifier count as layers, shortcuts do not.
        assert sum(depth.stages) * in_block + 2 == num_layers


def test_classifier_normalises_raw_pixels() -> None:
    network = build(18, 3).eval()
    classifier = Classifier(network, (100.0, 110.0, 120.0), (50.0, 60.0, 70.0)).eval()
    pixels = torch.randint(0, 256, (2, 3, 32, 32), dtype=torch.uint8)

    mean = torch.tensor([100.0, 110.0, 120.0])[:, None, None]
    std = torch.tensor([50.0, 60.0, 70.0])[:, None, None]
    with torch.no_grad():
        torch.testing.assert_close(classifier(pixels), network((pixels - mean) / std))


def test_normalisation_is_no_part_of_the_state_dict() -> None:
    with torch.device("meta"):
        network = build(18, 3)
        classifier = Classifier(network, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))

    assert [name.removeprefix("network.") for name in classifier.state_dict()] == list(network.state_dict())
