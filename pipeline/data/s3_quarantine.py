"""A prefix of S3 that files go to which cannot stay where they are."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from shlex import quote
from typing import Any

from botocore.exceptions import ClientError

from pipeline.aws_errors import code_of, is_denied, is_missing
from pipeline.bucket import as_folder
from pipeline.data.dataset import DataSet
from pipeline.data.quarantine import IN_THE_WAY, Stay, both, other_kind, within
from pipeline.data.removal import Going
from pipeline.data.s3_source import S3Source
from pipeline.errors import UsageError
from pipeline.s3_uri import split_uri
from pipeline.session import Session
from steps.validate.library import visible


@dataclass(frozen=True)
class S3Quarantine:
    """A prefix.

    Attributes:
        client: boto3's.
        uris: The prefix of each split.
        inside: The path of each in the data set, which is kept here.
        to: The prefix.
    """

    client: Any
    uris: Mapping[str, str]
    inside: Mapping[str, str]
    to: str

    def take(self, file: Going) -> Stay | None:
        """See Quarantine. Copies, looks whether the copy is there, and only then deletes the original."""
        bucket, key = _object(self.uris[file.split], file.path)
        place = "/".join(filter(None, (self.to.rstrip("/"), self.inside[file.split])))
        target = _object(place, file.path)
        try:
            return self._move((bucket, key), target, file)
        except ClientError as error:
            reason = f"{error.response['Error'].get('Message', '')} ({code_of(error)})"
            return Stay(f"{_uri((bucket, key))}: {reason}", _remedy(error))

    def way_back(self) -> str:
        """See Quarantine."""
        commands = []
        for split, uri in self.uris.items():
            place = "/".join(filter(None, (self.to.rstrip("/"), self.inside[split])))
            back = f"{uri.rstrip('/')}/"
            commands.append(f"aws s3 mv --recursive {quote(f'{place}/')} {quote(back)}")
        return " && ".join(dict.fromkeys(commands))

    def _move(self, source: tuple[str, str], target: tuple[str, str], file: Going) -> Stay | None:
        name = _uri(source)
        there, copy = self._head(source), self._head(target)
        if there is None:
            return None if copy else Stay(f"{name}: it is gone")
        if there["ETag"] != file.version:
            return Stay(f"{name}: it has changed since it was checked")
        is_made = copy is None
        if is_made:
            self._copy(source, target, file.version)
            copy = self._head(target)
        if copy is None or not self._is_same(source, there, target, copy):
            return Stay(f"{name}: something else lies at {_uri(target)}", IN_THE_WAY)
        self._take_away(source, target if is_made else None, file.version)
        return None

    def _copy(self, source: tuple[str, str], target: tuple[str, str], version: str) -> None:
        self.client.copy_object(
            CopySource={"Bucket": source[0], "Key": source[1]},
            CopySourceIfMatch=version,
            Bucket=target[0],
            Key=target[1],
            IfNoneMatch="*",
        )

    def _take_away(self, source: tuple[str, str], made: tuple[str, str] | None, version: str) -> None:
        """Deletes an object; where that is not allowed, the copy that was made of it goes again."""
        try:
            # Only what was copied: not what took its place meanwhile.
            self.client.delete_object(Bucket=source[0], Key=source[1], IfMatch=version)
        except ClientError as error:
            # Another failure may have deleted it all the same.
            if made and is_denied(error):
                self.client.delete_object(Bucket=made[0], Key=made[1])
            raise

    def _head(self, place: tuple[str, str]) -> Any:
        try:
            return self.client.head_object(Bucket=place[0], Key=place[1])
        except ClientError as error:
            if is_missing(error):
                return None
            raise

    def _is_same(self, one: tuple[str, str], told: Any, other: tuple[str, str], told_too: Any) -> bool:
        if told["ContentLength"] != told_too["ContentLength"]:
            return False
        # Encryption by KMS and uploads in parts make other ETags of the same content.
        return bool(told["ETag"] == told_too["ETag"]) or self._digest(one) == self._digest(other)

    def _digest(self, place: tuple[str, str]) -> bytes:
        found = hashlib.sha256()
        for part in self.client.get_object(Bucket=place[0], Key=place[1])["Body"].iter_chunks(1 << 20):
            found.update(part)
        return found.digest()


def s3_quarantine(session: Session, data: DataSet, to: str) -> S3Quarantine:
    """A prefix for the files of a data set on S3.

    Raises:
        UsageError: It lies among the images, or the other way round.
    """
    uris = {}
    for split, source in data.sources.items():
        if not isinstance(source, S3Source):
            raise UsageError(other_kind(to, data.name))
        uris[split] = source.uri
    place = to.rstrip("/") + "/"
    for uri in [data.root] if data.root else uris.values():
        root = uri.rstrip("/") + "/"
        if place.startswith(root) or root.startswith(place):
            raise UsageError(within(to, data.name))
    return S3Quarantine(session.client("s3"), both(uris), both(data.inside), to)


def _remedy(error: ClientError) -> str:
    if is_denied(error):
        return (
            "get the right to read and delete the images (s3:GetObject, s3:DeleteObject) "
            "and to write into the quarantine (s3:PutObject)"
        )
    return "mend what S3 says of these files"


def _object(uri: str, path: str) -> tuple[str, str]:
    bucket, prefix = split_uri(uri)
    return bucket, as_folder(prefix) + path


def _uri(place: tuple[str, str]) -> str:
    return visible(f"s3://{place[0]}/{place[1]}")
