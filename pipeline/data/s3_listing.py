"""What lies under a prefix of S3: the folders in it are listed side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from typing import Any

import obstore
from obstore.store import S3Store

from pipeline.data.s3_access import STORE_ERRORS, reason
from steps.container import ProgramError
from steps.validate.library import Entry, named_format

_SIDE_BY_SIDE = 16
_PAGE = 1000

_Page = list[Entry]


@dataclass(frozen=True)
class Listing:
    """A prefix and two ways to list it.

    obstore is fast, but takes no key that a file system could not have, such as a//b, and shows the marker of
    a folder (a key with a slash at its end) like a file. Where that matters, boto3 is asked.

    Attributes:
        client: boto3's.
        store: obstore's.
        bucket: Its name.
        folder: The prefix with a slash at its end, or empty for the whole bucket.
    """

    client: Any
    store: S3Store
    bucket: str
    folder: str

    def entries(self) -> Iterator[Entry]:
        """All objects, and the folders directly under the prefix. Memory: a page of each that is listed.

        Raises:
            ClientError: The first request was refused.
            ProgramError: A later one was.
        """
        names: list[str] = []
        for page in self._asked(self.folder, Delimiter="/"):
            yield from self._files(page)
            names += [found["Prefix"][len(self.folder) : -1] for found in page.get("CommonPrefixes", ())]
        yield from (Entry(name, "folder", 0, "") for name in names if name)
        yield from self._below(names)

    def _below(self, names: Sequence[str]) -> Iterator[Entry]:
        waiting = iter(names)
        running: dict[Future[_Page | None], Iterator[_Page]] = {}
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:

            def go_on(pages: Iterator[_Page]) -> None:
                running[pool.submit(next, pages, None)] = pages

            try:
                for first in islice(waiting, _SIDE_BY_SIDE):
                    go_on(self._pages(first))
                while running:
                    for done in wait(running, return_when=FIRST_COMPLETED).done:
                        pages, page = running.pop(done), done.result()
                        if page is not None:
                            # The next page comes while this one is made use of.
                            go_on(pages)
                            yield from page
                        elif (name := next(waiting, None)) is not None:
                            go_on(self._pages(name))
            except STORE_ERRORS as error:
                raise _unlisted(f"s3://{self.bucket}/{self.folder}", error) from error
            finally:
                pool.shutdown(cancel_futures=True)

    def _pages(self, name: str) -> Iterator[_Page]:
        folder = f"{self.folder}{name}/"
        if is_plain(folder[:-1]):
            try:
                for found in obstore.list(self.store, prefix=folder, chunk_size=_PAGE):
                    yield [entry for each in found if (entry := self._entry(each, folder))]
                return
            except (obstore.exceptions.InvalidPathError, ValueError):
                # A key below it is none that obstore takes. What is told twice counts once.
                pass
        for page in self._asked(folder):
            yield list(self._files(page))

    def _entry(self, found: Any, folder: str) -> Entry | None:
        key, size = found["path"], found["size"]
        if f"{key}/" == folder or (size == 0 and self._is_marker(key)):
            return None
        return Entry(key[len(self.folder) :], "file", size, found["e_tag"] or "")

    def _is_marker(self, key: str) -> bool:
        if named_format(key):
            return False
        page = self.client.list_objects_v2(Bucket=self.bucket, Prefix=key, MaxKeys=1)
        return all(found["Key"] != key for found in page.get("Contents", ()))

    def _files(self, page: Any) -> Iterator[Entry]:
        for found in page.get("Contents", ()):
            key = found["Key"]
            if not key.endswith("/"):
                yield Entry(key[len(self.folder) :], "file", found["Size"], found["ETag"])

    def _asked(self, folder: str, **more: str) -> Iterator[Any]:
        pages = self.client.get_paginator("list_objects_v2")
        return iter(pages.paginate(Bucket=self.bucket, Prefix=folder, **more))


def is_plain(key: str) -> bool:
    """Whether obstore takes a key as it is, and does not refuse or change it."""
    return key.isprintable() and not {"", ".", ".."} & set(key.split("/"))


def _unlisted(uri: str, error: Exception) -> ProgramError:
    return ProgramError(
        f"{uri} cannot be listed: {reason(error)}\n"
        "  hint: run it again to go on; if it fails again, check the network and the permission s3:ListBucket"
    )
