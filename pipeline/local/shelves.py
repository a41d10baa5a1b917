"""Containers of moto whose entries are kept one by one, and the watch over what a write touches.

moto does not say what a request has changed. Here its containers say it: while a thread writes, every entry
that it looks at or sets is noted, and so is every service whose backend it asks for. What is noted may have
changed; it is compared or written anew. A read notes nothing.

It leans on these internals of moto 5.2: `AccountSpecificBackend.__getitem__` gives every backend;
`FakeBucket` makes its keys as `_VersionedKeyStore()` and its uploads as `MultipartDict()`, names of the
module `moto.s3.models`; every look at one key goes through `_VersionedKeyStore.__sgetitem__`;
`S3Backend.tagger.tags`, `FakeMultipart.parts` and `LogGroup.streams` are dictionaries; `LogStream.events` is
a list that only grows.
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import moto.logs.models
import moto.s3.models
from moto.core.base_backend import AccountSpecificBackend
from moto.s3.models import MultipartDict
from moto.s3.utils import _VersionedKeyStore


@dataclass
class Touched:
    """What a write may have changed.

    Attributes:
        services: moto's names of services.
        entries: Entries of shelves by place and key.
    """

    services: set[str] = field(default_factory=set)
    entries: dict[tuple[str, str | int], Any] = field(default_factory=dict)


# Each thread has its own: what another one does meanwhile is noted there.
_TOUCHED: ContextVar[Touched | None] = ContextVar("touched", default=None)


@contextmanager
def watching() -> Iterator[Touched | None]:
    """Note what this thread touches in a block. Inside of another such block: None, the outer one notes."""
    if _TOUCHED.get() is not None:
        yield None
        return
    touched = Touched()
    token = _TOUCHED.set(touched)
    try:
        yield touched
    finally:
        _TOUCHED.reset(token)


def _note(shelf: Any, key: str | int) -> None:
    touched = _TOUCHED.get()
    if touched is not None:
        touched.entries[shelf.place, key] = shelf


class Shelf(dict[Any, Any]):
    """A dictionary whose entries are kept one by one.

    Attributes:
        place: Names it in the store.
        owner: What the entries point back to; None if to nothing.
    """

    def __init__(self, place: str | None = None) -> None:
        super().__init__()
        self.place = place or uuid.uuid4().hex
        self.owner: Any = None

    def __getitem__(self, key: Any) -> Any:
        _note(self, key)
        return super().__getitem__(key)

    def __setitem__(self, key: Any, value: Any) -> None:
        _note(self, key)
        super().__setitem__(key, value)

    def __delitem__(self, key: Any) -> None:
        _note(self, key)
        super().__delitem__(key)

    def get(self, key: Any, default: Any = None) -> Any:
        """As of a dictionary."""
        _note(self, key)
        return super().get(key, default)

    def pop(self, key: Any, *default: Any) -> Any:
        """As of a dictionary."""
        _note(self, key)
        return super().pop(key, *default)

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """As of a dictionary."""
        _note(self, key)
        return super().setdefault(key, default)


class UploadShelf(Shelf, MultipartDict):
    """The unfinished multipart uploads of a bucket."""

    def __delitem__(self, key: str) -> None:
        upload = self.get(key)
        if upload is not None:
            # moto closes them.
            for part in upload.parts:
                _note(upload.parts, part)
        super().__delitem__(key)


class KeyShelf(_VersionedKeyStore):
    """The objects of a bucket: the versions of each key.

    Attributes:
        place: Names it in the store.
        owner: None.
    """

    def __init__(self, place: str | None = None) -> None:
        super().__init__()
        self.place = place or uuid.uuid4().hex
        self.owner: Any = None

    def __sgetitem__(self, key: str) -> list[Any]:
        _note(self, key)
        return super().__sgetitem__(key)


class Tail(list[Any]):
    """A list that only grows; what is new is added to what is kept.

    Attributes:
        place: Names it in the store.
        kept: How many of its items are kept.
    """

    def __init__(self, place: str | None = None) -> None:
        super().__init__()
        self.place = place or uuid.uuid4().hex
        self.kept = 0


def install() -> None:
    """Make moto use these containers, in all that it makes from now on. A second call changes nothing."""
    if moto.s3.models._VersionedKeyStore is KeyShelf:
        return
    moto.s3.models._VersionedKeyStore = KeyShelf
    moto.s3.models.MultipartDict = UploadShelf
    _after_init(moto.s3.models.S3Backend, _shelve_tags)
    _after_init(moto.s3.models.FakeMultipart, _shelve_parts)
    _after_init(moto.logs.models.LogGroup, _shelve_streams)
    _after_init(moto.logs.models.LogStream, _grow_events)
    get = AccountSpecificBackend.__getitem__

    @functools.wraps(get)
    def noting(self: Any, region: str) -> Any:
        touched = _TOUCHED.get()
        if touched is not None:
            touched.services.add(self.service_name)
        return get(self, region)

    AccountSpecificBackend.__getitem__ = noting


def _after_init(made: Any, finish: Callable[[Any], None]) -> None:
    init = made.__init__

    @functools.wraps(init)
    def __init__(self: Any, *arguments: Any, **named: Any) -> None:
        init(self, *arguments, **named)
        finish(self)

    made.__init__ = __init__


def _shelve_tags(backend: Any) -> None:
    backend.tagger.tags = Shelf()


def _shelve_parts(upload: Any) -> None:
    upload.parts = Shelf()


def _shelve_streams(group: Any) -> None:
    group.streams = Shelf()
    group.streams.owner = group


def _grow_events(stream: Any) -> None:
    stream.events = Tail()
