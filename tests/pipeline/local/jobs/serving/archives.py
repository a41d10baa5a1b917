"""Archives of models with scripts, for tests."""

from __future__ import annotations

import io
import tarfile
import textwrap
from collections.abc import Mapping


def archive(files: Mapping[str, str]) -> bytes:
    """A tar.gz of files by their paths."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            content = textwrap.dedent(text).encode()
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
