r"""The patterns of AWS's service models: regular expressions of Java, read by Python.

A value must match the whole pattern, whether or not it is written with anchors: CreateTrainingJob refuses
'a_b' by `^[a-zA-Z0-9](-*[a-zA-Z0-9])*` (github.com/aws/sagemaker-python-sdk/issues/384). As in Java, `\w`,
`\d` and `\s` stand for ASCII only, and a dot for anything but the end of a line.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import groupby

_TOKEN = re.compile(
    r"""(?P<category>\\p\{(?P<name>\w+)\})
      | (?P<escaped>\\u[0-9A-Fa-f]{4}|\\.)
      | (?P<open>\[\^?)
      | (?P<close>\])
      | (?P<group>\(\?(?:<?[=!]|:))
      | (?P<times>\{\d+(?:,\d*)?\})
      | (?P<plain>.)""",
    re.VERBOSE | re.DOTALL,
)

# Java writes characters beyond U+FFFF as pairs of surrogates; Python has them as they are.
_SURROGATES = (r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")
# Some patterns repeat the end of the text, which says nothing and which Python refuses.
_REPEATED_END = re.compile(r"(?<!\\)\$\{\d+,?\d*\}$")

_POSIX = {"Alnum": "a-zA-Z0-9", "Alpha": "a-zA-Z", "Digit": "0-9", "Upper": "A-Z", "Lower": "a-z"}
_ASCII = {
    "L": "a-zA-Z",
    "M": "",
    "N": "0-9",
    "P": r"!-#%-*,-/:;?@\[-\]_{}",
    "S": r"$+<->\^`|~",
    "Z": " ",
}
"""The general categories of Unicode among ASCII characters, as the inside of a character class."""


def matches(pattern: str, text: str) -> bool | None:
    """Whether a text has the form that a pattern asks for; None for a pattern that cannot be read."""
    compiled = _compiled(pattern, text.isascii())
    return None if compiled is None else compiled.fullmatch(text) is not None


def forbids(pattern: str, text: str) -> bool:
    """Whether no text with this part in it can match: the part has a character that the pattern never takes.

    False where this cannot be told.
    """
    alphabet = _alphabet(pattern, text.isascii())
    return alphabet is not None and not all(alphabet.fullmatch(character) for character in set(text))


@cache
def _compiled(pattern: str, ascii_only: bool) -> re.Pattern[str] | None:
    try:
        return re.compile("".join(_translated(pattern, ascii_only)), re.ASCII)
    except (re.error, LookupError, OverflowError):
        return None


def _tokens(pattern: str) -> Iterator[tuple[str, str, bool]]:
    """Kind and text of each token, and whether it stands in a character class."""
    inside = False
    for match in _TOKEN.finditer(_REPEATED_END.sub("$", pattern.replace(*_SURROGATES))):
        kind = match.lastgroup if match.lastgroup != "name" else "category"
        assert kind is not None
        yield ("category", match["name"], inside) if match["category"] else (kind, match[0], inside)
        inside = kind == "open" or (inside and kind != "close")


def _translated(pattern: str, ascii_only: bool) -> Iterator[str]:
    for kind, text, inside in _tokens(pattern):
        if kind == "category":
            members = _members(text, ascii_only)
            yield members if inside else f"[{members}]"
        elif kind == "open" and inside:
            yield "\\["
        else:
            yield text if kind != "plain" or inside or text != "." else r"[^\n\r\u0085\u2028\u2029]"


def _members(category: str, ascii_only: bool) -> str:
    """The characters of a category such as L or Alnum, as the inside of a character class.

    Raises:
        LookupError: It is none that patterns of AWS use.
    """
    if category in _POSIX:
        return _POSIX[category]
    return _ASCII[category] if ascii_only else _unicode()[category]


@cache
def _unicode() -> dict[str, str]:
    # Only for text beyond ASCII: reading all of Unicode takes 0.2 s.
    ranges: dict[str, list[str]] = {name: [] for name in _ASCII}
    points = ((unicodedata.category(chr(point))[0], point) for point in range(sys.maxunicode + 1))
    for category, group in groupby(points, key=lambda one: one[0]):
        if category in ranges:
            run = [point for _, point in group]
            ranges[category].append(f"\\U{run[0]:08x}-\\U{run[-1]:08x}")
    return {name: "".join(found) for name, found in ranges.items()}


@cache
def _alphabet(pattern: str, ascii_only: bool) -> re.Pattern[str] | None:
    """Matches each character that a pattern mentions; None if it takes others too."""
    if _compiled(pattern, ascii_only) is None:
        return None
    parts: list[str] = []
    for kind, text, inside in _tokens(pattern):
        if _takes_others(kind, text, inside):
            return None
        if inside:
            parts[-1] += _members(text, ascii_only) if kind == "category" else text
        elif kind == "category":
            parts.append(f"[{_members(text, ascii_only)}]")
        elif kind == "open" or kind == "escaped":
            parts.append(text)
        elif kind == "plain" and text not in "()|*+?^$":
            parts.append(re.escape(text))
    return re.compile("|".join(dict.fromkeys(parts)), re.ASCII) if parts else None


def _takes_others(kind: str, text: str, inside: bool) -> bool:
    if kind == "group":
        return text != "(?:"
    return text in ("[^", r"\S", r"\W", r"\D") or (text == "." and kind == "plain" and not inside)
