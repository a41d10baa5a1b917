"""What all the networks are made of: convolutions without a bias, and how their weights begin."""

from __future__ import annotations

from torch import nn


def convolution(channels_in: int, channels: int, size: int, stride: int) -> nn.Conv2d:
    """A convolution of size x size that keeps height and width, or divides them by the stride."""
    return nn.Conv2d(channels_in, channels, size, stride=stride, padding=size // 2, bias=False)


def initialise(network: nn.Module) -> None:
    """Kaiming-normal convolutions; batch norms and the classifier keep torch's own defaults."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
