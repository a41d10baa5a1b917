"""One hash that stands for a data set: the same for the same images, wherever they lie."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

# The first line that is hashed. Another way to hash needs another one.
_HEAD = b"imgpipe data set 1\n"


class Image(NamedTuple):
    """One image that can be used.

    Attributes:
        split: "train" or "validation".
        path: Under the split.
        sha256: Of its bytes; 32 bytes.
    """

    split: str
    path: str
    sha256: bytes


def content_hash(classes: Iterable[str], images: Iterable[Image]) -> str:
    r"""SHA-256, in 64 hexadecimal digits, of one line for each class and each image.

    The first line is `imgpipe data set 1\n`. Then come `class\t<name>\n` for the classes in the order of
    their indices, and `<split>\t<path>\t<sha256>\n` for the images. Names are bytes as the file system has
    them, UTF-8 as a rule, in which `\`, tab and line feed are written `\\`, `\t` and `\n`.

    Args:
        classes: Names of all classes.
        images: Sorted by split, then by the bytes of their path.
    """
    content = hashlib.sha256(_HEAD)
    for name in classes:
        content.update(b"class\t%s\n" % _written(name))
    for image in images:
        line = (image.split.encode(), _written(image.path), image.sha256.hex().encode())
        content.update(b"%s\t%s\t%s\n" % line)
    return content.hexdigest()


def _written(name: str) -> bytes:
    data = name.encode("utf-8", "surrogateescape")
    return data.replace(b"\\", b"\\\\").replace(b"\t", b"\\t").replace(b"\n", b"\\n")
