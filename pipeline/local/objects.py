"""S3 for the parts that run jobs: moto's objects, read and written in this process without HTTP.

It leans on these internals of moto 5.2: `S3Backend.get_bucket`, `get_object` and `put_object`,
`FakeBucket.keys`, and the `lock` and `_value_buffer` of a `FakeKey`.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import shutil
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moto.backends import get_backend
from moto.s3.exceptions import MissingBucket
from moto.s3.models import FakeKey

from pipeline.errors import Finding, ImgpipeError
from pipeline.s3_uri import split_uri

_CHUNK = 1024 * 1024
# A mapped file costs system calls; below this size reading it at once is faster.
_MAP_FROM = 1024 * 1024
# An object may be overwritten while it is read: moto then closes its buffer under the reader.
_ATTEMPTS = 3


class ObjectsError(ImgpipeError):
    """S3 cannot do what a job asks of it.

    Attributes:
        reason: The whole text, in AWS's words where AWS has some; it becomes part of a FailureReason.
    """

    def __init__(self, code: str, slug: str, reason: str) -> None:
        super().__init__(Finding(code, slug, reason))
        self.reason = reason


class BadUri(ObjectsError):
    """A text is not the URI of an S3 bucket, prefix or object."""

    def __init__(self, uri: str) -> None:
        super().__init__("L401", "bad-s3-uri", f"{uri!r} is not an S3 URI, such as s3://bucket/prefix")
        self.uri = uri


class NoSuchBucket(ObjectsError):
    """The bucket does not exist."""

    def __init__(self, bucket: str) -> None:
        super().__init__(
            "L402", "no-such-bucket", f"NoSuchBucket: The specified bucket does not exist: {bucket}"
        )
        self.bucket = bucket


class NoSuchKey(ObjectsError):
    """The object does not exist."""

    def __init__(self, bucket: str, key: str) -> None:
        super().__init__(
            "L403", "no-such-key", f"NoSuchKey: The specified key does not exist: s3://{bucket}/{key}"
        )
        self.bucket, self.key = bucket, key


class NoObjects(ObjectsError):
    """Nothing lies under a prefix. The text is AWS's own."""

    def __init__(self, uri: str, region: str, role: str) -> None:
        bucket, _ = split_uri(uri)
        super().__init__(
            "L404",
            "no-s3-objects",
            f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the '
            f'bucket exists in the selected region ("{region}"), that objects exist under that S3 prefix, '
            f'and that the role "{role}" has "s3:ListBucket" permissions on bucket "{bucket}".',
        )
        self.uri = uri


class UnsafeName(ObjectsError):
    """An object cannot become a file below a folder, or a file cannot become an object."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__("L405", "unsafe-name", f"{name!r} cannot be copied: {why}")
        self.name, self.why = name, why


@dataclass(frozen=True)
class S3Object:
    """One object and where it goes.

    Attributes:
        bucket: Its bucket.
        key: Its key.
        relative: Its path below the folder that it is copied to, with `/` between the parts; as the key says
            it, so not yet to be trusted.
    """

    bucket: str
    key: str
    relative: str

    @property
    def uri(self) -> str:
        """The object's S3 URI."""
        return f"s3://{self.bucket}/{self.key}"


def parse_uri(uri: str) -> tuple[str, str]:
    """Split an S3 URI into bucket and key (or prefix); the key may be empty.

    Raises:
        BadUri: It is none.
    """
    bucket, key = split_uri(uri)
    if not uri.startswith("s3://") or not bucket:
        raise BadUri(uri)
    return bucket, key


def relative_name(key: str, prefix: str) -> str:
    """Where SageMaker puts an object found under a prefix, below the folder of its input.

    `train/` and `train` both stand for the folder train: `train/cat/1.jpg` becomes `cat/1.jpg`. A prefix is
    also the start of a name: `data/tr` finds `data/train.csv`, which becomes `train.csv`. A key that is the
    prefix itself becomes its last part.
    """
    if key.startswith(prefix + "/") and not prefix.endswith("/"):
        prefix += "/"
    return key[len(prefix) :] if prefix.endswith("/") else key[prefix.rfind("/") + 1 :]


def local_path(folder: Path, item: S3Object) -> Path:
    """The file below `folder` that an object becomes.

    Raises:
        UnsafeName: It would lie outside of the folder, or no file can be called so.
    """
    relative = item.relative
    parts = [part for part in relative.split("/") if part not in ("", ".")]
    if "\0" in relative:
        raise UnsafeName(item.uri, "its name holds a NUL character")
    if relative.startswith("/") or ".." in parts:
        raise UnsafeName(item.uri, f"its path {relative!r} leads out of the folder that it belongs in")
    if not parts:
        raise UnsafeName(item.uri, "its name is empty")
    return folder.joinpath(*parts)


