"""The whole state of a training in one file, from which it goes on as if it had never been broken off.

The tensors lie in it by name (`network.…`, `best.…`, `optimizer.INDEX.…`, `random`); the JSON in the header's
`training` has the rest. All else that is random is drawn from the seed, the epoch and the image's place
in it. No file is a pickle: reading one runs none of its contents.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor
from torch.optim import Optimizer

from steps.container import writing_atomically
from steps.model.network import Classifier
from steps.train.identity import Identity, differences
from steps.train.position import BEGINNING, Position

FILE = "checkpoint.safetensors"

_FORMAT_VERSION = 1
_KEY = "training"

_log = logging.getLogger(__name__)


class Checkpoint:
    """The file, and what of the training it is made from.

    Args:
        folder: That SageMaker keeps in S3 (CheckpointConfig).
        identity: Of the training: a file of another one is not taken.
        classifier: On its device, with the memory format that it is trained in.
        optimizer: Of its parameters.
    """

    def __init__(
        self, folder: Path, identity: Identity, classifier: Classifier, optimizer: Optimizer
    ) -> None:
        self.file = folder / FILE
        self._identity = identity
        self._network = classifier.network
        self._optimizer = optimizer

    def save(self, position: Position) -> None:
        """Write the file; whoever reads it sees the old one or the new one, whole."""
        told = {"format_version": _FORMAT_VERSION, "identity": self._identity, **position.to_json()}
        tensors = {name: value.detach().cpu().contiguous() for name, value in self._tensors(position)}
        with writing_atomically(self.file) as file:
            file.write(safetensors.torch.save(tensors, {_KEY: json.dumps(told)}))
        epochs, batches = len(position.epochs), position.batches
        _log.info('Saved checkpoint to "%s": %d epochs, %d batches of the next', self.file, epochs, batches)

    def restore(self) -> Position:
        """Where the file's training stood, all put back as it was; the beginning where it cannot be used."""
        if not self.file.is_file():
            return BEGINNING
        try:
            position = self._read()
        except _Unusable as error:
            _log.warning("%s is not used: %s; training starts from the beginning", self.file, error)
            return BEGINNING
        epochs, batches = len(position.epochs), position.batches
        _log.info('Going on from "%s": %d epochs, %d batches of the next', self.file, epochs, batches)
        return position

    def _read(self) -> Position:
        try:
            with safe_open(self.file, "pt") as file:
                told = json.loads((file.metadata() or {})[_KEY])
                tensors: dict[str, Tensor] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            if told["format_version"] != _FORMAT_VERSION:
                raise _Unusable(f"its format_version is {told['format_version']}, not {_FORMAT_VERSION}")
            if other := differences(told["identity"], self._identity):
                raise _Unusable(f"it is of another training, with other {', '.join(other)}")
            position = Position.from_json(told, _under("best.", tensors))
            self._put_back(tensors)
        except (SafetensorError, OSError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise _Unusable(f"it is damaged ({type(error).__name__}: {error})") from error
        return position

    def _tensors(self, position: Position) -> Iterator[tuple[str, Tensor]]:
        yield "random", torch.get_rng_state()
        yield from ((f"network.{name}", value) for name, value in self._network.state_dict().items())
        yield from ((f"best.{name}", value) for name, value in position.best.items())
        for index, slots in self._optimizer.state_dict()["state"].items():
            for name, value in slots.items():
                if value is not None:  # SGD without momentum
                    yield f"optimizer.{index}.{name}", value

    def _put_back(self, tensors: Mapping[str, Tensor]) -> None:
        """Into the network and the optimizer; neither is touched where anything does not fit.

        Raises:
            KeyError, ValueError: Something is missing or of another shape.
        """
        network = _under("network.", tensors)
        shapes = {name: value.shape for name, value in self._network.state_dict().items()}
        if {name: value.shape for name, value in network.items()} != shapes:
            raise ValueError("its weights are of another network")
        state = self._optimizer_state(_under("optimizer.", tensors))
        random = tensors["random"]
        self._network.load_state_dict(network)
        groups = self._optimizer.state_dict()["param_groups"]
        self._optimizer.load_state_dict({"state": state, "param_groups": groups})
        torch.set_rng_state(random)

    def _optimizer_state(self, tensors: Mapping[str, Tensor]) -> dict[int, dict[str, Tensor]]:
        parameters = [one for group in self._optimizer.param_groups for one in group["params"]]
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in tensors.items():
            index, _, name = key.partition(".")
            parameter: Tensor = parameters[int(index)]
            if value.shape not in (parameter.shape, torch.Size([])):
                raise ValueError(f"its optimizer's {key} has another shape")
            state.setdefault(int(index), {})[name] = _laid_out(value, parameter)
        return state


class _Unusable(Exception):
    """Why a file is not used."""


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _laid_out(value: Tensor, parameter: Tensor) -> Tensor:
    """In memory as the parameter, so that an update adds up in the same order as before."""
    same = value.shape == parameter.shape
    return torch.empty_like(parameter, dtype=value.dtype).copy_(value) if same else value
