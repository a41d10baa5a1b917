"""How the instances of a job talk: messages over a socket, between two that have proved to be of the job.

Both prove by an HMAC over numbers that the other chose, so a stray connection is refused before it is read.
What is said is not encrypted: SageMaker does that where EnableInterContainerTrafficEncryption asks for it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import socket
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["alive", "piece", "end", "failed", "kept", "want"]

PIECE = 1 << 18
"""Bytes of a large file that one message carries."""

_KINDS: tuple[Kind, ...] = ("alive", "piece", "end", "failed", "kept", "want")
_HEAD = struct.Struct("!BI")
_NAME = struct.Struct("!B")
_NONCE = 32
_PROOF = 32


class WireError(Exception):
    """The other one is gone, is silent, is a stranger, or talks nonsense. The text says which."""


@dataclass(frozen=True)
class Message:
    """What one says to another.

    Attributes:
        kind: "alive" has nothing to say; "piece" is a part of a file; "end" follows the last one, with the
            SHA-256 of all; "failed" has a reason in UTF-8; "kept" answers "end"; "want" asks for a file.
        body: At most PIECE bytes.
    """

    kind: Kind
    body: bytes = b""


def send(connection: socket.socket, message: Message) -> None:
    """Sends a message.

    Raises:
        WireError: The other one is gone.
    """
    _write(connection, _HEAD.pack(_KINDS.index(message.kind), len(message.body)) + message.body)


def receive(connection: socket.socket) -> Message:
    """The next message; waits for it as long as the connection's timeout says.

    Raises:
        WireError: None comes.
    """
    kind, length = _HEAD.unpack(_read(connection, _HEAD.size))
    if kind >= len(_KINDS) or length > PIECE:
        raise WireError("it said something that is no message")
    return Message(_KINDS[kind], _read(connection, length))


def send_pieces(connection: socket.socket, pieces: Iterable[bytes]) -> None:
    """Sends a large content, in pieces of at most PIECE bytes.

    Raises:
        WireError: The other one is gone.
    """
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
        send(connection, Message("piece", piece))
    send(connection, Message("end", digest.digest()))


def receive_pieces(connection: socket.socket) -> Iterator[bytes]:
    """The pieces of a large content, whatever is said between them.

    Raises:
        WireError: They do not come, or are not what was sent; or the other one says why it cannot send them.
    """
    digest = hashlib.sha256()
    while (message := receive(connection)).kind != "end":
        if message.kind == "failed":
            raise WireError(message.body.decode("utf-8", "replace"))
        if message.kind == "piece":
            digest.update(message.body)
            yield message.body
    if message.body != digest.digest():
        raise WireError("what it sent was damaged on its way")


def introduce(connection: socket.socket, key: bytes, name: str) -> None:
    """Proves to the one that was called who is calling, and lets it prove itself.

    Raises:
        WireError: It is a stranger.
    """
    challenge = _read(connection, _NONCE)
    own, said = os.urandom(_NONCE), name.encode()
    _write(connection, _NAME.pack(len(said)) + said + own + _proof(key, b"peer", challenge, own, said))
    if not hmac.compare_digest(_read(connection, _PROOF), _proof(key, b"leader", challenge, own, said)):
        raise WireError("it does not belong to this job")


def welcome(connection: socket.socket, key: bytes) -> str:
    """The name of the one that calls, once it has proved who it is.

    Raises:
        WireError: It is a stranger.
    """
    challenge = os.urandom(_NONCE)
    _write(connection, challenge)
    (length,) = _NAME.unpack(_read(connection, _NAME.size))
    said, own = _read(connection, length), _read(connection, _NONCE)
    if not hmac.compare_digest(_read(connection, _PROOF), _proof(key, b"peer", challenge, own, said)):
        raise WireError("it does not belong to this job")
    _write(connection, _proof(key, b"leader", challenge, own, said))
    return said.decode()


def _proof(key: bytes, role: bytes, challenge: bytes, own: bytes, name: bytes) -> bytes:
    return hmac.digest(key, b"\0".join((role, challenge, own, name)), "sha256")


def _write(connection: socket.socket, data: bytes) -> None:
    try:
        connection.sendall(data)
    except OSError as error:
        raise WireError(f"the connection broke: {_why(error)}") from error


def _read(connection: socket.socket, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        try:
            part = connection.recv(min(length - len(data), PIECE))
        except TimeoutError as error:
            raise WireError(f"nothing came for {connection.gettimeout():g} s") from error
        except OSError as error:
            raise WireError(f"the connection broke: {_why(error)}") from error
        if not part:
            raise WireError("the connection ended")
        data += part
    return bytes(data)


def _why(error: OSError) -> str:
    return error.strerror or str(error)
