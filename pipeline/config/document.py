"""YAML text to nodes that remember their places.

Reads the core of YAML 1.2: no, on and yes are texts, 1e-4 is a number, 12:30 is not. Tags are refused,
aliases are bounded, and the merge key `<<` works.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from pipeline.config.node import Block, Entry, Items, Node, Scalar, Value
from pipeline.config.source import Mark, Source, finding
from pipeline.errors import ConfigError, Finding

_MAX_DEPTH = 32
_MAX_NODES = 10_000
"""Enough for any config, and little enough that aliases of aliases cannot fill the memory."""

_INTEGER = re.compile(r"[-+]?[0-9]+")
_LONGEST_NUMBER = 400
"""Characters. Python refuses to make an int of thousands of digits."""

_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_CONSTANTS: dict[str, Value] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", "+.inf"), float("inf")),
    "-.inf": float("-inf"),
    ".nan": float("nan"),
}
_PLAIN = "plain"
_TEXT = "tag:yaml.org,2002:str"
_COLLECTIONS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")


def plain_value(text: str) -> Value:
    """What a text without quotes means."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if len(text) > _LONGEST_NUMBER:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


@dataclass(frozen=True)
class Document:
    """What files hold.

    Attributes:
        root: The top-level mapping.
        findings: What is wrong, and leaves the rest readable: codes C001 (an escape), C004, C005 and C010.
    """

    root: Block
    findings: tuple[Finding, ...] = ()


def parse(source: Source) -> Document:
    """The content of a file. Of keys that appear twice it has the first.

    Raises:
        ConfigError: Nothing more can be said about the file: codes C001, C003, C006 and C103.
    """
    root = _compose(source)
    if root is None:
        hint = "see config/pipeline.yaml for what it can hold"
        raise ConfigError(finding("C003", "the file is empty", Mark(source, 1, 1).place, hint=hint))
    reader = _Reader(source)
    node = reader.node(root, 0)
    findings = tuple(dict.fromkeys(reader.findings))  # an alias repeats what is wrong
    if not isinstance(node, Block):
        message = "the file holds no keys with values, such as `name: my-pipeline`"
        raise ConfigError(*findings, finding("C003", message, node.mark))
    if any(one.code == "C103" for one in findings):
        # Without what a merge key should bring in, half of the config would seem to be missing.
        raise ConfigError(*findings)
    return Document(node, findings)


class _Loader(yaml.SafeLoader):
    """PyYAML's composer, which tells plain scalars from others and stops at the depth limit."""

    _depth = 0

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> str:
        if kind is yaml.ScalarNode and implicit[0]:
            return _PLAIN
        return str(super().resolve(kind, value, implicit))  # type: ignore[no-untyped-call]

    def compose_node(self, parent: Any, index: Any) -> Any:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, _TOO_DEEP, mark)
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


_TOO_DEEP = f"more than {_MAX_DEPTH} levels of nesting"


def _compose(source: Source) -> yaml.Node | None:
    text = "\n".join(source.lines)
    try:
        return yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise ConfigError(_syntax_error(source, error)) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        column = error.position - text.rfind("\n", 0, error.position)
        message = f"character U+{error.character:04X} is not allowed in YAML"
        raise ConfigError(finding("C001", message, Mark(source, line, column), hint="remove it")) from error
    except (ValueError, OverflowError) as error:
        # PyYAML lets chr() fail on an escape beyond Unicode, such as "\UFFFFFFFF".
        message = "an escape in this file stands for no character"
        raise ConfigError(finding("C001", message, Mark(source, 1, 1).place)) from error


def _syntax_error(source: Source, error: yaml.MarkedYAMLError) -> Finding:
    problem = error.problem or "this is not YAML"
    mark = error.problem_mark or error.context_mark
    where = Mark(source, mark.line + 1, mark.column + 1) if mark else Mark(source, 1, 1)
    if problem == _TOO_DEEP:
        return finding("C006", problem, where, hint="indent less")
    details: tuple[tuple[str, str], ...] = ()
    if error.context and error.context_mark:
        at = Mark(source, error.context_mark.line + 1, error.context_mark.column + 1)
        details = (("note", f"{error.context} at {at.place}"),)
    return finding("C001", problem, where, details=details, hint=_syntax_hint(source, where, problem))


