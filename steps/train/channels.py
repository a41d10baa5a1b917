"""The four input channels of the image format, as a training job lays them out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steps.container import ProgramError
from steps.train.contract import CHANNELS, IMAGE_TYPES, MODEL_CHANNEL


@dataclass(frozen=True)
class Channels:
    """The folders of the channels."""

    train: Path
    validation: Path
    train_lst: Path
    validation_lst: Path


def locate(config: Mapping[str, Mapping[str, Any]], data: Path) -> Channels:
    """Check the channels that the job has.

    Args:
        config: inputdataconfig.json: the settings of each channel by name.
        data: The folder that has a folder for each channel.

    Raises:
        ProgramError: A channel is missing, unknown, empty, or of a kind that is not read here; lists all.
    """
    problems = [_missing(name) for name in CHANNELS if name not in config]
    problems += [
        f"{name}: not a channel of the image format{_why_not(name)}"
        for name in config
        if name not in CHANNELS
    ]
    for name in CHANNELS:
        if name in config:
            problems += _problems(name, config[name], data / name)
    if problems:
        raise ProgramError("\n  ".join(["Customer Error: the input channels cannot be used", *problems]))
    return Channels(*(data / name for name in CHANNELS))


def _missing(name: str) -> str:
    holds = "the list file" if name.endswith("_lst") else "the images"
    return f"{name}: missing; the image format needs {holds} there"


def _why_not(name: str) -> str:
    return "; the local trainer does not train on from an earlier model" if name == MODEL_CHANNEL else ""


def _problems(name: str, settings: Mapping[str, Any], folder: Path) -> list[str]:
    problems = []
    content_type = settings.get("ContentType")
    if content_type not in IMAGE_TYPES:
        problems.append(f"{name}: ContentType {content_type!r}; the local trainer reads application/x-image")
    mode = settings.get("TrainingInputMode", "File")
    if mode not in ("File", "FastFile"):  # both are files to whoever reads them
        problems.append(f"{name}: TrainingInputMode {mode!r}; the image format is read in File mode")
    if not folder.is_dir() or not any(folder.iterdir()):
        problems.append(f"{name}: {folder} is empty")
    return problems
