"""Parts of moto's state as bytes: without the entries of shelves, and large contents as files of their own.

It leans on these internals of moto 5.2: the `_value_buffer`, `lock`, `_etag` and `contentsize` of a
`FakeKey`, the `log_group` of a `LogStream`, and that all else of the services that are kept can be pickled.
"""

from __future__ import annotations

import copyreg
import io
import pickle
import threading
from collections import ChainMap
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from moto.logs.models import LogStream
from moto.s3.models import FakeKey

from pipeline.local.contents import Content, Contents
from pipeline.local.shelves import KeyShelf, Shelf, Tail, UploadShelf

# A content of up to this many bytes lies in its object's record: a file of its own takes longer.
_INLINE = 16 * 1024
# A dictionary that grows while it is pickled makes the pickle fail; the next try meets another moment.
_ATTEMPTS = 5


@dataclass
class Pickled:
    """One pickle, and what belongs to it.

    Attributes:
        body: The pickle.
        contents: Names of the contents that it refers to.
        written: Contents that were written for it: the key, the buffer that it had, and the new content.
        grown: Tails, how many of their items are then kept, and a pickle of the new items.
    """

    body: bytes = b""
    contents: list[str] = field(default_factory=list)
    written: list[tuple[FakeKey, Any, Content]] = field(default_factory=list)
    grown: list[tuple[Tail, int, bytes]] = field(default_factory=list)


def dump(value: object, contents: Contents) -> Pickled:
    """Pickle a part of moto's state.

    Raises:
        OSError: A content cannot be written; nothing of it is left then.
    """
    for attempt in range(_ATTEMPTS):
        writing = _Writing(contents)
        try:
            return writing.dump(value)
        except BaseException as error:
            contents.remove([content.name for _, _, content in writing.result.written])
            if not isinstance(error, RuntimeError) or attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError


class _Writing:
    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self.result = Pickled()

    def dump(self, value: object) -> Pickled:
        file = io.BytesIO()
        pickler = pickle.Pickler(file, protocol=pickle.HIGHEST_PROTOCOL)
        own: dict[type, Callable[[Any], Any]] = {
            FakeKey: self._key,
            LogStream: self._stream,
            Tail: self._tail,
            Shelf: self._shelf,
            KeyShelf: self._shelf,
            UploadShelf: self._shelf,
        }
        pickler.dispatch_table = ChainMap(own, copyreg.dispatch_table)  # type: ignore[assignment]
        pickler.dump(value)
        self.result.body = file.getvalue()
        return self.result

    def _key(self, key: FakeKey) -> tuple[object, ...]:
        with key.lock:
            buffer = key._value_buffer
            content = self._content(key, buffer)
            state = key.__dict__.copy()
        del state["_value_buffer"], state["lock"]
        return make_key, (state, content)

    def _content(self, key: FakeKey, buffer: Any) -> bytes | tuple[str, int]:
        if buffer.closed:
            # A part of an upload that is complete, or an object that has just been replaced.
            return b""
        if not isinstance(buffer, Content):
            if key._etag is None:
                # moto would compute it at the first look, from a buffer that may be gone by then.
                key.etag  # noqa: B018
            if key.contentsize <= _INLINE:
                buffer.seek(0)
                data: bytes = buffer.read()
                return data
            before, buffer = buffer, self._contents.write(buffer)
            self.result.written.append((key, before, buffer))
        self.result.contents.append(buffer.name)
        return buffer.name, buffer.size

    def _stream(self, stream: LogStream) -> tuple[object, ...]:
        # Its group is that of the shelf which it lies on.
        return make_stream, ({**stream.__dict__, "log_group": None},)

    def _tail(self, tail: Tail) -> tuple[object, ...]:
        end = len(tail)
        if end > tail.kept:
            new = pickle.dumps(list(tail[tail.kept : end]), protocol=pickle.HIGHEST_PROTOCOL)
            self.result.grown.append((tail, end, new))
        return make_tail, (tail.place,)

    def _shelf(self, shelf: Any) -> tuple[object, ...]:
        return make_shelf, (type(shelf), shelf.place)


class Loader:
    """Reads what `dump` wrote.

    A shelf or tail of a place that is known is not made anew: what is in it stays.

    Args:
        contents: The contents.
    """

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self.shelves: dict[str, Any] = {}
        self.tails: dict[str, Tail] = {}

    def load(self, body: bytes) -> Any:
        """The value.

        Raises:
            Exception: Whatever a damaged pickle raises.
        """
        return _Unpickler(body, self).load()

    def key(self, state: dict[str, Any], content: bytes | tuple[str, int]) -> FakeKey:
        """Make an object of S3 anew."""
        # Not by its class: moto holds on for ever to what is made so.
        key = object.__new__(FakeKey)
        key.__dict__.update(state)
        inline = isinstance(content, bytes)
        key._value_buffer = io.BytesIO(content) if inline else self._contents.find(*content)
        key.lock = threading.Lock()
        return key

    def shelf(self, kind: type, place: str) -> Any:
        """The shelf of a place."""
        if place not in self.shelves:
            self.shelves[place] = kind(place)
        return self.shelves[place]

    def tail(self, place: str) -> Tail:
        """The tail of a place."""
        return self.tails.setdefault(place, Tail(place))


class _Unpickler(pickle.Unpickler):
    def __init__(self, body: bytes, loader: Loader) -> None:
        super().__init__(io.BytesIO(body))
        self._own = {make_key.__name__: loader.key, make_shelf.__name__: loader.shelf}
        self._own[make_tail.__name__] = loader.tail

    def find_class(self, module: str, name: str) -> Any:
        if module == __name__ and name in self._own:
            return self._own[name]
        return super().find_class(module, name)


def make_stream(state: dict[str, Any]) -> LogStream:
    """Make a log stream anew."""
    stream = object.__new__(LogStream)
    stream.__dict__.update(state)
    return stream


def make_key(*_: object) -> None:
    """Stands in a pickle for `Loader.key`."""


def make_shelf(*_: object) -> None:
    """Stands in a pickle for `Loader.shelf`."""


def make_tail(*_: object) -> None:
    """Stands in a pickle for `Loader.tail`."""
