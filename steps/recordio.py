"""RecordIO, MXNet's format of many images in one file, and the .idx file that tells where each begins.

A record is a header of 8 bytes, its content and zeros up to a multiple of 4. The header is a magic number
and a word: its upper 3 bits tell whether a record goes on, the others the length. Where the content holds the
magic number at a multiple of 4, it is cut there and the number left out, so that every magic number in a file
begins a record (dmlc-core, include/dmlc/recordio.h). The content of an image is a header of 24 bytes, labels
if there are several, and the file (mxnet.recordio.IRHeader).
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from steps.container import ProgramError, writing_atomically

LONGEST = (1 << 29) - 1
"""Bytes of a record, since its length has 29 bits."""

_MAGIC = struct.pack("<I", 0xCED7230A)
_HEAD = struct.Struct("<4sI")
_IMAGE = struct.Struct("<IfQQ")
_WHOLE, _FIRST, _MIDDLE, _LAST = range(4)


class RecordError(ProgramError):
    """A file is not what it should be."""


@dataclass(frozen=True)
class Record:
    """An image.

    Attributes:
        id: Its number.
        labels: One, or several where it has several.
        content: The bytes of its file.
    """

    id: int
    labels: tuple[float, ...]
    content: bytes


@dataclass(frozen=True)
class Place:
    """Where an image is.

    Attributes:
        offset: Of its record, in bytes.
        labels: Its labels.
    """

    offset: int
    labels: tuple[float, ...]


class RecordWriter:
    """Writes records and where they begin."""

    def __init__(self, records: BinaryIO, index: BinaryIO) -> None:
        """Begins two empty files."""
        self._records, self._index = records, index
        self._offset = 0

    def put(self, record: Record) -> None:
        """Writes one more.

        Raises:
            RecordError: It is too long.
        """
        if _length(record) > LONGEST:
            raise RecordError(
                f"image {record.id} has {len(record.content):,} bytes, a record at most {LONGEST:,}\n"
                "  hint: pack it smaller, by --resize"
            )
        self._index.write(f"{record.id}\t{self._offset}\n".encode())
        for part in _framed(_packed(record)):
            self._records.write(part)
            self._offset += len(part)


@contextmanager
def writing_records(file: Path) -> Iterator[RecordWriter]:
    """Writes FILE.rec and FILE.idx, which appear when the block ends and never if it fails.

    Args:
        file: Without a suffix.
    """
    with (
        writing_atomically(file.with_name(f"{file.name}.rec")) as records,
        writing_atomically(file.with_name(f"{file.name}.idx")) as index,
    ):
        yield RecordWriter(records, index)


def read_records(file: Path) -> Iterator[Record]:
    """The records of a .rec file in their order; one in memory at a time.

    Raises:
        RecordError: It is damaged, or no such file.
    """
    with _opened(file) as records:
        while (content := records.next()) is not None:
            yield _unpacked(content, records.place())


def locate_records(file: Path) -> Iterator[Place]:
    """Where the records of a .rec file are, in their order. Images are passed over, not read.

    Raises:
        RecordError: It is damaged, or no such file.
    """
    with _opened(file) as records:
        while (labels := records.skim()) is not None:
            yield Place(records.begun, labels)


def read_record(file: Path, offset: int) -> Record:
    """The record that begins there. Any number of threads may do so at once.

    Raises:
        RecordError: It is damaged, none begins there, or no such file.
    """
    with _opened(file) as records:
        return records.at(offset)


class IndexedRecords:
    """A .rec file with its .idx file, to read records in any order. Use it in one thread.

    Memory: 16 bytes a record.

    Attributes:
        keys: The number of each record, in the order of the .idx file.
    """

    def __init__(self, records: Path, index: Path) -> None:
        """Reads the .idx file.

        Raises:
            RecordError: It is damaged, or of another file.
        """
        self._records = _open(records)
        try:
            self.keys, self._offsets = _read_index(index, self._records.size)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> IndexedRecords:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self.keys)

    def read(self, place: int) -> Record:
        """The record in this place of the .idx file.

        Raises:
            RecordError: It is damaged, or none begins there.
        """
        return self._records.at(self._offsets[place])

    def close(self) -> None:
        """Closes the file."""
        self._records.file.close()


@dataclass
class _Records:
    file: BinaryIO
    name: Path
    size: int
    begun: int = 0

    def at(self, offset: int) -> Record:
        self.file.seek(offset)
        content = self.next()
        if content is None:
            raise self.damaged("a record should begin there")
        return _unpacked(content, self.place())

    def skim(self) -> tuple[float, ...] | None:
        """The labels of the next record, or None at the end."""
        self.begun = self.file.tell()
        if self.begun == self.size:
            return None
        flag, length = self._head()
        end = self.file.tell() + _padded(length)
        if flag != _WHOLE:  # seldom: the labels themselves may be cut
            return self.at(self.begun).labels
        start = self.file.read(min(length, _IMAGE.size))
        more = 4 * _IMAGE.unpack(start)[0] if len(start) == _IMAGE.size else 0
        start += self.file.read(min(length - len(start), more))
        self.file.seek(end)
        return _unpacked(start, self.place()).labels

    def next(self) -> bytes | None:
        """The content of the next record, or None at the end."""
        self.begun = self.file.tell()
        if self.begun == self.size:
            return None
        flag, content = self._part()
        if flag == _WHOLE:
            return content
        if flag != _FIRST:
            raise self.damaged("it begins in the middle of a record")
        parts = [content]
        length = len(content)
        while flag != _LAST:
            flag, content = self._part()
            if flag not in (_MIDDLE, _LAST):
                raise self.damaged("a record begins before the one before it ends")
            length += len(_MAGIC) + len(content)
            if length > LONGEST:
                raise self.damaged(f"it has more than {LONGEST:,} bytes")
            parts.append(content)
        return _MAGIC.join(parts)

    def _part(self) -> tuple[int, bytes]:
        flag, length = self._head()
        return flag, self.file.read(_padded(length))[:length]

    def _head(self) -> tuple[int, int]:
        """Of the next part: what it is of its record, and how long it is."""
        head = self.file.read(_HEAD.size)
        if len(head) < _HEAD.size:
            raise self.damaged("the file ends within it")
        magic, word = _HEAD.unpack(head)
        if magic != _MAGIC:
            raise self.damaged("there is no magic number 0xced7230a")
        length = word & LONGEST
        # Before memory is taken for what the file only claims to hold.
        if _padded(length) > self.size - self.file.tell():
            raise self.damaged("the file ends within it")
        return word >> 29, length

    def place(self) -> str:
        return f"{self.name}: the record at byte {self.begun:,}"

    def damaged(self, why: str) -> RecordError:
        return _damaged(self.place(), why)


def _padded(length: int) -> int:
    return -(-length // 4) * 4


def _open(file: Path) -> _Records:
    try:
        return _Records(file.open("rb"), file, file.stat().st_size)
    except OSError as error:
        raise _damaged(str(file), error.strerror or str(error)) from error


@contextmanager
def _opened(file: Path) -> Iterator[_Records]:
    records = _open(file)
    with records.file:
        yield records


def _damaged(place: str, why: str) -> RecordError:
    return RecordError(f"{place} cannot be read: {why}\n  hint: pack the images again")


def _framed(content: bytes) -> Iterator[bytes]:
    """The parts of a record as they lie in a file, headers and all."""
    cuts = _cuts(content)
    begin = 0
    for number, cut in enumerate(cuts):
        yield _HEAD.pack(_MAGIC, (_MIDDLE if number else _FIRST) << 29 | (cut - begin))
        yield content[begin:cut]
        begin = cut + len(_MAGIC)
    yield _HEAD.pack(_MAGIC, (_LAST if cuts else _WHOLE) << 29 | (len(content) - begin))
    yield content[begin:] if begin else content
    yield bytes(-len(content) % 4)


def _cuts(content: bytes) -> list[int]:
    """Where the magic number lies at a multiple of 4."""
    cuts = []
    at = content.find(_MAGIC)
    while at >= 0:
        if at % 4 == 0:
            cuts.append(at)
        at = content.find(_MAGIC, at + (4 if at % 4 == 0 else 1))
    return cuts


def _length(record: Record) -> int:
    labels = len(record.labels)
    return _IMAGE.size + (0 if labels == 1 else 4 * labels) + len(record.content)


def _packed(record: Record) -> bytes:
    if len(record.labels) == 1:
        return _IMAGE.pack(0, record.labels[0], record.id, 0) + record.content
    labels = struct.pack(f"<{len(record.labels)}f", *record.labels)
    return _IMAGE.pack(len(record.labels), 0.0, record.id, 0) + labels + record.content


def _unpacked(content: bytes, place: str) -> Record:
    if len(content) < _IMAGE.size:
        raise _damaged(place, "it is too short for an image")
    flag, label, number, _ = _IMAGE.unpack_from(content)
    if not flag:
        return Record(number, (label,), content[_IMAGE.size :])
    end = _IMAGE.size + 4 * flag
    if end > len(content):
        raise _damaged(place, f"it is too short for {flag:,} labels")
    labels: Sequence[float] = struct.unpack_from(f"<{flag}f", content, _IMAGE.size)
    return Record(number, tuple(labels), content[end:])


def _read_index(file: Path, size: int) -> tuple[array[int], array[int]]:
    keys, offsets = array("Q"), array("Q")
    try:
        with file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                key, offset = _entry(line)
                if offset % 4 or offset >= size:
                    raise _damaged(f"{file}, line {number}", f"no record can begin at byte {offset:,}")
                keys.append(key)
                offsets.append(offset)
    except (ValueError, OverflowError) as error:
        raise _damaged(f"{file}, line {number}", "it is no key, a tab and a place") from error
    except OSError as error:
        raise _damaged(str(file), error.strerror or str(error)) from error
    return keys, offsets


def _entry(line: bytes) -> tuple[int, int]:
    # Longer than two numbers of 64 bits: int() of a million digits would take its time.
    if len(line) > 48:
        raise ValueError("too long")
    key, offset = line.split(b"\t")
    if not (key.isdigit() and offset.strip().isdigit()):
        raise ValueError("no numbers")
    return int(key), int(offset)
