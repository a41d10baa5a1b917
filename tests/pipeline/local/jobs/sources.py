"""Sources of training scripts, for tests."""

from __future__ import annotations

import io
import tarfile
import textwrap
from typing import Any

IMAGE = {"TrainingImage": "1.dkr.ecr.us-east-1.amazonaws.com/script:1", "TrainingInputMode": "File"}


def source(**files: str) -> bytes:
    """A sourcedir.tar.gz; in a file's name `__` stands for the dot."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            content = textwrap.dedent(text).encode()
            member = tarfile.TarInfo(name.replace("__", "."))
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def members(archive: bytes) -> dict[str, bytes]:
    """The files of an archive."""
    found = {}
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        for member in tar:
            if (content := tar.extractfile(member)) is not None:
                found[member.name] = content.read()
    return found


def channel(name: str, uri: str, **source: str) -> dict[str, Any]:
    return {
        "ChannelName": name,
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri, **source}},
    }
