"""Image folders on their way to S3."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import obstore
from obstore.auth.boto3 import Boto3CredentialProvider
from obstore.store import S3Store

from pipeline.bucket import as_folder, ensure_bucket, split_uri
from pipeline.errors import Finding, RunError, UsageError
from pipeline.session import Session

_THREADS = 16
_EXAMPLES = 3


@dataclass(frozen=True)
class Pushed:
    """What a push did. `foreign` counts objects under the prefixes that the folder does not have."""

    uploaded: int
    present: int
    foreign: int

    def to_json(self) -> dict[str, object]:
        """The outcome for programs."""
        return {"uploaded": self.uploaded, "already_present": self.present, "not_in_folder": self.foreign}


@dataclass(frozen=True)
class _Upload:
    file: Path
    key: str
    state: str
    """missing, same or different: how S3 compares before the push."""


def push(
    session: Session,
    folder: Path,
    prefixes: dict[str, str],
    *,
    overwrite: bool,
    progress: Callable[[Iterable[object], int], Iterator[object]],
) -> Pushed:
    """Uploads the files of each split to its prefix.

    What is there already is not sent again, and nothing is deleted.

    Args:
        session: Where to.
        folder: Holds one folder a split.
        prefixes: S3 URI by split, such as {"train": "s3://b/train"}.
        overwrite: Replace objects that differ from the file of the same name.
        progress: Wraps an iterable of a known length and shows how far it has come.

    Raises:
        UsageError: A split's folder is missing or holds no file.
        RunError: Objects differ and `overwrite` is false; nothing has been uploaded then.
    """
    plans = {split: _files(folder, split) for split in prefixes}
    missing = [_no_split(folder, split) for split, files in plans.items() if not files]
    if missing:
        raise UsageError(*missing)
    uploaded = present = foreign = 0
    work: list[tuple[S3Store, _Upload]] = []
    for split, uri in prefixes.items():
        bucket, prefix = split_uri(uri)
        ensure_bucket(session, bucket)
        store = _store(session, bucket)
        remote = _remote(store, prefix)
        uploads = [_compare(folder / split, file, prefix, remote) for file in plans[split]]
        foreign += len(remote.keys() - {upload.key for upload in uploads})
        present += sum(upload.state == "same" for upload in uploads)
        work += [(store, upload) for upload in uploads if upload.state != "same"]
    if not overwrite:
        _refuse_overwriting([upload for _, upload in work if upload.state == "different"])
    with ThreadPoolExecutor(_THREADS) as pool:
        for _ in progress(pool.map(_put, work), len(work)):
            uploaded += 1
    return Pushed(uploaded, present, foreign)


def _files(folder: Path, split: str) -> list[Path]:
    return sorted(path for path in (folder / split).rglob("*") if path.is_file())


def _store(session: Session, bucket: str) -> S3Store:
    # The provider renews credentials that expire while a large folder is on its way.
    provider = Boto3CredentialProvider(session.boto)
    if session.endpoint_url is None:
        return S3Store(bucket, region=session.facts.region, credential_provider=provider)
    return S3Store(
        bucket,
        region=session.facts.region,
        credential_provider=provider,
        endpoint=session.endpoint_url,
        client_options={"allow_http": True},
    )


def _remote(store: S3Store, prefix: str) -> dict[str, str]:
    """ETag by key of all that lies under a prefix."""
    pages = obstore.list(store, prefix=as_folder(prefix) or None, chunk_size=1000)
    return {found["path"]: (found["e_tag"] or "").strip('"') for page in pages for found in page}


def _compare(root: Path, file: Path, prefix: str, remote: dict[str, str]) -> _Upload:
    key = as_folder(prefix) + file.relative_to(root).as_posix()
    if key not in remote:
        return _Upload(file, key, "missing")
    digest = hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()
    return _Upload(file, key, "same" if remote[key] == digest else "different")


def _put(work: tuple[S3Store, _Upload]) -> None:
    store, upload = work
    # In one part: only then is S3's ETag the MD5 of the content, which a later push compares.
    obstore.put(store, upload.key, upload.file, use_multipart=False)


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


def _no_split(folder: Path, split: str) -> Finding:
    return Finding(
        "R204",
        "no-images",
        f"{folder / split} holds no files",
        hint=f"lay images out as {folder}/train/CLASS/x.jpg and {folder}/validation/CLASS/y.jpg",
    )
