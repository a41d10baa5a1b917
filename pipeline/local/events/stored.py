"""Objects that are written and deleted, as the events that S3 sends.

Source: "EventBridge event message structure" of the Amazon S3 User Guide.
"""

from __future__ import annotations

from typing import Any

from pipeline.local.arns import ACCOUNT
from pipeline.local.events.event import Draft

CREATED, DELETED = "Object Created", "Object Deleted"

_REASONS = {
    "s3:ObjectCreated:Put": "PutObject",
    "s3:ObjectCreated:Post": "POST Object",
    "s3:ObjectCreated:Copy": "CopyObject",
    "s3:ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
}
_PUT = "s3:ObjectCreated:Put"
REMOVED = "s3:ObjectRemoved:Delete"
MARKED = "s3:ObjectRemoved:DeleteMarkerCreated"
_DELETIONS = {REMOVED: "Permanently Deleted", MARKED: "Delete Marker Created"}


def draft(bucket: Any, happened: str, key: Any, sequencer: str, request: str) -> Draft | None:
    """The event of one change of an object; None if it has none.

    Args:
        bucket: moto's bucket.
        happened: The name of an S3 event notification, such as s3:ObjectCreated:Put.
        key: moto's object or delete marker.
        sequencer: Orders the events of a key.
        request: Id of the request.
    """
    if happened == _PUT and key.multipart is not None:
        # moto tells of it again when the upload is complete.
        return None
    thing: dict[str, Any] = {"key": key.name, "sequencer": sequencer}
    if bucket.is_versioned and getattr(key, "version_id", None):
        thing["version-id"] = key.version_id
    detail = {
        "version": "0",
        "bucket": {"name": bucket.name},
        "object": thing,
        "request-id": request,
        "requester": ACCOUNT,
        "source-ip-address": "127.0.0.1",
    }
    if happened in _REASONS:
        thing |= {"size": key.size, "etag": key.etag.strip('"')}
        detail["reason"] = _REASONS[happened]
        return Draft("aws.s3", CREATED, (f"arn:aws:s3:::{bucket.name}",), detail)
    if happened in _DELETIONS:
        detail |= {"reason": "DeleteObject", "deletion-type": _DELETIONS[happened]}
        return Draft("aws.s3", DELETED, (f"arn:aws:s3:::{bucket.name}",), detail)
    return None
