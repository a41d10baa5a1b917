"""Weights from a file into a network: all of them, or all but the classifier for transfer learning."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_bytes
from safetensors.torch import load_file
from torch import Tensor

from steps.container import ProgramError
from steps.model.network import Network

_CLASSIFIER = "fc."
# A counter that files from before PyTorch 0.4.1 do not have. Nothing here reads it.
_OPTIONAL = ".num_batches_tracked"
_SHOWN = 5


class WeightsError(ProgramError):
    """A weights file cannot be used; the text says all that is wrong with it."""


def load(path: Path) -> dict[str, Tensor]:
    """The state dict in a .safetensors file or a torch file. No code in the file is run.

    Raises:
        WeightsError: It cannot be read, or holds anything else.
    """
    try:
        state = load_file(path) if path.suffix == ".safetensors" else _load_torch(path)
    except pickle.UnpicklingError as error:
        raise WeightsError(
            f"{path} holds more than tensors, and loading the rest could run code\n"
            "hint: save the network's state_dict() alone, best as .safetensors"
        ) from error
    except (OSError, RuntimeError, ValueError, EOFError, SafetensorError) as error:
        first_line = str(error).strip().partition("\n")[0]
        raise WeightsError(f"{path} is no weights file: {first_line or type(error).__name__}") from error
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise WeightsError(f"{path} is no state dict: a mapping of names to tensors is needed")
    return state


def parse(data: bytes, where: str) -> dict[str, Tensor]:
    """The state dict in the bytes of a .safetensors file.

    Args:
        data: The file.
        where: It lies, for messages.

    Raises:
        WeightsError: It is none.
    """
    try:
        return load_bytes(data)
    except (ValueError, SafetensorError) as error:
        raise WeightsError(f"{where} is no weights file: {error}") from error


def transfer(network: Network, state: Mapping[str, Tensor], origin: str) -> None:
    """Copy all weights but the classifier's, which keeps its fresh ones whatever `state` has for it.

    Args:
        network: Gets the weights.
        state: Under torchvision's names.
        origin: Where `state` came from, for the error.

    Raises:
        WeightsError: Names or shapes differ; nothing was copied. The text has all the kinds of difference.
    """
    hint = "num_layers must be that of the weights, and the names those of torchvision"
    _copy(network, _but_classifier(network.state_dict()), _but_classifier(state), origin, hint)


def restore(network: Network, state: Mapping[str, Tensor], origin: str) -> None:
    """Copy all weights.

    Args:
        network: Gets the weights.
        state: All of those of such a network.
        origin: Where `state` came from, for the error.

    Raises:
        WeightsError: Names or shapes differ; nothing was copied. The text has all the kinds of difference.
    """
    hint = "model.json tells of another network than these weights have"
    _copy(network, network.state_dict(), state, origin, hint)


def _but_classifier(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value for name, value in state.items() if not name.startswith(_CLASSIFIER)}


def _copy(
    network: Network, wanted: Mapping[str, Tensor], given: Mapping[str, Tensor], origin: str, hint: str
) -> None:
    missing = [name for name in wanted if name not in given and not name.endswith(_OPTIONAL)]
    unknown = [name for name in given if name not in wanted]
    shapes = [
        f"{name} {_shape(given[name])}, not {_shape(value)}"
        for name, value in wanted.items()
        if name in given and given[name].shape != value.shape
    ]
    problems = [("missing", missing), ("unknown", unknown), ("wrong shape", shapes)]
    if any(found for _, found in problems):
        lines = [f"{origin} does not fit the network"]
        lines += [f"  {kind}: {_few(found)}" for kind, found in problems if found]
        lines.append(f"hint: {hint}")
        raise WeightsError("\n".join(lines))
    network.load_state_dict(given, strict=False)


def _load_torch(path: Path) -> object:
    return torch.load(path, map_location="cpu", weights_only=True)


def _shape(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "scalar"


def _few(found: Iterable[str]) -> str:
    names = list(found)
    rest = f"; … and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{len(names)} ({'; '.join(names[:_SHOWN])}{rest})"
