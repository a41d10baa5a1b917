"""What the value of a hyperparameter can be. The algorithm gets all of them as text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol


class Kind(Protocol):
    """A set of values and the texts that stand for them."""

    @property
    def words(self) -> str:
        """What a value is: a noun, or the choices."""

    @property
    def hint(self) -> str:
        """What to write instead of another text."""

    def read(self, text: str) -> object:
        """The value that a text stands for.

        Raises:
            ValueError: It stands for none.
        """


@dataclass(frozen=True)
class Whole:
    """A whole number from `least` up."""

    least: int = 1

    @property
    def words(self) -> str:
        """See Kind."""
        return f"a whole number from {self.least} up"

    @property
    def hint(self) -> str:
        """See Kind."""
        return f"write {self.least} or more, in digits"

    def read(self, text: str) -> int:
        """See Kind."""
        # Python's int() would also take 1_000, and digits of other scripts.
        if not re.fullmatch("[0-9]+", text) or int(text) < self.least:
            raise ValueError(text)
        return int(text)


@dataclass(frozen=True)
class Fraction:
    """A number from 0 to 1, both included."""

    @property
    def words(self) -> str:
        """See Kind."""
        return "a number from 0 to 1"

    @property
    def hint(self) -> str:
        """See Kind."""
        return "write it like 0.1"

    def read(self, text: str) -> float:
        """See Kind."""
        if not re.fullmatch(r"([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", text) or float(text) > 1:
            raise ValueError(text)
        return float(text)


@dataclass(frozen=True)
class OneOf:
    """One of a few words, numbers or truth values, written as Python writes them."""

    choices: tuple[str | int | bool, ...]

    @property
    def words(self) -> str:
        """See Kind."""
        *most, last = map(str, self.choices)
        return f"{', '.join(most)} or {last}"

    @property
    def hint(self) -> str:
        """See Kind."""
        return "write one of these"

    def read(self, text: str) -> str | int | bool:
        """See Kind."""
        for choice in self.choices:
            if str(choice) == text:
                return choice
        raise ValueError(text)


@dataclass(frozen=True)
class Numbers:
    """Whole numbers from 1 up, with commas between them.

    Attributes:
        noun: What they are.
        example: A text of them.
        count: How many there must be; None for any number from one up.
    """

    noun: str
    example: str
    count: int | None = None

    @property
    def words(self) -> str:
        """See Kind."""
        return self.noun

    @property
    def hint(self) -> str:
        """See Kind."""
        return f"write it like {self.example}"

    def read(self, text: str) -> tuple[int, ...]:
        """See Kind."""
        # AWS's page itself writes '3, 224, 224'.
        numbers = tuple(Whole().read(part.strip(" ")) for part in text.split(","))
        if self.count is not None and len(numbers) != self.count:
            raise ValueError(text)
        return numbers
