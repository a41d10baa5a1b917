"""The input channels of a training job that runs the built-in Image Classification algorithm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.language.problem import Path, Problem
from pipeline.suggestion import suggestion
from steps.train.contract import (
    CHANNELS,
    IMAGE_TYPE,
    IMAGE_TYPES,
    MODEL_CHANNEL,
    MODEL_TYPE,
    PAGE,
    RECORD_TYPE,
)

_MEMBER = "InputDataConfig"

_FORMATS: dict[str | None, bool] = {**dict.fromkeys(IMAGE_TYPES, True), RECORD_TYPE: False}
"""Content types, and whether they are those of image files."""


def reads_images(listed: object) -> bool | None:
    """Whether a job with these channels reads image files; None if it cannot be told."""
    channels = _by_name(listed)
    if channels is None or "train" not in channels:
        return None
    return _FORMATS.get(_content_type(channels["train"][1]))


def problems(listed: object, mode: object) -> Iterator[Problem]:
    """What the algorithm does not take of the channels; paths start at the request.

    Args:
        listed: InputDataConfig, with what is known in the place of expressions.
        mode: TrainingInputMode, which holds for the channels without an InputMode.
    """
    channels = _by_name(listed)
    if channels is None:
        return
    images = reads_images(listed)
    needed = CHANNELS if images else ("train",)
    for name in needed:
        if name not in channels:
            yield _missing(name, images, listed)
    for name, (index, channel) in channels.items():
        path: Path = (_MEMBER, index)
        if name == MODEL_CHANNEL:
            yield from _model(channel, mode, path)
        elif name not in CHANNELS:
            hint = suggestion(name, (*CHANNELS, MODEL_CHANNEL), f"it reads {', '.join(CHANNELS)}")
            message = f"the algorithm reads no channel '{name}'"
            yield Problem("C268", (*path, "ChannelName"), message, hint, PAGE, "warning")
        else:
            yield from _data(name, channel, images, path)
    if images:
        data = {name: channels[name] for name in channels if name in CHANNELS}
        yield from _image_modes(data, mode)


def _by_name(listed: object) -> dict[str, tuple[int, Mapping[str, Any]]] | None:
    """Index and settings of each channel; None if any is not known, or they have no such form."""
    if not isinstance(listed, list):
        return {} if listed is None else None
    channels = {}
    for index, one in enumerate(listed):
        if not isinstance(one, Mapping) or not isinstance(one.get("ChannelName"), str):
            return None
        channels[one["ChannelName"]] = (index, one)
    return channels


def _content_type(channel: Mapping[str, Any]) -> str | None:
    """Without what follows it, such as label-format=class-id."""
    kind = channel.get("ContentType")
    return kind.split(";")[0].strip() if isinstance(kind, str) else None


def _missing(name: str, images: bool | None, listed: object) -> Problem:
    path = (_MEMBER,) if listed is not None else ()
    if not images:
        return Problem("C218", path, f"there is no channel '{name}'", f"add a channel named {name}", PAGE)
    holds = "one .lst file" if name.endswith("_lst") else "the images"
    message = f"there is no channel '{name}', which image files need"
    hint = f"add a channel named {name} with {holds} and the content type {IMAGE_TYPE}"
    return Problem("C218", path, message, hint, PAGE)


def _model(channel: Mapping[str, Any], mode: object, path: Path) -> Iterator[Problem]:
    kind = channel.get("ContentType")
    if kind is None or (isinstance(kind, str) and kind != MODEL_TYPE):
        message = f"channel 'model' has the content type {kind or 'none'}, and needs {MODEL_TYPE}"
        yield _refused((*path, "ContentType") if kind else path, message, f"write {MODEL_TYPE}")
    if _mode(channel, mode) == "Pipe":
        message = "channel 'model' is read in File mode only"
        place = (*path, "InputMode") if "InputMode" in channel else path
        yield _refused(place, message, "write InputMode File in the channel")


def _data(name: str, channel: Mapping[str, Any], images: bool | None, path: Path) -> Iterator[Problem]:
    kind = _content_type(channel)
    if channel.get("ContentType") is None:
        message = f"channel '{name}' has no content type"
        hint = f"add ContentType: {IMAGE_TYPE} for image files, {RECORD_TYPE} for RecordIO"
        yield Problem("C269", path, message, hint, PAGE, "warning")
    elif kind is not None:
        yield from _kind(name, kind, images, (*path, "ContentType"))
    source = channel.get("DataSource")
    source = source.get("S3DataSource") if isinstance(source, Mapping) else None
    source = source if isinstance(source, Mapping) else {}
    place = (*path, "DataSource", "S3DataSource")
    manifest = source.get("S3DataType") == "AugmentedManifestFile"
    if manifest:
        yield from _manifest(name, channel, source, path)
    if source.get("S3DataDistributionType") == "ShardedByS3Key" and images:
        message = f"channel '{name}' is split among machines, and image files must be on each"
        yield _refused((*place, "S3DataDistributionType"), message, "write FullyReplicated")


def _kind(name: str, kind: str, images: bool | None, path: Path) -> Iterator[Problem]:
    if kind not in _FORMATS:
        message = f"channel '{name}' has the content type {kind}, which the algorithm does not read"
        yield _refused(path, message, f"write {IMAGE_TYPE} for image files, {RECORD_TYPE} for RecordIO")
    elif images is not None and (kind in IMAGE_TYPES) != images:
        other = IMAGE_TYPE if images else RECORD_TYPE
        message = f"channel '{name}' has the content type {kind}, and channel 'train' {other}"
        yield _refused(path, message, f"give all channels the content type {other}")
    elif kind in IMAGE_TYPES and kind != IMAGE_TYPE:
        message = f"channel '{name}' has the content type {kind}; {IMAGE_TYPE} is documented for channels"
        yield Problem("C269", path, message, f"write {IMAGE_TYPE}", PAGE, "warning")


def _image_modes(channels: Mapping[str, tuple[int, Mapping[str, Any]]], mode: object) -> Iterator[Problem]:
    """What is wrong with how image files are read, once for all channels that are read alike."""
    for kind in ("Pipe", "FastFile"):
        read = {name: place for name, place in channels.items() if _mode(place[1], mode) == kind}
        if not read:
            continue
        names = ", ".join(f"'{name}'" for name in read)
        subject = f"channel {names} is" if len(read) == 1 else f"channels {names} are"
        index, channel = next(iter(read.values()))
        place: Path = ("AlgorithmSpecification", "TrainingInputMode")
        if "InputMode" in channel:
            place = (_MEMBER, index, "InputMode")
        if kind == "Pipe":
            message = f"{subject} read in Pipe mode, which image files cannot be"
            yield _refused(place, message, "write File, or use RecordIO or an augmented manifest")
        else:
            message = f"{subject} read in FastFile mode, which is not documented for the algorithm"
            yield Problem("C282", place, message, "write File to be sure", PAGE, "warning")


def _manifest(
    name: str, channel: Mapping[str, Any], source: Mapping[str, Any], path: Path
) -> Iterator[Problem]:
    wrapper = channel.get("RecordWrapperType", "None")
    if isinstance(wrapper, str) and wrapper != "RecordIO":
        message = f"channel '{name}' does not wrap what its manifest names as RecordIO"
        place = (*path, "RecordWrapperType") if "RecordWrapperType" in channel else path
        yield _refused(place, message, "write RecordWrapperType RecordIO")
    attributes = source.get("AttributeNames")
    place = (*path, "DataSource", "S3DataSource")
    if attributes is None:
        message = f"channel '{name}' does not say which attributes of its manifest to read"
        yield _refused(place, message, 'add AttributeNames: ["source-ref", "class"]')
    elif isinstance(attributes, list) and len(attributes) != 2:
        message = f"channel '{name}' reads {len(attributes)} attributes of its manifest, and needs 2"
        hint = "name the image and then its label, such as source-ref and class"
        yield _refused((*place, "AttributeNames"), message, hint)


def _mode(channel: Mapping[str, Any], mode: object) -> object:
    return channel.get("InputMode", mode)


def _refused(path: Path, message: str, hint: str) -> Problem:
    return Problem("C219", path, message, hint, PAGE)
