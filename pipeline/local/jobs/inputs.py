"""What an input of a job stands for: the objects of a prefix or of a manifest."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from pipeline.local.objects import Objects, ObjectsError, S3Object, parse_uri


class BadManifest(ObjectsError):
    """An object is not a manifest file."""

    def __init__(self, uri: str, why: str) -> None:
        super().__init__("L406", "bad-manifest", f"{uri} is not a manifest file: {why}")


def find_inputs(objects: Objects, source: Mapping[str, Any], role: str) -> list[S3Object]:
    """The objects of a data source.

    Args:
        objects: S3.
        source: An S3DataSource, or the S3Input of a processing job: S3DataType and S3Uri.
        role: The job's role, for messages.

    Raises:
        ObjectsError: There are none, or the manifest cannot be used.
    """
    return _FINDERS[source["S3DataType"]](objects, source["S3Uri"], role)


def parse_manifest(uri: str, content: bytes) -> list[S3Object]:
    """The objects that a manifest file lists.

    It is a JSON list: first `{"prefix": "s3://bucket/folder/"}`, then paths that follow the prefix
    (ManifestFile of S3DataSource in the API).

    Raises:
        BadManifest: It is not.
        BadUri: Its prefix is no S3 URI.
    """
    try:
        entries = json.loads(content)
    except ValueError as error:
        raise BadManifest(uri, f"it is not JSON ({error})") from error
    if not isinstance(entries, list) or not entries:
        raise BadManifest(uri, "it is not a list")
    head, *paths = entries
    prefix = head.get("prefix") if isinstance(head, dict) else None
    if not isinstance(prefix, str):
        raise BadManifest(uri, 'its first entry is not an object with a "prefix"')
    if not paths:
        raise BadManifest(uri, "it lists no objects")
    for path in paths:
        if not isinstance(path, str):
            raise BadManifest(uri, f"its entry {json.dumps(path)} is not a path")
    return [S3Object(*parse_uri(prefix + path), relative=path) for path in paths]


def _from_manifest(objects: Objects, uri: str, _role: str) -> list[S3Object]:
    return parse_manifest(uri, objects.read(*parse_uri(uri)))


_FINDERS: dict[str, Callable[[Objects, str, str], list[S3Object]]] = {
    "S3Prefix": Objects.find,
    "ManifestFile": _from_manifest,
}
