"""The built-in algorithm's optimizers and its learning rate over the epochs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from torch import nn
from torch.optim import SGD, Adam, Optimizer, RMSprop

from steps.train.hyperparameters import Hyperparameters
from steps.train.options import DEFAULTS, Options
from steps.train.table import DECAYING

Groups = list[dict[str, Any]]


def sgd(groups: Groups, given: Hyperparameters) -> Optimizer:
    """Gradient descent with momentum."""
    return SGD(groups, lr=given.learning_rate, momentum=given.momentum, fused=True)


def nag(groups: Groups, given: Hyperparameters) -> Optimizer:
    """Gradient descent with Nesterov's momentum; without momentum there is no difference to `sgd`."""
    nesterov = given.momentum > 0  # torch refuses Nesterov's form of none
    return SGD(groups, lr=given.learning_rate, momentum=given.momentum, nesterov=nesterov, fused=True)


def adam(groups: Groups, given: Hyperparameters) -> Optimizer:
    """Adam."""
    betas = (given.beta_1, given.beta_2)
    return Adam(groups, lr=given.learning_rate, betas=betas, eps=given.eps, fused=True)


def rmsprop(groups: Groups, given: Hyperparameters) -> Optimizer:
    """RMSprop, without momentum."""
    return RMSprop(groups, lr=given.learning_rate, alpha=given.gamma, eps=given.eps)


OPTIMIZERS: Mapping[str, Callable[[Groups, Hyperparameters], Optimizer]] = MappingProxyType(
    {"sgd": sgd, "nag": nag, "adam": adam, "rmsprop": rmsprop}
)


def build(module: nn.Module, given: Hyperparameters) -> Optimizer:
    """The optimizer for all parameters. Only convolutions and the classifier decay, as in MXNet."""
    parameters = list(module.parameters())
    decay = given.weight_decay if given.optimizer in DECAYING else 0.0
    groups = [
        {"params": [parameter for parameter in parameters if parameter.ndim > 1], "weight_decay": decay},
        {"params": [parameter for parameter in parameters if parameter.ndim <= 1], "weight_decay": 0.0},
    ]
    return OPTIMIZERS[given.optimizer](groups, given)


def learning_rate(given: Hyperparameters, epoch: int, options: Options = DEFAULTS) -> float:
    """The rate in an epoch, counted from 0.

    It rises in equal steps in the epochs of the warm-up. Then it is multiplied by the factor once for each
    step that is reached, or falls along half a cosine, whose end is the epoch after the last.
    """
    warmup = options.lr_warmup_epochs
    if epoch < warmup:
        return given.learning_rate * (epoch + 1) / (warmup + 1)
    if options.lr_scheduler == "cosine":
        share = (epoch - warmup) / (given.epochs - warmup)
        return given.learning_rate * (1 + math.cos(math.pi * share)) / 2
    reached = sum(step <= epoch for step in given.lr_scheduler_step)
    return given.learning_rate * given.lr_scheduler_factor**reached


def set_learning_rate(optimizer: Optimizer, rate: float) -> None:
    """Use a rate from the next step on."""
    for group in optimizer.param_groups:
        group["lr"] = rate
