"""Images on their way to S3."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import obstore
from obstore.store import S3Store

from pipeline.bucket import as_folder, ensure_bucket
from pipeline.data.folder import Split
from pipeline.data.s3_access import STORE_ERRORS, open_store, reason
from pipeline.errors import Finding, RunError
from pipeline.s3_uri import split_uri
from pipeline.session import Session

_THREADS = 16
_EXAMPLES = 3


@dataclass(frozen=True)
class Pushed:
    """What a push did.

    Attributes:
        uploaded: Number of files sent.
        present: Number of files that were there already.
        foreign: URIs of the objects under the prefixes that the folder does not have.
        deleted: Whether the foreign objects were deleted.
    """

    uploaded: int
    present: int
    foreign: tuple[str, ...]
    deleted: bool = False

    def to_json(self) -> dict[str, object]:
        """The outcome for programs."""
        return {
            "uploaded": self.uploaded,
            "already_present": self.present,
            "not_in_folder": len(self.foreign),
            "deleted": len(self.foreign) if self.deleted else 0,
        }


@dataclass(frozen=True)
class _Upload:
    file: Path
    key: str
    state: str
    """missing, same or different: how S3 compares before the push."""


def push(
    session: Session,
    splits: Mapping[str, Split],
    prefixes: Mapping[str, str],
    *,
    overwrite: bool,
    delete: bool = False,
    progress: Callable[[Iterable[object], int], Iterator[object]],
) -> Pushed:
    """Uploads the files of each split to its prefix. What is there already is not sent again.

    Args:
        session: Where to.
        splits: The files by split.
        prefixes: S3 URI by split, such as {"train": "s3://b/train"}.
        overwrite: Replace objects that differ from the file of the same name.
        delete: Delete what lies under the prefixes and is not in the folder, once all is uploaded.
        progress: Wraps an iterable of a known length and shows how far it has come.

    Raises:
        RunError: Objects differ and `overwrite` is false; nothing has been uploaded then. Or S3 failed.
    """
    present = 0
    foreign: list[tuple[S3Store, str]] = []
    work: list[tuple[S3Store, _Upload]] = []
    for split, uri in prefixes.items():
        bucket, prefix = split_uri(uri)
        ensure_bucket(session, bucket)
        store = open_store(session, bucket)
        remote = _remote(store, uri)
        uploads = [_compare(splits[split].root, path, prefix, remote) for path in splits[split].files]
        foreign += [(store, key) for key in sorted(remote.keys() - {upload.key for upload in uploads})]
        present += sum(upload.state == "same" for upload in uploads)
        work += [(store, upload) for upload in uploads if upload.state != "same"]
    if not overwrite:
        _refuse_overwriting([upload for _, upload in work if upload.state == "different"])
    _upload(work, progress)
    if delete:
        _delete(foreign)
    uris = tuple(f"s3://{store.config['bucket']}/{key}" for store, key in foreign)
    return Pushed(len(work), present, uris, deleted=delete)


def _delete(foreign: Sequence[tuple[S3Store, str]]) -> None:
    for store, keys in groupby(foreign, key=lambda found: found[0]):
        try:
            obstore.delete(store, [key for _, key in keys])
        except STORE_ERRORS as error:
            raise _failed("all uploaded, but not all that is not in the folder was deleted", error) from error


def _upload(
    work: Sequence[tuple[S3Store, _Upload]],
    progress: Callable[[Iterable[object], int], Iterator[object]],
) -> None:
    done: list[str] = []
    failures: list[Exception] = []

    def put(task: tuple[S3Store, _Upload]) -> None:
        store, upload = task
        try:
            # In one part: only then is S3's ETag the MD5 of the content, which a later push compares.
            obstore.put(store, upload.key, upload.file, use_multipart=False)
        except STORE_ERRORS as error:
            failures.append(error)
            raise
        done.append(upload.key)

    with ThreadPoolExecutor(_THREADS) as pool:
        try:
            for _ in progress(pool.map(put, work), len(work)):
                pass
        except STORE_ERRORS:
            if not failures:
                raise
        finally:
            # After a failure or an interrupt nothing new begins, but what is under way is still counted.
            pool.shutdown(cancel_futures=True)
    if failures:
        raise _failed(f"{len(done):,} of {len(work):,} files uploaded", failures[0]) from failures[0]


def _remote(store: S3Store, uri: str) -> dict[str, str]:
    """ETag by key of all that lies under a prefix."""
    prefix = as_folder(split_uri(uri)[1])
    try:
        pages = obstore.list(store, prefix=prefix or None, chunk_size=1000)
        return {found["path"]: (found["e_tag"] or "").strip('"') for page in pages for found in page}
    except STORE_ERRORS as error:
        raise _failed(f"nothing uploaded, {uri} could not be listed", error) from error


def _compare(root: Path, path: str, prefix: str, remote: Mapping[str, str]) -> _Upload:
    file, key = root / path, as_folder(prefix) + path
    if key not in remote:
        return _Upload(file, key, "missing")
    try:
        digest = hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()
    except OSError as error:
        raise _failed("nothing uploaded, a file could not be read", error) from error
    return _Upload(file, key, "same" if remote[key] == digest else "different")


def _refuse_overwriting(different: list[_Upload]) -> None:
    if not different:
        return
    names = ", ".join(str(upload.file) for upload in different[:_EXAMPLES])
    more = f", … and {len(different) - _EXAMPLES} more" if len(different) > _EXAMPLES else ""
    raise RunError(
        Finding(
            "R205",
            "would-overwrite",
            f"{len(different)} objects on S3 differ from the files of the same name",
            details=(("files", names + more),),
            hint="add `--overwrite` to replace them; nothing has been uploaded",
        )
    )


def _failed(how_far: str, error: Exception) -> RunError:
    return RunError(
        Finding(
            "R206",
            "upload-failed",
            how_far,
            details=(("reason", reason(error)),),
            hint="run it again to go on; what is uploaded is not sent again",
        )
    )
