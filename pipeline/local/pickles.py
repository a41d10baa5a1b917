"""Parts of moto's state as bytes: without the entries of shelves, and large contents as files of their own.

It leans on these internals of moto 5.2: the `_value_buffer` of a `FakeKey`, a file, and its `lock`, `_etag`,
`contentsize` and `disposed`; the `log_group` of a `LogStream`; and that all else of the services that are
kept can be pickled.
"""

from __future__ import annotations

import copyreg
import io
import pickle
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakValueDictionary

from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from moto.logs.models import LogStream
from moto.s3.models import FakeKey

from pipeline.local.contents import Content, Contents
from pipeline.local.shelves import KeyShelf, Shelf, Tail, UploadShelf

# A content of up to this many bytes lies in its object's record: a file of its own takes longer.
_INLINE = 16 * 1024
# A dictionary that grows while it is pickled makes the pickle fail; the next try meets another moment.
_ATTEMPTS = 5
# moto's keys of KMS hold these, which cannot be pickled by themselves.
_PRIVATE_KEYS = (openssl.rsa.RSAPrivateKey, openssl.ec.ECPrivateKey, openssl.ed25519.Ed25519PrivateKey)
# moto's queues hold locks.
_LOCK, _RLOCK = type(threading.Lock()), type(threading.RLock())


@dataclass
class Pickled:
    """One pickle, and what belongs to it.

    Attributes:
        body: The pickle.
        contents: Names of the contents that it refers to.
        grown: Tails, how many of their items are then kept, and a pickle of the new items.
    """

    body: bytes = b""
    contents: list[str] = field(default_factory=list)
    grown: list[tuple[Tail, int, bytes]] = field(default_factory=list)


def spill(key: FakeKey, contents: Contents) -> Content | None:
    """Move a large content from memory to a file, which moto reads from then on.

    Returns:
        The content, if it has been moved now.

    Raises:
        OSError: It cannot be written.
    """
    with key.lock:
        buffer = key._value_buffer
        if isinstance(buffer, Content) or buffer.closed:
            return None
        if key._etag is None:
            # moto computes it at the first look, without holding the lock.
            key.etag  # noqa: B018
        if key.contentsize <= _INLINE:
            return None
        # No copy is made of what lies in memory.
        content = contents.write(buffer.getvalue() if isinstance(buffer, io.BytesIO) else buffer)
        key._value_buffer = content
        buffer.close()
    if key.disposed:
        content.close()
    return content


class Pickles:
    """Writes and reads pickles.

    A shelf or tail that is known is not made anew by reading: what is in it stays.

    Args:
        contents: The contents of large objects.
    """

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._shelves: WeakValueDictionary[str, Any] = WeakValueDictionary()
        self._tails: WeakValueDictionary[str, Tail] = WeakValueDictionary()

    def dump(self, value: object) -> Pickled:
        """Pickle a part of moto's state.

        Raises:
            OSError: A content cannot be written.
        """
        for attempt in range(_ATTEMPTS):
            writing = _Writing(self._contents)
            try:
                result = writing.dump(value)
            except RuntimeError:
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                self._shelves.update(writing.shelves)
                self._tails.update(writing.tails)
                return result
        raise AssertionError

    def load(self, body: bytes) -> Any:
        """The value of a pickle.

        Raises:
            Exception: Whatever reading a damaged pickle raises.
        """
        return _Unpickler(body, self).load()

    def find_shelf(self, place: str) -> Any:
        """The shelf of a place, or None."""
        return self._shelves.get(place)

    def find_tail(self, place: str) -> Tail | None:
        """The tail of a place, or None."""
        return self._tails.get(place)

    def make_key(self, state: dict[str, Any], content: bytes | tuple[str, int]) -> FakeKey:
        """An object of S3."""
        # Not by its constructor: moto holds on for ever to what is made so.
        key = object.__new__(_Restored)
        key.__dict__.update(state)
        if isinstance(content, bytes):
            key._value_buffer = io.BytesIO(content)
        else:
            key._value_buffer = self._contents.find(*content)
        key.lock = threading.Lock()
        return key

    def make_shelf(self, kind: type, place: str) -> Any:
        """The shelf of a place."""
        shelf = self._shelves.get(place)
        if shelf is None:
            self._shelves[place] = shelf = kind(place)
        return shelf

    def make_tail(self, place: str) -> Tail:
        """The tail of a place."""
        tail = self._tails.get(place)
        if tail is None:
            self._tails[place] = tail = Tail(place)
        return tail


