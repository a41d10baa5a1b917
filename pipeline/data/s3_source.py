"""The images of a split under a prefix of S3, read without a copy on disk."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Any

import obstore
from botocore.exceptions import BotoCoreError, ClientError
from obstore.exceptions import NotFoundError, PermissionDeniedError, PreconditionError
from obstore.store import S3Store

from pipeline.aws_errors import code_of
from pipeline.bucket import as_folder
from pipeline.data.s3_access import STORE_ERRORS, S3Access, error_code, open_store, reason
from pipeline.data.s3_listing import Listing, is_plain
from pipeline.s3_uri import split_uri
from steps.container import ProgramError
from steps.validate.library import Entry, Flaw

# Of each process that reads. An object of AWS takes tens of milliseconds, nearly all of them waiting.
_THREADS = 32
_VANISHED = Flaw("changed-while-scanning", "vanished after it was listed")
_CHANGED = Flaw("changed-while-scanning", "changed after it was listed")
# Other answers of this kind, such as InvalidAccessKeyId, are about all objects.
_OF_ONE_OBJECT = ("AccessDenied", "InvalidObjectState", "AllAccessDisabled", "KMS.DisabledException")


@dataclass(frozen=True)
class S3Source:
    """A prefix of S3.

    Attributes:
        uri: The prefix.
        access: How to reach its bucket.
    """

    uri: str
    access: S3Access

    def entries(self) -> Iterator[Entry]:
        """See Source. The version of an object is its ETag.

        Raises:
            ClientError: S3 refuses to list the prefix.
        """
        session = self.access.session()
        bucket, prefix = split_uri(self.uri)
        listing = Listing(session.client("s3"), open_store(session, bucket), bucket, as_folder(prefix))
        return listing.entries()

    def open(self) -> S3Reader:
        """See Source."""
        # A thread for each core, in each process, would take much of the memory that a process may have.
        os.environ.setdefault("TOKIO_WORKER_THREADS", "2")
        session = self.access.session()
        bucket, prefix = split_uri(self.uri)
        store = open_store(session, bucket)
        return S3Reader(session.client("s3"), store, bucket, as_folder(prefix), _started_pool())


@dataclass(frozen=True)
class S3Reader:
    """Reads objects under a prefix, several at once.

    Attributes:
        client: boto3's, for keys that obstore does not take.
        store: obstore's.
        bucket: Its name.
        folder: The prefix with a slash at its end.
        pool: Threads that read. They end with the reader.
    """

    client: Any
    store: S3Store
    bucket: str
    folder: str
    pool: ThreadPoolExecutor

    def read(self, entries: Sequence[Entry]) -> Iterator[bytes | Flaw]:
        """See Reader.

        Raises:
            ProgramError: S3 cannot be reached, or refuses everything.
        """
        yield from self.pool.map(self._read, entries)

    def _read(self, entry: Entry) -> bytes | Flaw:
        key = self.folder + entry.path
        if not is_plain(key):
            return self._read_odd(key, entry)
        try:
            # An object that was replaced since it was listed is refused.
            found = obstore.get(self.store, key, options={"if_match": entry.version})
            return bytes(found.bytes())
        except (NotFoundError, FileNotFoundError):
            return _VANISHED
        except PreconditionError:
            return _CHANGED
        except (PermissionDeniedError, PermissionError) as error:
            return _denied(error_code(error) or "", reason(error))
        except STORE_ERRORS as error:
            raise _unread(f"s3://{self.bucket}/{key}", reason(error)) from error

    def _read_odd(self, key: str, entry: Entry) -> bytes | Flaw:
        try:
            found = self.client.get_object(Bucket=self.bucket, Key=key, IfMatch=entry.version)
            return bytes(found["Body"].read())
        except ClientError as error:
            code, said = code_of(error), error.response["Error"].get("Message", "")
            if code in ("NoSuchKey", "404"):
                return _VANISHED
            if code in ("PreconditionFailed", "412"):
                return _CHANGED
            return _denied(code, f"{said.rstrip('.')} ({code})")
        except BotoCoreError as error:
            raise _unread(f"s3://{self.bucket}/{key}", str(error)) from error


def _started_pool() -> ThreadPoolExecutor:
    """Threads that run already: what each of them reserves should not count as what an image takes."""
    pool = ThreadPoolExecutor(_THREADS)
    meeting = Barrier(_THREADS)
    for arrived in [pool.submit(meeting.wait) for _ in range(_THREADS)]:
        arrived.result()
    return pool


def _denied(code: str, said: str) -> Flaw:
    if code not in _OF_ONE_OBJECT:
        raise _unread("the objects", said)
    return Flaw("no-permission", f"S3 refuses it: {said}")


def _unread(what: str, said: str) -> ProgramError:
    return ProgramError(
        f"{what} cannot be read: {said}\n"
        "  hint: run it again to go on; if it fails again, check the network and the credentials"
    )
