"""The input channels, as a training job lays them out: image files with their lists, or RecordIO files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steps.container import ProgramError
from steps.train.contract import CHANNELS, IMAGE_TYPE, IMAGE_TYPES, MODEL_CHANNEL, MODEL_TYPE, RECORD_TYPE

_DATA = CHANNELS[:2]
_IMAGES, _RECORDS = "the image format", "RecordIO"


@dataclass(frozen=True)
class Lists:
    """The folders of the list files."""

    train: Path
    validation: Path


@dataclass(frozen=True)
class Channels:
    """The folders of the channels.

    Attributes:
        train: Image files, or a RecordIO file.
        validation: The same.
        lists: None for RecordIO files, which hold their labels.
        model: That of an earlier model to train on from, if there is one.
    """

    train: Path
    validation: Path
    lists: Lists | None = None
    model: Path | None = None


def locate(config: Mapping[str, Mapping[str, Any]], data: Path) -> Channels:
    """Check the channels that the job has.

    Args:
        config: inputdataconfig.json: the settings of each channel by name.
        data: The folder that has a folder for each channel.

    Raises:
        ProgramError: A channel is missing, unknown, empty, or of a kind that is not read here; lists all.
    """
    types = [_content_type(config.get(name)) for name in _DATA]
    kind = _RECORDS if RECORD_TYPE in types else _IMAGES
    needed = _DATA if kind == _RECORDS else CHANNELS
    problems = [_missing(name, kind) for name in needed if name not in config]
    problems += [
        f"{name}: not a channel of {kind}" for name in config if name not in (*needed, MODEL_CHANNEL)
    ]
    for name in (*needed, MODEL_CHANNEL):
        if name in config:
            problems += _problems(name, kind, config[name], data / name)
    if problems:
        raise ProgramError("\n  ".join(["Customer Error: the input channels cannot be used", *problems]))
    return Channels(
        data / "train",
        data / "validation",
        None if kind == _RECORDS else Lists(data / "train_lst", data / "validation_lst"),
        data / MODEL_CHANNEL if MODEL_CHANNEL in config else None,
    )


def _content_type(settings: Mapping[str, Any] | None) -> str | None:
    # What comes after a semicolon tells how the labels of an augmented manifest are written.
    text = (settings or {}).get("ContentType")
    return text.partition(";")[0].strip() if isinstance(text, str) else None


def _missing(name: str, kind: str) -> str:
    if kind == _RECORDS:
        return f"{name}: missing; {kind} needs a .rec file there"
    holds = "the list file" if name.endswith("_lst") else "the images"
    return f"{name}: missing; {kind} needs {holds} there"


def _problems(name: str, kind: str, settings: Mapping[str, Any], folder: Path) -> list[str]:
    problems = []
    if problem := _wrong_type(name, kind, settings):
        problems.append(f"{name}: ContentType {settings.get('ContentType')!r}; {problem}")
    mode = settings.get("TrainingInputMode", "File")
    if mode not in ("File", "FastFile"):  # both are files to whoever reads them
        problems.append(
            f"{name}: TrainingInputMode {mode!r}; the local trainer reads {_in_files(name, kind)}"
        )
    if not folder.is_dir() or not any(folder.iterdir()):
        problems.append(f"{name}: {folder} is empty")
    return problems


def _wrong_type(name: str, kind: str, settings: Mapping[str, Any]) -> str | None:
    found = _content_type(settings)
    if name == MODEL_CHANNEL:
        return None if found == MODEL_TYPE else f"an earlier model is {MODEL_TYPE}"
    if kind == _RECORDS:
        return None if found == RECORD_TYPE else f"the other channel is {RECORD_TYPE}, and both must be"
    if found in IMAGE_TYPES:
        return None
    return f"the local trainer reads {IMAGE_TYPE}, or {RECORD_TYPE} from train and validation"


def _in_files(name: str, kind: str) -> str:
    if name == MODEL_CHANNEL:
        return "an earlier model in File mode"
    manifests = "; augmented manifests, which come in Pipe mode, are not read" if kind == _RECORDS else ""
    return f"{kind} in File mode{manifests}"
