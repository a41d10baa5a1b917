"""Do images lie where the config says?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from botocore.exceptions import ClientError

from pipeline.aws_errors import code_of
from pipeline.bucket import as_folder
from pipeline.config.loader import Loaded
from pipeline.errors import Finding
from pipeline.preflight.check import Check, failed, passed, unknown
from pipeline.s3_uri import split_uri
from pipeline.session import Session
from pipeline.suggestion import nearest

NAMES = {"train": "training images", "validation": "validation images"}

_SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
"""The algorithm reads JPEG and PNG (docs.aws.amazon.com/sagemaker/latest/dg/image-classification.html)."""

_LISTED = 5

_PAGE = 300
"""Keys that are looked at. A full page of a thousand takes a tenth of a second to read, and tells no more."""


@dataclass(frozen=True)
class Seen:
    """What the first page of a listing shows of a prefix.

    Attributes:
        objects: Number of keys.
        images: Number of those that lie in a class folder and are named like images.
        classes: Names of the folders directly below the prefix, sorted.
        whole: Whether there is nothing beyond that page.
    """

    objects: int
    images: int
    classes: tuple[str, ...]
    whole: bool

    def __str__(self) -> str:
        some = ", ".join(self.classes[:_LISTED])
        more = f", … and {len(self.classes) - _LISTED} more" if len(self.classes) > _LISTED else ""
        count = f"{self.images:,}" if self.whole else f"{self.images:,} or more"
        return f"{count} images in {len(self.classes)} classes ({some}{more})"


def prefixes(session: Session, loaded: Loaded) -> Iterator[Check]:
    """Lists the beginning of each data prefix."""
    for key, uri in loaded.config.data.prefixes.items():
        name = NAMES[key]
        try:
            yield _prefix(session, loaded, key, uri)
        except ClientError as error:
            if code_of(error) not in ("AccessDenied", "403"):
                raise
            yield unknown(name, f"the caller may not list {uri} (s3:ListBucket)")


def _prefix(session: Session, loaded: Loaded, key: str, uri: str) -> Check:
    name, batch = NAMES[key], loaded.config.train.hyperparameters.mini_batch_size
    try:
        seen = look(session, uri, max(_PAGE, batch))
    except ClientError as error:
        if code_of(error) != "NoSuchBucket":
            raise
        return failed(name, _no_data(session, loaded, key, uri))
    if not seen.objects:
        return failed(name, _no_data(session, loaded, key, uri))
    if seen.whole and seen.images < batch:
        return failed(name, _too_few(loaded, key, uri, seen))
    if len(seen.classes) < 2:
        return failed(name, _one_class(loaded, key, uri, seen))
    return passed(name, f"{uri}: {seen}")


def look(session: Session, uri: str, most: int = _PAGE) -> Seen:
    """The first keys of a prefix, at most so many, and the first page of the folders in it."""
    bucket, prefix = split_uri(uri)
    folder, s3 = as_folder(prefix), session.client("s3")
    page = s3.list_objects_v2(Bucket=bucket, Prefix=folder, MaxKeys=most)
    keys = [found["Key"].removeprefix(folder) for found in page.get("Contents", [])]
    images = [key for key in keys if "/" in key and PurePosixPath(key).suffix.lower() in _SUFFIXES]
    classes = _folders(session, bucket, folder) if keys else []
    return Seen(len(keys), len(images), tuple(sorted(classes)), not page.get("IsTruncated", False))


def _folders(session: Session, bucket: str, folder: str) -> list[str]:
    """Names of the folders directly inside a folder."""
    page = session.client("s3").list_objects_v2(Bucket=bucket, Prefix=folder, Delimiter="/")
    found = page.get("CommonPrefixes", [])
    return [one["Prefix"].removeprefix(folder).rstrip("/") for one in found]


def _no_data(session: Session, loaded: Loaded, key: str, uri: str) -> Finding:
    near = _near(session, uri)
    hint = (
        f"did you mean {near}?" if near else "upload a folder by `imgpipe data push DIR`, or correct `data`"
    )
    return Finding("R201", "no-data", f"no objects under {uri}", place=loaded.place("data", key), hint=hint)


def _near(session: Session, uri: str) -> str | None:
    """A prefix beside this one, whose name is much alike."""
    bucket, prefix = split_uri(uri)
    parent, slash, name = prefix.rstrip("/").rpartition("/")
    try:
        beside = _folders(session, bucket, parent + slash)
    except ClientError:
        return None  # a suggestion is worth no second error
    near = nearest(name, beside)
    return f"s3://{bucket}/{parent}{slash}{near}" if near else None


def _too_few(loaded: Loaded, key: str, uri: str, seen: Seen) -> Finding:
    batch = loaded.config.train.hyperparameters.mini_batch_size
    loose = seen.objects > seen.images
    return Finding(
        "R156",
        "too-few-images",
        f"{seen.images} images in class folders under {uri}, and mini_batch_size is {batch}",
        place=loaded.place("data", key),
        details=(
            ("why", "the algorithm needs one batch of images at least, of training and of validation images"),
            *((("seen", f"{seen.objects} objects in all"),) if loose else ()),
        ),
        hint="images lie in a folder for each class, as .jpg, .jpeg or .png: add some, "
        "or lower train.hyperparameters.mini_batch_size",
    )


def _one_class(loaded: Loaded, key: str, uri: str, seen: Seen) -> Finding:
    which = f"only the class folder '{seen.classes[0]}'" if seen.classes else "no class folder"
    return Finding(
        "R158",
        "one-class",
        f"{which} under {uri}, and a classifier needs two classes",
        place=loaded.place("data", key),
        hint="put the images of each class into a folder of its own below the prefix",
    )
