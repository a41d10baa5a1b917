"""Where the script of a model is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

PROGRAM = "SAGEMAKER_PROGRAM"
SUBMIT_DIRECTORY = "SAGEMAKER_SUBMIT_DIRECTORY"

CODE = "code"
"""The folder of the source: in the model's own folder, or beside it if the source came from S3."""

_DEFAULT = "inference.py"


class BadSource(Exception):
    """The script that is asked for is not there; the text says so."""


@dataclass(frozen=True)
class Source:
    """The source of a model's script.

    Attributes:
        folder: Its folder, which may not be there.
        module: The module of its functions; None if there is none.
    """

    folder: Path
    module: str | None


def find_source(variables: Mapping[str, str], base: Path) -> Source:
    """The source that a container's variables name.

    Args:
        variables: Of the container; paths in them are those of this machine.
        base: What stands for /opt/ml.

    Raises:
        BadSource: SAGEMAKER_PROGRAM is not in it.
    """
    folder = _folder(variables.get(SUBMIT_DIRECTORY, ""), base)
    asked = variables.get(PROGRAM, "")
    program = PurePosixPath(asked or _DEFAULT)
    module = ".".join(program.with_suffix("").parts if program.suffix == ".py" else program.parts)
    file = folder / program.with_suffix(".py")
    is_inside = not program.is_absolute() and ".." not in program.parts
    if is_inside and (file.is_file() or (folder / "setup.py").is_file()):
        return Source(folder, module)
    if asked:
        raise BadSource(f"{PROGRAM} {asked!r} is not a file of {folder}")
    return Source(folder, None)


def comes_from_s3(submit_directory: str) -> bool:
    """Whether a source is to be downloaded."""
    return submit_directory.startswith("s3://")


def _folder(submit_directory: str, base: Path) -> Path:
    if comes_from_s3(submit_directory):
        return base / CODE
    return Path(submit_directory) if submit_directory else base / "model" / CODE
