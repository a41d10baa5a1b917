"""An earlier model to train on from: the `model` channel, with a model.tar.gz of this trainer."""

from __future__ import annotations

import hashlib
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from torch import Tensor

from steps.container import ProgramError
from steps.model import artifact, weights
from steps.model.artifact import DESCRIPTION_FILE, WEIGHTS_FILE, ArtifactError, Description
from steps.model.weights import WeightsError
from steps.train.hyperparameters import Hyperparameters
from steps.train.problems import customer_error

LARGEST = 1 << 31
"""Bytes of a file in the archive. A ResNet-200 has 260 MB."""

_PUBLISHED = ".params"
_DAMAGE = (tarfile.TarError, OSError, EOFError, zlib.error)


@dataclass(frozen=True)
class EarlierModel:
    """A model that fits the hyperparameters.

    Attributes:
        state: All of the network's weights, those of the classifier too.
        origin: What model.json is to tell of it.
    """

    state: dict[str, Tensor]
    origin: dict[str, Any]


def read(folder: Path, given: Hyperparameters) -> EarlierModel:
    """The model in the channel. Nothing is unpacked to disk, and nothing in it can run.

    Args:
        folder: The channel.
        given: What its layers, image shape and classes must be.

    Raises:
        ProgramError: There is not one model.tar.gz, it is no model, or it differs; lists all differences.
    """
    file = _archive(folder)
    files = _unpacked(file)
    missing = [name for name in (DESCRIPTION_FILE, WEIGHTS_FILE) if name not in files]
    if missing:
        raise _unusable([f"{file.name} has no {' and no '.join(missing)}; {_hint(files)}"])
    try:
        description = artifact.parse(files[DESCRIPTION_FILE], f"{file.name}/{DESCRIPTION_FILE}")
        _compare(description, given)
        state = weights.parse(files[WEIGHTS_FILE], f"{file.name}/{WEIGHTS_FILE}")
    except (ArtifactError, WeightsError) as error:
        raise _unusable([str(error)]) from error
    with file.open("rb") as archive:
        digest = hashlib.file_digest(archive, "sha256").hexdigest()
    return EarlierModel(state, {"source": "model", "file": file.name, "sha256": digest})


def _archive(folder: Path) -> Path:
    found = sorted(path for path in folder.iterdir() if path.name.endswith(".tar.gz"))
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise _unusable([f"exactly one model.tar.gz is needed in {folder}; found {names}"])
    return found[0]


def _unpacked(file: Path) -> dict[str, bytes]:
    """The files that are needed, and beside them, empty, all that come before them in the archive.

    A member is looked at by its name and never written, so links and paths that lead elsewhere do nothing.
    """
    files: dict[str, bytes] = {}
    wanted = {DESCRIPTION_FILE, WEIGHTS_FILE}
    try:
        with tarfile.open(file, "r|gz") as archive:
            for member in archive:
                name = str(PurePosixPath(member.name))
                files.setdefault(name, b"")
                if name in wanted:
                    files[name] = _content(archive, member)
                    wanted.remove(name)
                if not wanted:
                    break
    except _DAMAGE as error:
        raise _unusable([f"{file.name} is no .tar.gz file: {error}"]) from error
    return files


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    content = archive.extractfile(member) if member.isreg() else None
    if content is None or member.size > LARGEST:
        why = "is no file" if content is None else f"has more than {LARGEST:,} bytes"
        raise _unusable([f"{member.name} in the archive {why}"])
    return content.read()


def _hint(files: dict[str, bytes]) -> str:
    if any(name.endswith(_PUBLISHED) for name in files):
        return "it is a model of AWS's own container, and the local trainer reads only its own"
    return "give the model.tar.gz of an earlier training job"


def _compare(description: Description, given: Hyperparameters) -> None:
    pairs = [
        ("num_layers", given.num_layers, description.num_layers),
        ("image_shape", _text(given.image_shape), _text(description.preprocessing.image_shape)),
        ("num_classes", given.num_classes, len(description.labels)),
    ]
    problems = [
        f"{name} is {wanted}, but the model has {has}" for name, wanted, has in pairs if wanted != has
    ]
    if problems:
        raise _unusable(problems)


def _text(shape: tuple[int, int, int]) -> str:
    return ",".join(map(str, shape))


def _unusable(problems: list[str]) -> ProgramError:
    return customer_error("the model in the model channel cannot be trained on", problems)