class _Writing:
    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self.result = Pickled()
        self.shelves: dict[str, Any] = {}
        self.tails: dict[str, Tail] = {}

    def dump(self, value: object) -> Pickled:
        file = io.BytesIO()
        pickler = pickle.Pickler(file, protocol=pickle.HIGHEST_PROTOCOL)
        own: dict[type, Callable[[Any], Any]] = {
            FakeKey: self._key,
            LogStream: self._stream,
            Tail: self._tail,
            _Restored: self._key,
            _LOCK: _new_lock,
            _RLOCK: _new_lock,
            **dict.fromkeys(_PRIVATE_KEYS, _private_key),
            Shelf: self._shelf,
            KeyShelf: self._shelf,
            UploadShelf: self._shelf,
        }
        pickler.dispatch_table = {**copyreg.dispatch_table, **own}
        pickler.dump(value)
        self.result.body = file.getvalue()
        return self.result

    def _key(self, key: FakeKey) -> tuple[object, ...]:
        spill(key, self._contents)
        with key.lock:
            buffer = key._value_buffer
            state = key.__dict__.copy()
            del state["_value_buffer"], state["lock"]
            if buffer.closed:
                # A part of an upload that is complete, or an object that has just been replaced.
                return make_key, (state, b"")
            if isinstance(buffer, Content):
                self.result.contents.append(buffer.name)
                return make_key, (state, (buffer.name, buffer.size))
            buffer.seek(0)
            return make_key, (state, buffer.read())

    def _stream(self, stream: LogStream) -> tuple[object, ...]:
        # Its group is that of the shelf which it lies on.
        return make_stream, ({**stream.__dict__, "log_group": None},)

    def _tail(self, tail: Tail) -> tuple[object, ...]:
        self.tails[tail.place] = tail
        end = len(tail)
        if end > tail.kept:
            new = pickle.dumps(list(tail[tail.kept : end]), protocol=pickle.HIGHEST_PROTOCOL)
            self.result.grown.append((tail, end, new))
        return make_tail, (tail.place,)

    def _shelf(self, shelf: Any) -> tuple[object, ...]:
        self.shelves[shelf.place] = shelf
        return make_shelf, (type(shelf), shelf.place)


class _Unpickler(pickle.Unpickler):
    def __init__(self, body: bytes, pickles: Pickles) -> None:
        super().__init__(io.BytesIO(body))
        self._own: dict[str, Callable[..., Any]] = {
            make_key.__name__: pickles.make_key,
            make_shelf.__name__: pickles.make_shelf,
            make_tail.__name__: pickles.make_tail,
        }

    def find_class(self, module: str, name: str) -> Any:
        if module == __name__ and name in self._own:
            return self._own[name]
        return super().find_class(module, name)


class _Restored(FakeKey):
    """An object of S3 that was read back; it holds no file open, so nobody need dispose of it."""

    def __del__(self) -> None:
        self.dispose()


def _private_key(key: Any) -> tuple[object, ...]:
    form = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return make_private_key, (form,)


def make_private_key(form: bytes) -> object:
    """Make a private key anew."""
    return load_der_private_key(form, None)


def _new_lock(lock: object) -> tuple[object, ...]:
    return (threading.RLock if type(lock) is _RLOCK else threading.Lock), ()


def make_stream(state: dict[str, Any]) -> LogStream:
    """Make a log stream anew."""
    stream = object.__new__(LogStream)
    stream.__dict__.update(state)
    return stream


def make_key(*_: object) -> None:
    """Stands in a pickle for `Pickles.make_key`."""


def make_shelf(*_: object) -> None:
    """Stands in a pickle for `Pickles.make_shelf`."""


def make_tail(*_: object) -> None:
    """Stands in a pickle for `Pickles.make_tail`."""
