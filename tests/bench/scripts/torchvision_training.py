"""Runs where torchvision is installed: images/s of the plain fp32 loop of its reference recipe, as JSON.

The recipe is references/classification/train.py of torchvision with its defaults: fp32, SGD with momentum,
cross entropy, contiguous (NCHW) tensors.
"""

import json
import statistics
import sys
import time

import torch

# torchvision's wheel on PyPI is built beside another build of torch than the CPU one, and then lacks the two
# operators that it describes at import; a classifier never calls them.
_OPERATORS = torch.library.Library("torchvision", "DEF")
for _signature in (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
):
    try:
        _OPERATORS.define(_signature)
    except RuntimeError:
        break

import torchvision  # noqa: E402 the operators must exist first


def main(batch: int, side: int, steps: int) -> None:
    torch.manual_seed(0)
    model = torchvision.models.resnet50(num_classes=10).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    criterion = torch.nn.CrossEntropyLoss()
    images, targets = torch.rand(batch, 3, side, side), torch.randint(0, 10, (batch,))
    took = []
    for _ in range(steps + 1):
        begun = time.perf_counter()
        loss = criterion(model(images), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        took.append(time.perf_counter() - begun)
    # The first step allocates and picks kernels.
    sys.stdout.write(json.dumps(batch / statistics.median(took[1:])))


main(*map(int, sys.argv[1:]))
