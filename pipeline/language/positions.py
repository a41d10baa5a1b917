"""Where every value of a JSON text stands in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from json.decoder import scanstring  # type: ignore[attr-defined]

from pipeline.language.problem import Path

_SPACE = re.compile(r"[ \t\n\r]*")
_SCALAR = re.compile(r"[^ \t\n\r,\]}]+")


@dataclass(frozen=True)
class Spot:
    """Where a value stands: offsets into the text, the ends exclusive.

    Attributes:
        start: Where the value begins.
        end: Where it ends.
        key: Where its key begins and ends, quotes included; None for an item of a list and for the whole.
    """

    start: int
    end: int
    key: tuple[int, int] | None = None


@dataclass(frozen=True)
class Positions:
    """All spots of a text.

    Attributes:
        spots: By path; of a repeated key the last, which is the one that readers of JSON keep.
        repeated: Paths of the keys that stand more than once in their object, once each, in order.
    """

    spots: dict[Path, Spot]
    repeated: tuple[Path, ...]


def read(text: str) -> Positions:
    """The positions in a valid JSON text that is not nested deeper than Python recurses."""
    reader = _Reader(text)
    reader.value(reader.skip(0), (), None)
    return Positions(reader.spots, tuple(reader.repeated))


@dataclass
class _Reader:
    """Reads one text once; every method takes the offset to begin at and returns the one after it."""

    text: str
    spots: dict[Path, Spot] = field(default_factory=dict)
    repeated: dict[Path, None] = field(default_factory=dict)

    def value(self, start: int, path: Path, key: tuple[int, int] | None) -> int:
        opening = self.text[start]
        if opening == "{":
            end = self.members(start + 1, path)
        elif opening == "[":
            end = self.items(start + 1, path)
        elif opening == '"':
            end = scanstring(self.text, start + 1)[1]
        else:
            match = _SCALAR.match(self.text, start)
            assert match is not None
            end = match.end()
        self.spots[path] = Spot(start, end, key)
        return end

    def members(self, at: int, path: Path) -> int:
        seen: set[str] = set()
        at = self.skip(at)
        while self.text[at] != "}":
            name, after = scanstring(self.text, at + 1)
            inside = (*path, name)
            if name in seen:
                self.repeated[inside] = None
            seen.add(name)
            value = self.skip(self.skip(after) + 1)
            at = self.next(self.value(value, inside, (at, after)))
        return at + 1

    def items(self, at: int, path: Path) -> int:
        index = 0
        at = self.skip(at)
        while self.text[at] != "]":
            at = self.next(self.value(at, (*path, index), None))
            index += 1
        return at + 1

    def next(self, at: int) -> int:
        """The next item or the closing bracket."""
        at = self.skip(at)
        return self.skip(at + 1) if self.text[at] == "," else at

    def skip(self, at: int) -> int:
        """What comes after the white space."""
        match = _SPACE.match(self.text, at)
        assert match is not None
        return match.end()
