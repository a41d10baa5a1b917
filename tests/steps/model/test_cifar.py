import pytest
import torch
from torch import nn

from steps.model import cifar
from steps.model.cifar import CifarBlock, CifarResNet


def parameters(num_layers: int, num_classes: int) -> int:
    """Counted by hand: 3x3 and 1x1 convolutions, two numbers a normalised channel, the classifier."""
    blocks = (num_layers - 2) // 6
    total = 3 * 16 * 9 + 2 * 64 + 64 * num_classes + num_classes
    channels_in = 16
    for channels in (16, 32, 64):
        total += 2 * channels_in + 9 * channels_in * channels + 2 * channels + 9 * channels * channels
        total += channels_in * channels
        total += (blocks - 1) * (4 * channels + 18 * channels * channels)
        channels_in = channels
    return total


@pytest.mark.parametrize("num_layers", cifar.DEPTHS)
def test_number_of_parameters(num_layers: int) -> None:
    with torch.device("meta"):
        network = CifarResNet(num_layers, 10)

    assert sum(parameter.numel() for parameter in network.parameters()) == parameters(num_layers, 10)


@pytest.mark.parametrize("num_layers", cifar.DEPTHS)
def test_depths_say_how_many_layers_they_have(num_layers: int) -> None:
    with torch.device("meta"):
        network = CifarResNet(num_layers, 10)

    # The first convolution and the classifier count as layers, shortcuts do not.
    layers = [name for name, module in network.named_modules() if isinstance(module, nn.Conv2d | nn.Linear)]
    assert len([name for name in layers if "shortcut" not in name]) == num_layers


def test_only_the_first_block_of_a_stage_has_a_convolution_beside_it() -> None:
    with torch.device("meta"):
        network = CifarResNet(32, 10)

    beside = [name for name, block in network.named_modules()
              if isinstance(block, CifarBlock) and block.shortcut is not None]  # fmt: skip
    assert beside == ["layer1.0", "layer2.0", "layer3.0"]


@pytest.mark.parametrize(("side", "last"), [(8, 2), (28, 7), (32, 8)])
def test_two_of_three_stages_halve_the_image(side: int, last: int) -> None:
    network = CifarResNet(20, 5).eval()
    stages = nn.Sequential(network.conv1, network.layer1, network.layer2, network.layer3)

    with torch.no_grad():
        assert stages(torch.zeros(2, 3, side, side)).shape == (2, 64, last, last)
        assert network(torch.zeros(2, 3, side, side)).shape == (2, 5)


def test_a_block_adds_to_what_goes_past_it() -> None:
    block = CifarBlock(16, 16, 1, first=False).eval()
    nn.init.zeros_(block.conv2.weight)
    x = torch.randn(2, 16, 8, 8)

    with torch.no_grad():
        # Neither normalised nor cut off at zero: the identity of the paper's title.
        torch.testing.assert_close(block(x), x)


def test_normalisation_is_that_of_mxnet() -> None:
    norms = [module for module in CifarResNet(20, 2).modules() if isinstance(module, nn.BatchNorm2d)]

    assert {(norm.eps, norm.momentum) for norm in norms} == {(2e-5, 0.1)}


def test_it_learns() -> None:
    torch.manual_seed(0)
    network = CifarResNet(20, 2)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9)
    classes = torch.arange(16) % 2
    images = torch.randn(16, 3, 8, 8) * 0.3 + (classes * 2.0 - 1)[:, None, None, None]

    for _ in range(8):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(network(images), classes)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    assert loss.item() < 0.1
