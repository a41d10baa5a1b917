"""Where the images of a split come from: a folder, or a prefix of S3."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, Protocol

from steps.validate.images.facts import Flaw

Kind = Literal["file", "folder", "closed", "link", "other"]


class Entry(NamedTuple):
    """What a listing tells of one file or folder.

    Attributes:
        path: Relative to the source, with slashes, such as cat/1.jpg. Bytes that are no UTF-8 are surrogates,
            as os.fsdecode makes them.
        kind: "closed" is a folder that may not be listed; "link" is a symbolic link that is to be told of;
            "other" is neither file nor folder.
        size: Bytes.
        version: Another one when the content is another one: an ETag, or times and size of a file. Of a link,
            what it leads to: "folder" or "". Of a closed folder, never that of an open one.
    """

    path: str
    kind: Kind
    size: int
    version: str


class Reader(Protocol):
    """Reads files of a source, in a worker process."""

    def read(self, entries: Sequence[Entry]) -> Iterator[bytes | Flaw]:
        """The content of each file in turn, or why there is none: it vanished, changed, may not be read.

        Several may be read at once, no more than a chunk.
        """


class Source(Protocol):
    """The files of one split. It is pickled into the worker processes."""

    @property
    def uri(self) -> str:
        """Where the files come from, for messages and manifests."""

    def entries(self) -> Iterator[Entry]:
        """Everything under the source, in any order, nothing opened.

        Raises:
            ProgramError: It cannot be listed.
        """

    def open(self) -> Reader:
        """A reader, for this process."""
