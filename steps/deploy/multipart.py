"""Several images in one body: multipart/form-data and multipart/mixed (RFC 2046, RFC 7578).

The body is in memory and of limited size already, so it is split rather than parsed: that costs a few
searches, whatever the bytes are.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser

MAX_PARTS = 64
"""Images of one request; each becomes a row of a batch."""

MAX_HEADER_BYTES = 4096
"""Of one part: a few lines with a file's name."""

_LONGEST_BOUNDARY = 70  # RFC 2046, 5.1.1
_PLAIN = ("", "binary", "8bit", "7bit")


class MultipartError(ValueError):
    """The body is not what its Content-Type says; the text says why."""


@dataclass(frozen=True)
class Part:
    """One part of a body.

    Attributes:
        content_type: Its Content-Type header; "" where it has none.
        data: Its bytes.
    """

    content_type: str
    data: bytes


def split(body: bytes, content_type: str) -> list[Part]:
    """The parts of a body, in its order; at least one.

    Args:
        body: All of it.
        content_type: The header with its parameter `boundary`.

    Raises:
        MultipartError: It is cut off, has no part or too many, or is malformed.
    """
    delimiter = b"\r\n--" + _boundary(content_type)
    # The first delimiter may stand at the very beginning. What comes before it is not part of the message.
    _, *pieces = (b"\r\n" + body).split(delimiter, MAX_PARTS + 1)
    parts = []
    for number, piece in enumerate(pieces, 1):
        if piece.startswith(b"--"):
            break
        if number > MAX_PARTS:
            raise MultipartError(f"it has more than {MAX_PARTS} parts")
        parts.append(_part(piece, number))
    else:
        raise MultipartError("it has no closing boundary: it is cut off, or its lines do not end with CRLF")
    if not parts:
        raise MultipartError("it has no parts")
    return parts


def _boundary(content_type: str) -> bytes:
    header = Message()
    header["Content-Type"] = content_type
    try:
        boundary = header.get_boundary("").encode("ascii")
    except (UnicodeError, ValueError) as error:
        raise MultipartError("the boundary in its Content-Type cannot be read") from error
    if not 1 <= len(boundary) <= _LONGEST_BOUNDARY:
        raise MultipartError(f"its Content-Type needs a boundary of 1 to {_LONGEST_BOUNDARY} characters")
    return boundary


def _part(piece: bytes, number: int) -> Part:
    """What follows a delimiter: blanks, the end of its line, header lines, an empty line, the data."""
    head, empty_line, data = piece.partition(b"\r\n\r\n")
    padding, _, lines = head.partition(b"\r\n")
    if not empty_line or padding.strip(b" \t"):
        raise MultipartError(f"part {number} is malformed")
    if len(lines) > MAX_HEADER_BYTES:
        raise MultipartError(f"the headers of part {number} are over {MAX_HEADER_BYTES:,} bytes")
    headers = BytesHeaderParser().parsebytes(lines + b"\r\n\r\n")
    encoding = str(headers.get("Content-Transfer-Encoding", "")).strip().lower()
    if encoding not in _PLAIN:
        raise MultipartError(f"part {number} is encoded as {encoding:.40}; send the file's own bytes")
    return Part(str(headers.get("Content-Type", "")), data)