def _syntax_hint(source: Source, where: Mark, problem: str) -> str:
    line = source.lines[where.line - 1] if where.line <= len(source.lines) else ""
    if "\t" in line[: where.column]:
        return "indent with spaces, not with a tab"
    if "mapping values are not allowed" in problem:
        return "put a text that contains ': ' in quotes, or check the indentation here and one line above"
    if "could not find expected ':'" in problem:
        return "write a colon and a space after the key"
    return "check the indentation, quotes and brackets here and one line above"


class _Reader:
    """Turns PyYAML's nodes into ours, and collects what is wrong with them."""

    def __init__(self, source: Source) -> None:
        self.findings: list[Finding] = []
        self._source = source
        self._nodes = 0

    def node(self, node: yaml.Node, depth: int) -> Node:
        """Our node for one of PyYAML's."""
        mark = self._mark(node)
        self._nodes += 1
        if self._nodes > _MAX_NODES or depth > _MAX_DEPTH:
            message = f"more than {_MAX_NODES} values, counting what aliases repeat"
            raise ConfigError(*self.findings, finding("C006", message, mark, hint="repeat less by aliases"))
        self._refuse_tag(node, mark)
        if isinstance(node, yaml.MappingNode):
            return self._block(node, mark, depth)
        if isinstance(node, yaml.SequenceNode):
            return Items(tuple(self.node(item, depth + 1) for item in node.value), mark)
        text = self._text(str(node.value), mark)
        plain = node.tag == _PLAIN
        return Scalar(plain_value(text) if plain else text, text, plain, mark)

    def _block(self, node: yaml.MappingNode, mark: Mark, depth: int) -> Block:
        entries: dict[str, Entry] = {}
        inherited: dict[str, Entry] = {}
        for key_node, value_node in node.value:
            key = self.node(key_node, depth + 1)
            value = self.node(value_node, depth + 1)
            if isinstance(key, Scalar) and key.plain and key.text == "<<":
                inherited |= self._merge(value)
            elif not isinstance(key, Scalar) or not isinstance(key.value, str):
                text = key.text if isinstance(key, Scalar) else "this"
                hint = "put it in quotes" if isinstance(key, Scalar) else "write one word before the colon"
                self.findings.append(
                    finding("C010", f"{text or 'nothing'} is not text, as a key must be", key.mark, hint=hint)
                )
            elif key.value in entries:
                first = entries[key.value].key_mark.place
                note = f"first at {first}; YAML would silently keep the second"
                message = f"'{key.value}' appears twice in this mapping"
                self.findings.append(
                    finding("C004", message, key.mark, details=(("note", note),), hint="keep one of them")
                )
            else:
                entries[key.value] = Entry(key.value, key.mark, value)
        return Block(inherited | entries, mark)

    def _merge(self, value: Node) -> dict[str, Entry]:
        """The entries that a merge key brings in. Of several mappings the first wins, as YAML says."""
        sections = value.items if isinstance(value, Items) else (value,)
        entries: dict[str, Entry] = {}
        for section in reversed(sections):
            if isinstance(section, Block):
                entries |= section.entries
            else:
                self.findings.append(finding("C103", "'<<' takes an alias of a mapping", section.mark))
        return entries

    def _refuse_tag(self, node: yaml.Node, mark: Mark) -> None:
        if node.tag not in (_PLAIN, _TEXT, *_COLLECTIONS):
            tag = node.tag.replace("tag:yaml.org,2002:", "!!")
            hint = "remove the tag: a config is plain data"
            self.findings.append(finding("C005", f"the tag {tag} is not allowed", mark, hint=hint))

    def _text(self, text: str, mark: Mark) -> str:
        """The text, unless an escape has put half a character into it."""
        try:
            text.encode()
        except UnicodeEncodeError:
            message = "an escape stands for half a character"
            self.findings.append(finding("C001", message, mark, hint="write the character itself"))
            return ""
        return text

    def _mark(self, node: yaml.Node) -> Mark:
        start, end = node.start_mark, node.end_mark
        width = end.column - start.column if end.line == start.line else 1
        if end.line != start.line and start.line < len(self._source.lines):
            width = len(self._source.lines[start.line].rstrip()) - start.column
        return Mark(self._source, start.line + 1, start.column + 1, max(1, width))
