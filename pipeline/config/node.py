"""Values of a config that remember where they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.config.source import Mark

Value = str | int | float | bool | None
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Scalar:
    """A single value.

    Attributes:
        value: What the text means.
        text: As it is written, without quotes.
        plain: True where it is written without quotes, so that its text decides its type.
        mark: Where it stands.
    """

    value: Value
    text: str
    plain: bool
    mark: Mark


@dataclass(frozen=True)
class Items:
    """A list."""

    items: tuple[Node, ...]
    mark: Mark


@dataclass(frozen=True)
class Entry:
    """A key with its value."""

    key: str
    key_mark: Mark
    value: Node


@dataclass(frozen=True)
class Block:
    """A mapping."""

    entries: Mapping[str, Entry]
    mark: Mark


Node = Scalar | Items | Block


def plain_data(node: Node) -> object:
    """The value without its places: what a validator takes."""
    if isinstance(node, Block):
        return {key: plain_data(entry.value) for key, entry in node.entries.items()}
    if isinstance(node, Items):
        return [plain_data(item) for item in node.items]
    return node.value


def find(node: Node, path: Sequence[str | int]) -> Node | None:
    """The node that the path leads to, if there is one."""
    for step in path:
        if isinstance(node, Block) and step in node.entries:
            node = node.entries[str(step)].value
        elif isinstance(node, Items) and isinstance(step, int) and 0 <= step < len(node.items):
            node = node.items[step]
        else:
            return None
    return node


def mark_of(root: Node, path: Sequence[str | int]) -> Mark:
    """Where the value at the path stands, or else the nearest value around it."""
    found = None
    length = len(path)
    while found is None:
        found = find(root, path[:length])
        length -= 1
    return found.mark


def key_mark_of(root: Node, path: Sequence[str | int]) -> Mark:
    """Where the last key of the path stands, or else the nearest value around it."""
    parent = find(root, path[:-1]) if path else None
    if isinstance(parent, Block) and path[-1] in parent.entries:
        return parent.entries[str(path[-1])].key_mark
    return mark_of(root, path)


def merged(base: Block, over: Block) -> Block:
    """`base` with what `over` says: mappings are merged, everything else is replaced."""
    entries = dict(base.entries)
    for key, entry in over.entries.items():
        below = entries[key].value if key in entries else None
        if isinstance(below, Block) and isinstance(entry.value, Block):
            entries[key] = Entry(key, entry.key_mark, merged(below, entry.value))
        else:
            entries[key] = entry
    return Block(entries, over.mark)
