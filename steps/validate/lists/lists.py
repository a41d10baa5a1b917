"""The files that tell the algorithm and the transform job which images to take."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from steps.container import ProgramError, writing_atomically
from steps.validate.wording import visible

_BREAKS = frozenset("\t\n\r")


def write_lst(file: Path, images: Iterable[tuple[int, str]]) -> int:
    r"""Writes a .lst file: one line an image, `<number from 0>\t<class index>\t<path under the channel>`.

    https://docs.aws.amazon.com/sagemaker/latest/dg/image-classification.html

    Args:
        file: Where to.
        images: Class index and path of each, in the order to list them.

    Returns:
        How many images it lists.

    Raises:
        ProgramError: A path does not fit into a line.
    """
    row = -1
    with writing_atomically(file) as lst:
        for row, (index, path) in enumerate(images):
            if not _BREAKS.isdisjoint(path):
                raise ProgramError(
                    f"'{visible(path)}' cannot be listed: a .lst file has one line an image, "
                    "and a tab before its path\n  hint: rename the file"
                )
            line = f"{row}\t{index}\t{path}\n"
            # A name that is no UTF-8 is given back the bytes that it has on disk.
            lst.write(line.encode("utf-8", "surrogateescape"))
    return row + 1


def write_manifest(file: Path, uri: str, paths: Iterable[str]) -> None:
    """Writes a manifest as S3DataType ManifestFile takes it: the common prefix, then the paths under it.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TransformS3DataSource.html
    """
    with writing_atomically(file) as manifest:
        prefix = json.dumps({"prefix": f"{uri.rstrip('/')}/"}, ensure_ascii=False)
        manifest.write(f"[\n{prefix}".encode())
        for path in paths:
            # What is no UTF-8 becomes \udcXX, which is what JSON itself would write.
            manifest.write(f",\n{json.dumps(path, ensure_ascii=False)}".encode("utf-8", "backslashreplace"))
        manifest.write(b"\n]\n")
