"""The networks: ResNet for ImageNet-size images, in torchvision's layout, so that its weights load.

Those for small images are in steps.model.cifar.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor, nn

from steps.model import cifar
from steps.model.cifar import CifarResNet
from steps.model.convolutions import convolution, initialise

STEM_CHANNELS = 64


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut: the block of ResNet-18 and ResNet-34."""

    expansion = 1

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = convolution(channels_in, channels, 3, stride)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = convolution(channels, channels, 3, 1)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = _shortcut(channels_in, channels * self.expansion, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, channels_in, H, W] to [N, channels, H / stride, W / stride]."""
        out: Tensor = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return _add(out, x if self.downsample is None else self.downsample(x), self.relu)


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions beside a shortcut: the block of ResNet-50 and the deeper ones.

    The stride is in the 3x3 convolution, as in torchvision ("ResNet v1.5"); its weights need that.
    """

    expansion = 4

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = convolution(channels_in, channels, 1, 1)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = convolution(channels, channels, 3, stride)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = convolution(channels, channels * self.expansion, 1, 1)
        self.bn3 = nn.BatchNorm2d(channels * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = _shortcut(channels_in, channels * self.expansion, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, channels_in, H, W] to [N, 4 · channels, H / stride, W / stride]."""
        out: Tensor = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return _add(out, x if self.downsample is None else self.downsample(x), self.relu)


@dataclass(frozen=True)
class Depth:
    """What the number of layers stands for: the kind of block and the blocks in each of the four stages."""

    block: type[BasicBlock] | type[Bottleneck]
    stages: tuple[int, int, int, int]


DEPTHS: Mapping[int, Depth] = MappingProxyType(
    {
        18: Depth(BasicBlock, (2, 2, 2, 2)),
        34: Depth(BasicBlock, (3, 4, 6, 3)),
        50: Depth(Bottleneck, (3, 4, 6, 3)),
        101: Depth(Bottleneck, (3, 4, 23, 3)),
        152: Depth(Bottleneck, (3, 8, 36, 3)),
        200: Depth(Bottleneck, (3, 24, 36, 3)),
    }
)
"""By number of layers. 200 is the one of "Identity Mappings in Deep Residual Networks" (He et al., 2016)."""


class ResNet(nn.Module):
    """A residual network; parameter names are those of torchvision.models.resnet."""

    def __init__(self, depth: Depth, num_classes: int) -> None:
        super().__init__()
        self.conv1 = convolution(3, STEM_CHANNELS, 7, 2)
        self.bn1 = nn.BatchNorm2d(STEM_CHANNELS)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        expansion = depth.block.expansion
        self.layer1 = _stage(depth.block, STEM_CHANNELS, 64, depth.stages[0], stride=1)
        self.layer2 = _stage(depth.block, 64 * expansion, 128, depth.stages[1], stride=2)
        self.layer3 = _stage(depth.block, 128 * expansion, 256, depth.stages[2], stride=2)
        self.layer4 = _stage(depth.block, 256 * expansion, 512, depth.stages[3], stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512 * expansion, num_classes)
        initialise(self)

    def features(self, x: Tensor) -> Tensor:
        """Map normalised images [N, 3, H, W] to what the classifier sees, [N, 512 · expansion]."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return torch.flatten(self.avgpool(x), 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map normalised images [N, 3, H, W] to logits [N, num_classes]."""
        logits: Tensor = self.fc(self.features(x))
        return logits


Network = ResNet | CifarResNet


class Classifier(nn.Module):
    """A network with the normalisation of its input: what training runs and what is exported.

    The mean and the deviation are no part of the state dict, so `network.state_dict()` stays torchvision's.

    Args:
        network: Maps normalised images to logits.
        mean: Of each channel, on the scale 0 to 255.
        std: Of each channel, on the scale 0 to 255.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, network: Network, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor(mean).view(1, -1, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, -1, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Map raw images [N, 3, H, W], 0 to 255 of any type, to logits [N, num_classes]."""
        logits: Tensor = self.network((images.to(self.mean.dtype) - self.mean) / self.std)
        return logits


def build(num_layers: int, num_classes: int) -> Network:
    """A new network, initialised as torchvision does, from torch's global random state.

    Raises:
        ValueError: There is none of so many layers.
    """
    if num_layers in cifar.DEPTHS:
        return CifarResNet(num_layers, num_classes)
    if num_layers not in DEPTHS:
        known = ", ".join(map(str, (*DEPTHS, *cifar.DEPTHS)))
        raise ValueError(f"there is no ResNet with {num_layers} layers here; there are {known}")
    return ResNet(DEPTHS[num_layers], num_classes)


def _shortcut(channels_in: int, channels: int, stride: int) -> nn.Sequential | None:
    if stride == 1 and channels_in == channels:
        return None
    return nn.Sequential(convolution(channels_in, channels, 1, stride), nn.BatchNorm2d(channels))


def _stage(
    block: type[BasicBlock] | type[Bottleneck], channels_in: int, channels: int, blocks: int, *, stride: int
) -> nn.Sequential:
    first = block(channels_in, channels, stride)
    rest = (block(channels * block.expansion, channels, 1) for _ in range(blocks - 1))
    return nn.Sequential(first, *rest)


def _add(out: Tensor, shortcut: Tensor, relu: nn.ReLU) -> Tensor:
    activated: Tensor = relu(out + shortcut)
    return activated