class Objects:
    """The S3 of one account.

    Args:
        account: The account's number.
        region: Named in AWS's messages.
        keeping: A block that ends when what was written in it is kept.
    """

    def __init__(
        self,
        account: str,
        region: str,
        keeping: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._account = account
        self._keeping = keeping
        self.region = region

    def list_keys(self, bucket: str, prefix: str = "") -> list[str]:
        """The keys that start with `prefix`, sorted.

        Raises:
            NoSuchBucket: The bucket does not exist.
        """
        keys = self._bucket(bucket).keys
        # list() copies the dictionary's keys in one step, so that a writer in another thread cannot disturb.
        names = sorted(name for name in list(dict.keys(keys)) if name.startswith(prefix))
        return [name for name in names if isinstance(keys.get(name), FakeKey)]

    def exists(self, bucket: str, key: str) -> bool:
        """Whether the object exists.

        Raises:
            NoSuchBucket: The bucket does not exist.
        """
        return bool(self._find(bucket, key))

    def size(self, bucket: str, key: str) -> int:
        """The object's length in bytes.

        Raises:
            NoSuchBucket: The bucket does not exist.
            NoSuchKey: The object does not exist.
        """
        return int(self._stored(bucket, key).size)

    def read(self, bucket: str, key: str) -> bytes:
        """The object's bytes; for small ones.

        Raises:
            NoSuchBucket: The bucket does not exist.
            NoSuchKey: The object does not exist.
        """
        for _ in range(_ATTEMPTS):
            try:
                return bytes(self._stored(bucket, key).value)
            except ValueError:
                continue
        raise NoSuchKey(bucket, key)

    def download(self, bucket: str, key: str, path: Path) -> None:
        """Copy an object into a new file, in pieces.

        Raises:
            NoSuchBucket: The bucket does not exist.
            NoSuchKey: The object does not exist.
            OSError: The file exists, or cannot be written.
        """
        for _ in range(_ATTEMPTS):
            stored = self._stored(bucket, key)
            try:
                with stored.lock, path.open("xb") as file:
                    stored._value_buffer.seek(0)
                    shutil.copyfileobj(stored._value_buffer, file, _CHUNK)
                return
            except ValueError:
                path.unlink(missing_ok=True)
        raise NoSuchKey(bucket, key)

    def write(self, bucket: str, key: str, data: bytes | Path) -> None:
        """Store an object. A large file is mapped, so that it is in memory once at most.

        Raises:
            NoSuchBucket: The bucket does not exist.
            OSError: The file cannot be read, or the object not be kept.
        """
        self._bucket(bucket)
        if isinstance(data, bytes):
            self._put(bucket, key, data)
        elif data.stat().st_size < _MAP_FROM:
            self._put(bucket, key, data.read_bytes())
        else:
            with (
                data.open("rb") as file,
                mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
            ):
                self._put(bucket, key, mapped)

    def find(self, uri: str, role: str = "") -> list[S3Object]:
        """The objects that an input of type S3Prefix stands for, sorted by key; folder markers left out.

        Args:
            uri: A prefix, which may be one object's whole name.
            role: The job's role, for the message.

        Raises:
            BadUri: It is no S3 URI.
            NoObjects: There are none, or no such bucket.
        """
        bucket, prefix = parse_uri(uri)
        try:
            keys = self.list_keys(bucket, prefix)
        except NoSuchBucket as error:
            raise NoObjects(uri, self.region, role) from error
        found = [S3Object(bucket, key, relative_name(key, prefix)) for key in keys if not key.endswith("/")]
        if not found:
            raise NoObjects(uri, self.region, role)
        return found

    def download_all(self, items: Iterable[S3Object], folder: Path) -> None:
        """Copy objects below a folder, each to its relative path.

        Raises:
            ObjectsError: An object is missing, its name is unsafe, or its file cannot be written.
        """
        made: set[Path] = set()
        for item in items:
            path = local_path(folder, item)
            try:
                if path.parent not in made:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    made.add(path.parent)
                self.download(item.bucket, item.key, path)
            except FileExistsError as error:
                raise UnsafeName(item.uri, f"another object lies at {item.relative!r} or above it") from error
            except (OSError, ValueError) as error:
                why = (isinstance(error, OSError) and error.strerror) or str(error)
                raise UnsafeName(item.uri, f"{item.relative!r} cannot be written: {why}") from error

    def download_prefix(self, uri: str, folder: Path, role: str = "") -> None:
        """Copy all that lies under a prefix below a folder, as an input of type S3Prefix.

        Raises:
            ObjectsError: Nothing is there, a name is unsafe, or a file cannot be written.
        """
        self.download_all(self.find(uri, role), folder)

    def upload_folder(
        self, folder: Path, uri: str, wanted: Callable[[Path], bool] = lambda _: True
    ) -> list[str]:
        """Store the files below a folder under a prefix; links to files are followed, other things are not.

        Args:
            folder: The folder.
            uri: The prefix.
            wanted: Whether a file is to be stored.

        Returns:
            The keys, sorted.

        Raises:
            ObjectsError: The bucket does not exist, or a file's name is not UTF-8.
            OSError: A file cannot be read, or an object not be kept.
        """
        bucket, prefix = parse_uri(uri)
        prefix = prefix if prefix.endswith("/") or not prefix else prefix + "/"
        self._bucket(bucket)
        keys = []
        for root, folders, names in os.walk(folder):
            folders.sort()
            for path in (Path(root, name) for name in sorted(names)):
                if path.is_file() and wanted(path):
                    key = prefix + _object_name(path.relative_to(folder))
                    self.write(bucket, key, path)
                    keys.append(key)
        return sorted(keys)

    def _put(self, bucket: str, key: str, data: Any) -> None:
        # moto computes a missing ETag at the first look, without holding the object's lock.
        etag = hashlib.md5(data, usedforsecurity=False).hexdigest()
        with self._keeping():
            self._backend().put_object(bucket, key, data, etag=etag)

    def _stored(self, bucket: str, key: str) -> Any:
        stored = self._find(bucket, key)
        if not stored:
            raise NoSuchKey(bucket, key)
        return stored

    def _find(self, bucket: str, key: str) -> Any:
        self._bucket(bucket)
        return self._backend().get_object(bucket, key)

    def _bucket(self, bucket: str) -> Any:
        try:
            return self._backend().get_bucket(bucket)
        except MissingBucket as error:
            raise NoSuchBucket(bucket) from error

    def _backend(self) -> Any:
        # Asked for each time: a reset of moto replaces the backend.
        return get_backend("s3")[self._account]["aws"]


def _object_name(path: Path) -> str:
    name = path.as_posix()
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise UnsafeName(name, "its name is not UTF-8") from error
    return name
