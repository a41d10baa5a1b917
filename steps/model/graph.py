"""The network as an ONNX model.

It is written with onnx alone, node by node: torch's TorchScript exporter warns that it will be removed, and
its successor takes 5 s for a ResNet-50 and needs onnxscript. A ResNet has few kinds of node, and a test holds
the result against torch.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from steps.model.artifact import GRAPH_INPUT, GRAPH_OUTPUT
from steps.model.cifar import CifarBlock, CifarResNet
from steps.model.network import BasicBlock, Bottleneck, Classifier, Network, ResNet

OPSET = 17
"""Every node used here has had its present form since; runtimes of 2022 and later load it."""

IR_VERSION = 8
"""The file format that opset 17 came with."""


def serialise(classifier: Classifier, image_shape: tuple[int, int, int]) -> bytes:
    """The classifier, in inference mode and with a softmax at its end, as an ONNX file.

    Args:
        classifier: Its weights are copied as float32, whatever device they are on.
        image_shape: The [3, H, W] that the graph's input is fixed to; the batch size stays free.
    """
    graph = _Graph()
    x = graph.binary("Sub", GRAPH_INPUT, graph.constant("mean", classifier.mean))
    x = graph.binary("Div", x, graph.constant("std", classifier.std))
    network = classifier.network
    x = _cifar(graph, x, network) if isinstance(network, CifarResNet) else _imagenet(graph, x, network)
    x = graph.node("Flatten", [graph.node("GlobalAveragePool", [x])], axis=1)
    x = graph.node("Gemm", [x, *graph.weights(network.fc, "fc", "weight", "bias")], transB=1)
    graph.node("Softmax", [x], output=GRAPH_OUTPUT, axis=1)
    data: bytes = graph.model(image_shape, network.fc.out_features).SerializeToString()
    return data


def _imagenet(graph: _Graph, x: str, network: ResNet) -> str:
    """From normalised images to the features before they are averaged."""
    x = graph.relu(graph.batch_norm(graph.convolution(x, network.conv1, "conv1"), network.bn1, "bn1"))
    x = graph.node("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    for name, block in _blocks(network, "layer1", "layer2", "layer3", "layer4"):
        x = _block(graph, x, block, name)
    return x


def _cifar(graph: _Graph, x: str, network: CifarResNet) -> str:
    """As `_imagenet`."""
    x = graph.convolution(x, network.conv1, "conv1")
    for name, block in _blocks(network, "layer1", "layer2", "layer3"):
        x = _cifar_block(graph, x, block, name)
    return graph.relu(graph.batch_norm(x, network.bn, "bn"))


def _blocks(network: Network, *stages: str) -> Iterator[tuple[str, nn.Module]]:
    for stage in stages:
        for index, block in enumerate(network.get_submodule(stage).children()):
            yield f"{stage}.{index}", block


class _Graph:
    """Nodes and weights in the order of their making. A value is named after the node that yields it."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def node(self, kind: str, inputs: list[str], output: str | None = None, **attributes: object) -> str:
        """Add a node; returns the name of its output."""
        name = output or f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def constant(self, name: str, value: Tensor) -> str:
        array: NDArray[np.float32] = value.detach().float().cpu().contiguous().numpy()
        self.initializers.append(numpy_helper.from_array(array, name))
        return name

    def weights(self, module: nn.Module, name: str, *keys: str) -> list[str]:
        """Tensors of a module as constants, under the names that its state dict has for them."""
        state = module.state_dict()
        return [self.constant(f"{name}.{key}", state[key]) for key in keys]

    def binary(self, kind: str, left: str, right: str) -> str:
        return self.node(kind, [left, right])

    def relu(self, x: str) -> str:
        return self.node("Relu", [x])

    def convolution(self, x: str, module: nn.Conv2d, name: str) -> str:
        (top, left) = (int(side) for side in module.padding)
        return self.node(
            "Conv",
            [x, *self.weights(module, name, "weight")],
            kernel_shape=list(module.kernel_size),
            strides=list(module.stride),
            pads=[top, left, top, left],
        )

    def batch_norm(self, x: str, module: nn.BatchNorm2d, name: str) -> str:
        keys = ("weight", "bias", "running_mean", "running_var")
        return self.node("BatchNormalization", [x, *self.weights(module, name, *keys)], epsilon=module.eps)

    def model(self, image_shape: tuple[int, int, int], num_classes: int) -> onnx.ModelProto:
        """The finished model, checked by onnx."""
        images = helper.make_tensor_value_info(GRAPH_INPUT, TensorProto.FLOAT, ["N", *image_shape])
        output = helper.make_tensor_value_info(GRAPH_OUTPUT, TensorProto.FLOAT, ["N", num_classes])
        graph = helper.make_graph(self.nodes, "resnet", [images], [output], self.initializers)
        model = helper.make_model(
            graph,
            producer_name="imgpipe",
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
        )
        onnx.checker.check_model(model, full_check=True)
        return model


def _block(graph: _Graph, x: str, block: nn.Module, name: str) -> str:
    assert isinstance(block, BasicBlock | Bottleneck)
    out = x
    pairs = [(block.conv1, block.bn1, "1"), (block.conv2, block.bn2, "2")]
    if isinstance(block, Bottleneck):
        pairs.append((block.conv3, block.bn3, "3"))
    for index, (conv, norm, number) in enumerate(pairs):
        out = graph.relu(out) if index else out
        out = graph.batch_norm(
            graph.convolution(out, conv, f"{name}.conv{number}"), norm, f"{name}.bn{number}"
        )
    shortcut = x if block.downsample is None else _shortcut(graph, x, block.downsample, f"{name}.downsample")
    return graph.relu(graph.binary("Add", out, shortcut))


def _cifar_block(graph: _Graph, x: str, block: nn.Module, name: str) -> str:
    assert isinstance(block, CifarBlock)
    active = graph.relu(graph.batch_norm(x, block.bn1, f"{name}.bn1"))
    out = graph.convolution(active, block.conv1, f"{name}.conv1")
    out = graph.relu(graph.batch_norm(out, block.bn2, f"{name}.bn2"))
    out = graph.convolution(out, block.conv2, f"{name}.conv2")
    past = x if block.shortcut is None else graph.convolution(active, block.shortcut, f"{name}.shortcut")
    return graph.binary("Add", out, past)


def _shortcut(graph: _Graph, x: str, downsample: nn.Sequential, name: str) -> str:
    conv, norm = downsample
    assert isinstance(conv, nn.Conv2d)
    assert isinstance(norm, nn.BatchNorm2d)
    return graph.batch_norm(graph.convolution(x, conv, f"{name}.0"), norm, f"{name}.1")
