"""Config files and the files that they extend, as one tree of nodes."""

from __future__ import annotations

import os
import re
from pathlib import Path

from pipeline.config.document import Document, parse
from pipeline.config.node import Block, Entry, Scalar, merged
from pipeline.config.source import Mark, Source, finding
from pipeline.errors import ConfigError, Place

_MAX_BYTES = 256 * 1024
"""A config has a few hundred lines. PyYAML needs seconds for a megabyte."""

_MAX_FILES = 8
_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # those that YAML 1.1 and PyYAML's line numbers know


def read_tree(path: Path) -> Document:
    """The mapping of a file, laid over the mappings of the files that it extends.

    Raises:
        ConfigError: There is no such mapping: codes C001 to C003, C006, C007 and C103.
    """
    return _tree(path, None, ())


def _tree(path: Path, asked_by: Mark | None, opened: tuple[Path, ...]) -> Document:
    document = parse(_read(path, asked_by))
    block = document.root
    entry = block.entries.get("extends")
    if entry is None:
        return document
    own = Block({key: value for key, value in block.entries.items() if key != "extends"}, block.mark)
    opened = (*opened, path.resolve())
    try:
        below = _tree(_parent(path, entry, opened), entry.value.mark, opened)
    except ConfigError as error:
        raise ConfigError(*document.findings, *error.findings) from error
    return Document(merged(below.root, own), (*document.findings, *below.findings))


def _parent(path: Path, entry: Entry, opened: tuple[Path, ...]) -> Path:
    node = entry.value
    if not isinstance(node, Scalar) or not isinstance(node.value, str) or not node.value.strip():
        message = "extends takes the path of one other YAML file"
        raise ConfigError(finding("C007", message, node.mark, hint="write extends: other.yaml"))
    # normpath, so that errors in it say config/base.yaml and not config/team/../base.yaml.
    parent = Path(os.path.normpath(path.parent / node.value))
    if parent.resolve() in opened:
        circle = " → ".join(one.name for one in (*opened, parent))
        raise ConfigError(
            finding("C007", f"these files extend one another: {circle}", node.mark, hint="remove one extends")
        )
    if len(opened) >= _MAX_FILES:
        raise ConfigError(finding("C007", f"more than {_MAX_FILES} files extend one another", node.mark))
    return parent


def _read(path: Path, asked_by: Mark | None) -> Source:
    """The text of a file. Whoever extends it is told if that fails."""
    reason, hint = "", None
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            reason, hint = f"is larger than {_MAX_BYTES // 1024} KiB", "is this the right file?"
        else:
            text = content.decode("utf-8-sig")
            return Source(str(path), tuple(_LINE_END.split(text)))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        reason = f"is not UTF-8: byte 0x{content[error.start]:02x} in line {line}"
        hint = "save the file as UTF-8"
    except (OSError, ValueError) as error:  # ValueError: the path holds a NUL
        reason = _os_reason(error)
        hint = (
            "check the path; -c names another file"
            if asked_by is None
            else "the path starts at the file that says extends"
        )
    where = asked_by or Place(str(path), 1, 1)
    code = "C002" if asked_by is None else "C007"
    raise ConfigError(finding(code, f"{path} {reason}", where, hint=hint))


def _os_reason(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "does not exist"
    if isinstance(error, IsADirectoryError):
        return "is a folder, not a file"
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"cannot be read: {text.lower()}"
