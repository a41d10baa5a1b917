"""What the network is computed on: the device and the precision."""

from __future__ import annotations

import platform
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Compute:
    """A device and a precision.

    Attributes:
        device: The processor or the first GPU.
        half: The 16-bit type of convolutions and matrix products; None computes them in float32. Weights,
            their updates and the sums of batch normalisation are float32 in either case.
    """

    device: torch.device
    half: torch.dtype | None

    def autocast(self) -> AbstractContextManager[object]:
        """The context that the forward pass runs in."""
        return torch.autocast(self.device.type, dtype=self.half) if self.half else nullcontext()

    def take(self, tensor: Tensor) -> Tensor:
        """The tensor on the device."""
        return tensor.to(self.device, non_blocking=True)

    def __str__(self) -> str:
        if self.device.type == "cuda":
            name = torch.cuda.get_device_name(self.device)
        else:
            name = f"{platform.machine()} CPU, {torch.get_num_threads()} threads"
        return f"{name}, {'bfloat16 and float32' if self.half else 'float32'}, channels last"


def choose(precision: str | None) -> Compute:
    """The GPU where there is one, and bfloat16 where it is computed in hardware.

    Args:
        precision: precision_dtype. float32 is exactly that; float16 is 16 bits on any machine, as bfloat16,
            which has float32's range and so needs no scaling of the loss; None takes the faster.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    wanted = precision == "float16" or (precision is None and _has_bfloat16(device))
    return Compute(device, torch.bfloat16 if wanted else None)


def _has_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    # Named by instruction set: oneDNN computes bfloat16 without them as well, but slower than float32.
    abilities = torch.cpu.get_capabilities()
    return not {"avx512_bf16", "amx_bf16", "bf16"}.isdisjoint(name for name in abilities if abilities[name])
