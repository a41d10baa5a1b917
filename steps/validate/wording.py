"""How numbers, counts and file names read in messages."""

from __future__ import annotations

import unicodedata


def grouped(number: int) -> str:
    """The number with a space between thousands, such as 10 240."""
    return f"{number:,}".replace(",", " ")


def counted(number: int, unit: str) -> str:
    """The number and its unit, such as "1 class" or "42 files"."""
    return f"{grouped(number)} {plural(number, unit)}"


def plural(number: int, unit: str) -> str:
    """The unit as it follows the number, such as "class" or "files"."""
    if number == 1:
        return unit
    return f"{unit}es" if unit.endswith(("s", "x")) else f"{unit}s"


def visible(name: str) -> str:
    """A file name in printable characters: control characters and bytes that are no UTF-8 become escapes."""
    name = name.encode("utf-8", "backslashreplace").decode()
    return "".join(
        c.encode("unicode_escape").decode() if unicodedata.category(c) == "Cc" else c for c in name
    )


def shortened(text: str, limit: int) -> str:
    """The text, its middle left out where it is longer than `limit` characters."""
    if len(text) <= limit:
        return text
    head = (limit - 1) // 2
    return f"{text[:head]}…{text[len(text) - (limit - 1 - head) :]}"
