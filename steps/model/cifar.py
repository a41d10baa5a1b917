"""ResNet for small images such as CIFAR's, with normalisation before each convolution.

The networks of "Identity Mappings in Deep Residual Networks" (He et al., 2016, section 4) in the form that
MXNet's example/image-classification/symbols/resnet.py gives them: three stages of 16, 32 and 64 channels, and
a 1x1 convolution beside the first block of every stage. MXNet's first layer, which normalises the pixels of
each batch, is left to the fixed mean and deviation of `Classifier`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from steps.model.convolutions import convolution, initialise

DEPTHS = (20, 32, 44, 56, 110)
"""Numbers of layers: 6 a block of each stage, and 2."""

_CHANNELS = (16, 32, 64)
_EPSILON = 2e-5  # of batch normalisation, as in MXNet's file


class CifarBlock(nn.Module):
    """Normalisation, ReLU and a 3x3 convolution, twice, beside a shortcut.

    Attributes:
        shortcut: A 1x1 convolution, or None where the input goes past the block as it is.
    """

    def __init__(self, channels_in: int, channels: int, stride: int, *, first: bool) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(channels_in, eps=_EPSILON)
        self.conv1 = convolution(channels_in, channels, 3, stride)
        self.bn2 = nn.BatchNorm2d(channels, eps=_EPSILON)
        self.conv2 = convolution(channels, channels, 3, 1)
        self.relu = nn.ReLU(inplace=True)
        self.shortcut = convolution(channels_in, channels, 1, stride) if first else None

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, channels_in, H, W] to [N, channels, H / stride, W / stride]."""
        active = self.relu(self.bn1(x))
        out: Tensor = self.conv2(self.relu(self.bn2(self.conv1(active))))
        return out + (x if self.shortcut is None else self.shortcut(active))


class CifarResNet(nn.Module):
    """A residual network of three stages; parameter names are in the manner of torchvision's."""

    def __init__(self, num_layers: int, num_classes: int) -> None:
        super().__init__()
        blocks = (num_layers - 2) // 6
        self.conv1 = convolution(3, _CHANNELS[0], 3, 1)
        self.layer1 = _stage(_CHANNELS[0], _CHANNELS[0], blocks, stride=1)
        self.layer2 = _stage(_CHANNELS[0], _CHANNELS[1], blocks, stride=2)
        self.layer3 = _stage(_CHANNELS[1], _CHANNELS[2], blocks, stride=2)
        self.bn = nn.BatchNorm2d(_CHANNELS[2], eps=_EPSILON)
        self.relu = nn.ReLU(inplace=True)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(_CHANNELS[2], num_classes)
        initialise(self)

    def features(self, x: Tensor) -> Tensor:
        """Map normalised images [N, 3, H, W] to what the classifier sees, [N, 64]."""
        x = self.layer3(self.layer2(self.layer1(self.conv1(x))))
        return torch.flatten(self.avgpool(self.relu(self.bn(x))), 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map normalised images [N, 3, H, W] to logits [N, num_classes]."""
        logits: Tensor = self.fc(self.features(x))
        return logits


def _stage(channels_in: int, channels: int, blocks: int, *, stride: int) -> nn.Sequential:
    rest = (CifarBlock(channels, channels, 1, first=False) for _ in range(blocks - 1))
    return nn.Sequential(CifarBlock(channels_in, channels, stride, first=True), *rest)
