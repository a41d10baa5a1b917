"""A data set that someone names: a folder or a prefix with a folder a split, or a folder a class."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import ClientError

from pipeline.aws_errors import is_missing
from pipeline.bucket import as_folder
from pipeline.data.s3_access import S3Access
from pipeline.data.s3_source import S3Source
from pipeline.errors import Finding, RunError, UsageError
from pipeline.s3_uri import split_uri
from pipeline.session import Session
from steps.validate.library import FolderSource, Source, visible

SPLITS = ("train", "validation")
_OTHER_NAMES = ("val", "valid", "dev", "test")
"""What people call the folder of the validation images too."""

_NAMED = 5


@dataclass(frozen=True)
class DataSet:
    """Where images are.

    Attributes:
        name: As the user knows it.
        sources: By split: train and validation, or train only where a share of it is to validate.
        inside: The folder of each source relative to the data set, such as train; empty for the data set.
        root: The folder or prefix that holds all of it; None where each split has a prefix of its own.
        beside: Folders in it that are not looked at.
    """

    name: str
    sources: Mapping[str, Source]
    inside: Mapping[str, str]
    root: str | None = None
    beside: tuple[str, ...] = ()

    @property
    def is_divided(self) -> bool:
        """Whether it has validation images of its own."""
        return "validation" in self.sources

    @property
    def uris(self) -> dict[str, str]:
        """Where each split comes from; both from one place where a share is to validate."""
        train = self.sources["train"].uri
        return {"train": train, "validation": self.sources.get("validation", self.sources["train"]).uri}

    @property
    def key(self) -> str:
        """A name for a folder of what is known of it: the same for the same places."""
        return hashlib.sha256("\n".join(self.uris.values()).encode()).hexdigest()[:16]


def find_folder(folder: Path) -> DataSet:
    """The data set in a folder.

    Raises:
        UsageError: There is none.
    """
    if folder.is_file():
        raise UsageError(_file(folder))
    if not folder.is_dir():
        raise UsageError(_no_folder(str(folder)))
    root = folder.resolve()
    names = sorted(item.name for item in root.iterdir() if item.is_dir() and not item.name.startswith("."))
    inside, beside = _layout(str(folder), names)
    sources = {
        # SQLite, which keeps what is known, takes no name that is not UTF-8.
        split: FolderSource(visible(str(root / name)), root / name, report_links=True)
        for split, name in inside.items()
    }
    return DataSet(str(folder), sources, inside, str(root), beside)


def find_undivided(folder: Path) -> tuple[DataSet, Path]:
    """The data set in a folder without validation images, and the folder that holds its classes.

    Raises:
        UsageError: There is none, or it has validation images.
    """
    data = find_folder(folder)
    source = data.sources["train"]
    if data.is_divided or not isinstance(source, FolderSource):
        raise UsageError(_divided(folder))
    return data, source.root


def find_prefix(session: Session, uri: str, profile: str | None) -> DataSet:
    """The data set under a prefix of S3.

    Raises:
        UsageError: There is none.
        RunError: Nothing lies there, or there is no such bucket.
    """
    bucket, prefix = split_uri(uri)
    if not bucket:
        raise UsageError(_no_folder(uri))
    folder = as_folder(prefix)
    with _bucket_expected(bucket):
        answer = session.client("s3").list_objects_v2(Bucket=bucket, Prefix=folder, Delimiter="/")
    if not answer.get("KeyCount"):
        raise RunError(_no_data(uri))
    names = [found["Prefix"][len(folder) : -1] for found in answer.get("CommonPrefixes", ())]
    if answer.get("IsTruncated"):
        # So many folders are classes; those that would be splits may be on a later page.
        names += [
            split for split in SPLITS if split not in names and _exists(session, bucket, folder + split)
        ]
    inside, beside = _layout(uri, names)
    places = {split: "/".join(filter(None, (uri.rstrip("/"), name))) for split, name in inside.items()}
    return DataSet(uri, _sources(session, places, profile), inside, uri, beside)


def configured(session: Session, prefixes: Mapping[str, str], profile: str | None) -> DataSet:
    """The data set of a config.

    Args:
        session: Where its buckets are.
        prefixes: S3 URI by split.
        profile: Named profile that the session uses.

    Raises:
        RunError: There is no such bucket.
    """
    name = " and ".join(prefixes.values())
    return DataSet(name, _sources(session, prefixes, profile), {split: split for split in prefixes})


def _sources(session: Session, places: Mapping[str, str], profile: str | None) -> dict[str, Source]:
    access = {}
    for bucket in {split_uri(uri)[0]: None for uri in places.values()}:
        with _bucket_expected(bucket):
            access[bucket] = S3Access.of(session, profile, bucket)
    return {split: S3Source(uri, access[split_uri(uri)[0]]) for split, uri in places.items()}


@contextmanager
def _bucket_expected(bucket: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if not is_missing(error):
            raise
        raise RunError(_no_bucket(bucket)) from error


def _exists(session: Session, bucket: str, prefix: str) -> bool:
    answer = session.client("s3").list_objects_v2(Bucket=bucket, Prefix=f"{prefix}/", MaxKeys=1)
    return bool(answer.get("KeyCount"))


def _layout(name: str, folders: Sequence[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The folder of each split, and the folders beside them."""
    if "train" not in folders:
        return {"train": ""}, ()
    rest = tuple(folder for folder in folders if folder not in SPLITS)
    if "validation" in folders:
        return {split: split for split in SPLITS}, rest
    if not rest:
        return {"train": "train"}, ()
    other = next((known for known in _OTHER_NAMES if known in rest), None)
    if other:
        raise UsageError(_misnamed(name, other))
    return {"train": ""}, ()


def shown(names: Sequence[str]) -> str:
    """The first of some names."""
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _no_folder(name: str) -> Finding:
    return Finding(
        "R211",
        "no-data-set",
        f"{name} is neither a folder nor a prefix of S3",
        hint="name a folder, or a prefix such as s3://bucket/images",
    )


def _file(file: Path) -> Finding:
    return Finding(
        "R211",
        "no-data-set",
        f"{file} is a file, not a folder",
        hint="name the folder that holds the images: one folder a class",
    )


def _no_bucket(bucket: str) -> Finding:
    hint = "upload a folder by `imgpipe data push DIR`, or correct the bucket's name"
    return Finding("R201", "no-data", f"there is no bucket {bucket}", hint=hint)


def _no_data(uri: str) -> Finding:
    hint = "upload a folder by `imgpipe data push DIR`, or correct the prefix"
    return Finding("R201", "no-data", f"no objects under {uri}", hint=hint)


def _divided(folder: Path) -> Finding:
    return Finding(
        "R222",
        "already-divided",
        f"{folder} has training and validation images already",
        hint="name a folder that holds one folder a class",
    )


def _misnamed(name: str, other: str) -> Finding:
    return Finding(
        "R212",
        "no-validation-folder",
        f"{name} has train/ but no validation/",
        details=(("reason", f"{other}/ may be what is to validate, but could be a class as well"),),
        hint=f"rename {other}/ to validation/, or check {name.rstrip('/')}/train alone to keep a share of it",
    )
