"""Bytes of a program's output, as the lines of a log."""

from __future__ import annotations

LINE_LIMIT = 262_118
"""Bytes of one line. CloudWatch Logs takes 256 KiB an event and counts 26 bytes of its own (PutLogEvents)."""

_CUT = " … (cut: the line is longer than a log event may be)"


class LineSplitter:
    """Cuts a stream of bytes into lines; keeps an unfinished one for the next call.

    Only a newline ends a line, as with the container log that SageMaker reads. What is not UTF-8 is replaced.
    A line that is too long is cut, and never held in full.

    Args:
        limit: Bytes of one line at most.
    """

    def __init__(self, limit: int = LINE_LIMIT) -> None:
        self._limit = limit
        self._keep = limit - len(_CUT.encode())
        self._rest = bytearray()
        self._cut = False

    def feed(self, data: bytes) -> list[str]:
        """Take the next bytes; return the lines that they end."""
        *ended, rest = data.split(b"\n")
        lines = []
        for part in ended:
            self._add(part)
            lines.append(self._take())
        self._add(rest)
        return lines

    def flush(self) -> list[str]:
        """Return the unfinished last line, if there is one."""
        return [self._take()] if self._rest else []

    def _add(self, part: bytes) -> None:
        self._rest += part[: self._limit + 1 - len(self._rest)]
        self._cut = self._cut or len(self._rest) > self._limit

    def _take(self) -> str:
        kept = self._rest[: self._keep] if self._cut else self._rest
        text = kept.decode("utf-8", "replace").removesuffix("\r")
        if self._cut:
            text += _CUT
        self._rest.clear()
        self._cut = False
        return text
